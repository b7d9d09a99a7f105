"""What a Gateway becomes: address, and for each port a URL map, a target proxy and a forwarding rule. Pure.

Sources: compute.v1.json; captured load balancers (a target proxy and its URL map share a name, rules and addresses have
their own; a prefix is two rules, for what is below it and for itself).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from testbed.gateway import names
from testbed.gateway.model import Certificate, Listener, LoadBalancer, Match, Object, Rule
from testbed.gateway.resources.backends import absent, link_of
from testbed.gateway.resources.site import Resource, Site

REDIRECTS = {301: "MOVED_PERMANENTLY_DEFAULT", 302: "FOUND", 303: "SEE_OTHER", 307: "TEMPORARY_REDIRECT",
             308: "PERMANENT_REDIRECT"}  # fmt: skip


def resources(balancer: LoadBalancer, site: Site) -> Iterator[Resource]:
    """All of one Gateway but its backends, what is used before what uses it."""
    described = site.described(f"namespaces/{balancer.namespace}/gateways/{balancer.name}")
    address = balancer.address_name
    if not address:
        address = _name(balancer, site, "address")
        yield Resource(site.scope, "addresses", address, {"name": address, "addressType": "EXTERNAL", **described})
    for listener in balancer.listeners:
        name = _name(balancer, site, f"proxy/{listener.port}")
        yield Resource(site.scope, "urlMaps", name, {"name": name, **described, **_url_map(balancer, listener, site)})
        proxy: Object = {"name": name, **described, "urlMap": site.scoped("urlMaps", name)}
        if listener.secure:
            certificates = [_certificate(balancer, item, site, described) for item in listener.certificates]
            yield from certificates
            proxy["sslCertificates"] = [site.link(item.path) for item in certificates]
            if balancer.ssl_policy:
                proxy["sslPolicy"] = site.scoped("sslPolicies", balancer.ssl_policy)
        collection = "targetHttpsProxies" if listener.secure else "targetHttpProxies"
        yield Resource(site.scope, collection, name, proxy)
        rule = _name(balancer, site, f"rule/{listener.port}")
        # A global rule is of no network: compute.v1.json, ForwardingRule.network
        of_network = {"network": site.network} if site.project.region else {}
        yield Resource(site.scope, "forwardingRules", rule, {
            "name": rule,
            **described,
            "IPAddress": site.scoped("addresses", address),
            "IPProtocol": "TCP",
            "portRange": f"{listener.port}-{listener.port}",
            "target": site.scoped(collection, name),
            "loadBalancingScheme": "EXTERNAL_MANAGED",
            **of_network,
            "networkTier": site.tiers.get(address, "PREMIUM"),
        })  # fmt: skip


def _name(balancer: LoadBalancer, site: Site, part: str) -> str:
    return names.resource(site.project.cluster, balancer.namespace, balancer.name, part=part)


def _certificate(balancer: LoadBalancer, certificate: Certificate, site: Site, described: Object) -> Resource:
    """Certificates can't be changed: another content is another name."""
    content = hashlib.sha256(f"{certificate.chain}\n{certificate.key}".encode()).hexdigest()
    name = _name(balancer, site, f"certificate/{content}")
    body = {"name": name, **described, "certificate": certificate.chain, "privateKey": certificate.key}
    return Resource(site.scope, "sslCertificates", name, body)


def _url_map(balancer: LoadBalancer, listener: Listener, site: Site) -> Object:
    """A path matcher for each host, its rules from the most to the least specific."""
    default = {"defaultService": link_of(absent(balancer.namespace, site), site)}
    by_host: dict[str, list[tuple[Match, Rule]]] = {}
    for route in listener.routes:
        pairs = [(match, rule) for rule in route.rules for match in rule.matches]
        for host in route.hostnames or ("*",):
            by_host.setdefault(host, []).extend(pairs)
    hosts, matchers = [], []
    for host, pairs in sorted(by_host.items()):
        name = f"host{hashlib.sha256(host.encode()).hexdigest()[:32]}"
        ordered = sorted(pairs, key=lambda pair: (pair[0].kind == "Exact", len(pair[0].path), len(pair[0].headers)))
        rules = [(entry, rule) for match, rule in reversed(ordered) for entry in _matches(match)]
        hosts.append({"hosts": [host], "pathMatcher": name})
        matchers.append({
            "name": name,
            **default,
            "routeRules": [{"priority": priority, "matchRules": [entry], **_action(rule, balancer, site)}
                           for priority, (entry, rule) in enumerate(rules, start=1)],
        })  # fmt: skip
    return {**default, "hostRules": hosts, "pathMatchers": matchers}


def _matches(match: Match) -> list[Object]:
    headers = [{"headerName": name, "exactMatch": value} for name, value in match.headers]
    below = {"headerMatches": headers} if headers else {}
    if match.kind == "Exact":
        return [{"fullPathMatch": match.path, **below}]
    stem = match.path.rstrip("/")
    itself = [{"fullPathMatch": stem, **below}] if stem else []
    return [{"prefixMatch": f"{stem}/", **below}, *itself]


def _action(rule: Rule, balancer: LoadBalancer, site: Site) -> Object:
    made: Object = {}
    if headers := _headers(rule):
        made["headerAction"] = headers
    if rule.redirect is not None:
        redirect: Object = {"redirectResponseCode": REDIRECTS[rule.redirect.code], "stripQuery": False}
        redirect |= {"httpsRedirect": True} if rule.redirect.scheme == "https" else {}
        redirect |= {"hostRedirect": rule.redirect.hostname} if rule.redirect.hostname else {}
        return {**made, "urlRedirect": redirect}
    route = {"cachePolicy": {"cacheMode": rule.cache}} if rule.cache else {}
    links = [(link_of(balancer.backends[key], site), weight) for key, weight in rule.weights if weight]
    if len(links) <= 1:
        made["service"] = links[0][0] if links else link_of(absent(balancer.namespace, site), site)
        return {**made, "routeAction": route} if route else made
    weighted = [{"backendService": link, "weight": weight} for link, weight in links]
    return {**made, "routeAction": {"weightedBackendServices": weighted, **route}}


def _headers(rule: Rule) -> Object:
    """compute.v1.json, HttpHeaderAction."""
    sides = {"requestHeadersToAdd": rule.request_headers, "responseHeadersToAdd": rule.response_headers}
    return {
        side: [{"headerName": name, "headerValue": value, "replace": True} for name, value in pairs]
        for side, pairs in sides.items()
        if pairs
    }
