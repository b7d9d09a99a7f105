"""What stands between forwarding rules and backend services: URL maps and target proxies, global and regional."""

from __future__ import annotations

from dataclasses import replace as varied

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.loadbalancing.backends import refuse, scope_of
from testbed.cloud.services.compute.routes import register, replace
from testbed.cloud.services.compute.rules import required
from testbed.cloud.services.compute.state import find
from testbed.cloud.services.compute.urls import require_ready, resolve

# compute.v1.json, TargetHttpsProxy.sslCertificates
MOST_CERTIFICATES = 15


def _url_map(call: Call, body: Body) -> None:
    _map_checked(call, {}, body)


def _map_checked(call: Call, _old: Body, body: Body) -> None:
    """A URL map leads somewhere by default, and so does each path matcher that a host rule names."""
    matchers = {matcher.get("name"): matcher for matcher in body.get("pathMatchers", [])}
    for holder, at in ((body, ""), *((item, f"pathMatchers[{n}].") for n, item in enumerate(matchers.values()))):
        if not any(holder.get(name) for name in ("defaultService", "defaultUrlRedirect", "defaultRouteAction")):
            raise refuse(f"{at}defaultService", "", "A default service, redirect or route action must be specified.")
        _services(call, holder, at)
    for index, rule in enumerate(body.get("hostRules", [])):
        if rule.get("pathMatcher") not in matchers:
            raise refuse(f"hostRules[{index}].pathMatcher", rule.get("pathMatcher", ""), "It names no path matcher.")


def _services(call: Call, holder: Body, at: str) -> None:
    """Every backend service that a part of a URL map names exists in the map's scope."""
    for name, value in holder.items():
        if name in ("defaultService", "service", "backendService") and isinstance(value, str):
            holder[name] = resolve(call, value, f"resource.{at}{name}", "backendServices", scope_of(call))
        elif isinstance(value, dict):
            _services(call, value, f"{at}{name}.")
        elif isinstance(value, list) and not (at == "" and name == "pathMatchers"):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    _services(call, item, f"{at}{name}[{index}].")


URL_MAP = Kind(
    plural="urlMaps",
    singular="urlMap",
    schema="UrlMap",
    scope="global",
    quota="URL_MAPS",
    fingerprint=True,
    mutable=frozenset({"defaultRouteAction", "defaultService", "defaultUrlRedirect", "description", "headerAction",
                       "hostRules", "pathMatchers", "tests"}),
    prepare=_url_map,
    change=_map_checked,
)  # fmt: skip


def _proxy(call: Call, body: Body) -> None:
    required(body, "urlMap")
    body["urlMap"] = resolve(call, body["urlMap"], "resource.urlMap", "urlMaps", scope_of(call))


def _https_proxy(call: Call, body: Body) -> None:
    _proxy(call, body)
    if not body.get("certificateMap"):
        body["sslCertificates"] = _certificates(call, list(body.get("sslCertificates") or []))
    if body.get("sslPolicy"):
        body["sslPolicy"] = resolve(call, body["sslPolicy"], "resource.sslPolicy", "sslPolicies", scope_of(call))
    body.setdefault("quicOverride", "NONE")


def _certificates(call: Call, links: list[str]) -> list[str]:
    if not 1 <= len(links) <= MOST_CERTIFICATES:
        raise refuse("sslCertificates", len(links), f"1 to {MOST_CERTIFICATES} SSL certificates must be specified.")
    field = "resource.sslCertificates"
    return [resolve(call, link, f"{field}[{n}]", "sslCertificates", scope_of(call)) for n, link in enumerate(links)]


HTTP_PROXY = Kind(
    plural="targetHttpProxies",
    singular="targetHttpProxy",
    schema="TargetHttpProxy",
    scope="global",
    quota="TARGET_HTTP_PROXIES",
    fingerprint=True,
    prepare=_proxy,
)
HTTPS_PROXY = varied(
    HTTP_PROXY,
    plural="targetHttpsProxies",
    singular="targetHttpsProxy",
    schema="TargetHttpsProxy",
    quota="TARGET_HTTPS_PROXIES",
    prepare=_https_proxy,
)
REGION_HTTPS_PROXY = varied(
    HTTPS_PROXY, plural="regionTargetHttpsProxies", collection="targetHttpsProxies", scope="region"
)


for _kind in (
    URL_MAP,
    varied(URL_MAP, plural="regionUrlMaps", collection="urlMaps", scope="region"),
    HTTP_PROXY,
    varied(HTTP_PROXY, plural="regionTargetHttpProxies", collection="targetHttpProxies", scope="region"),
    HTTPS_PROXY,
    REGION_HTTPS_PROXY,
):
    register(_kind)


@serves("compute.targetHttpsProxies.setSslCertificates", "compute.regionTargetHttpsProxies.setSslCertificates")
def set_certificates(call: Call) -> Body:
    """Replace a proxy's certificates."""
    kind = REGION_HTTPS_PROXY if "region" in call.path else HTTPS_PROXY
    resource = find(call, kind)
    require_ready(call, resource.key)
    links = _certificates(call, list(call.body.get("sslCertificates") or []))
    return replace(call, kind, resource, {**resource.body, "sslCertificates": links}, "SetSslCertificates")
