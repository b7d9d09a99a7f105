"""HTTPRoutes: what binds to which listener, and a route's rules. Pure.

Refused as GKE does (GWCER104; exempted in its conformance run): timeouts of a rule, matches by method or query, by
expression, redirects to a port or path. A Gateway of one cluster leads to Services, a fleet's to ServiceImports:
https://cloud.google.com/kubernetes-engine/docs/how-to/configure-gateway-resources
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from testbed.gateway.model import Backend, Match, Object, Project, Redirect, Route, Rule, TranslationError
from testbed.gateway.translation.backends import backend
from testbed.gateway.translation.snapshot import Snapshot, granted, parents


def bind(
    obj: Object, gateway: Object, snapshot: Snapshot, project: Project,
    backends: dict[str, Backend], bound: Mapping[str, list[Route]],
) -> None:  # fmt: skip
    """Bind a route to the listeners that take it; raises for a route that fits none or that GKE refuses."""
    rules = tuple(_rule(rule, obj, snapshot, project, backends) for rule in obj["spec"].get("rules") or ())
    namespace, name = obj["metadata"]["namespace"], obj["metadata"]["name"]
    taken = False
    for ref in parents(obj, gateway):
        for listener in gateway["spec"]["listeners"]:
            if ref.get("sectionName") not in (None, listener["name"]) or ref.get("port") not in (
                None,
                listener["port"],
            ):
                continue
            hosts = _hosts(obj["spec"].get("hostnames") or [], listener.get("hostname") or "")
            if hosts is not None and _allowed(obj, gateway, listener, snapshot):
                bound[listener["name"]].append(Route(namespace, name, hosts, rules))
                taken = True
    if not taken:
        raise TranslationError(
            "GWCER104", f"HTTPRoute {namespace}/{name} matches no listener", "NoMatchingListenerHostname"
        )


def _hosts(own: list[str], listener: str) -> tuple[str, ...] | None:
    """The names that a route has on a listener: the intersection; None where there is none."""
    if not listener:
        return tuple(own)
    if not own:
        return (listener,)
    both = [host for host in own if fnmatch.fnmatch(host, listener)]
    both += [listener for host in own if host.startswith("*.") and fnmatch.fnmatch(listener, host)]
    return tuple(dict.fromkeys(both)) or None


def _allowed(route: Object, gateway: Object, listener: Object, snapshot: Snapshot) -> bool:
    """Whether the listener takes routes of the route's namespace."""
    allowed = ((listener.get("allowedRoutes") or {}).get("namespaces") or {}).get("from", "Same")
    own = route["metadata"]["namespace"]
    if allowed == "Selector":
        labels = listener["allowedRoutes"]["namespaces"].get("selector", {}).get("matchLabels") or {}
        found = next((item for item in snapshot.all("Namespace") if item["metadata"]["name"] == own), None)
        has = ((found or {}).get("metadata") or {}).get("labels") or {}
        return all(has.get(key) == value for key, value in labels.items())
    return allowed == "All" or bool(own == gateway["metadata"]["namespace"])


def _rule(
    rule: Object, route: Object, snapshot: Snapshot, project: Project, backends: dict[str, Backend]
) -> Rule:  # fmt: skip
    namespace, name = route["metadata"]["namespace"], route["metadata"]["name"]
    for unsupported in ("timeouts", "retry", "sessionPersistence"):
        if rule.get(unsupported):
            raise TranslationError(
                "GWCER104", f"HTTPRoute {namespace}/{name} is misconfigured: {unsupported}", "Invalid"
            )
    filters = _filters(rule, namespace, name) | _cache(rule, route, snapshot, project)
    weights = []
    for ref in rule.get("backendRefs") or ():
        place, kind = ref.get("namespace", namespace), ref.get("kind", "Service")
        expected = "Service" if project.region else "ServiceImport"
        if kind != expected:
            raise TranslationError(
                "GWCER104", f"HTTPRoute {namespace}/{name}: backend of kind {kind}, expected {expected}", "InvalidKind"
            )
        if place != namespace and not granted(snapshot, "HTTPRoute", namespace, kind, place, ref["name"]):
            raise TranslationError("GWCER104", f"{kind} {place}/{ref['name']} is not granted", "RefNotPermitted")
        made = backend(kind, place, ref["name"], int(ref.get("port") or 0), snapshot, project)
        backends[made.key] = made
        weights.append((made.key, int(ref.get("weight", 1))))
    return Rule(
        tuple(_match(match, namespace, name) for match in rule.get("matches") or [{}]), tuple(weights), **filters
    )


def _cache(rule: Object, route: Object, snapshot: Snapshot, project: Project) -> dict[str, str]:
    """The cache that a GCPHTTPFilter asks for, which global load balancers alone have (release notes of 2026-04-30)."""
    namespace, name = route["metadata"]["namespace"], route["metadata"]["name"]
    for entry in rule.get("filters") or ():
        if entry["type"] != "ExtensionRef":
            continue
        ref = entry["extensionRef"]
        found = snapshot.get("GCPHTTPFilter", namespace, ref["name"]) if ref["kind"] == "GCPHTTPFilter" else None
        if project.region or ref["kind"] != "GCPHTTPFilter":
            raise TranslationError("GWCER104", f"HTTPRoute {namespace}/{name} is misconfigured: filter {ref['kind']}")
        if found is None:
            raise TranslationError("GWCER102", f"GCPHTTPFilter {namespace}/{ref['name']} does not exist")
        # compute.v1.json, CachePolicy.cacheMode
        return {
            "cache": str(((found.get("spec") or {}).get("cachePolicy") or {}).get("cacheMode") or "CACHE_ALL_STATIC")
        }
    return {}


def _match(match: Object, namespace: str, name: str) -> Match:
    if match.get("method") or match.get("queryParams"):
        raise TranslationError("GWCER104", f"HTTPRoute {namespace}/{name} is misconfigured: match by method or query")
    path = match.get("path") or {}
    kind = path.get("type", "PathPrefix")
    headers = tuple((entry["name"], entry["value"]) for entry in match.get("headers") or ())
    if kind not in ("Exact", "PathPrefix") or any(
        entry.get("type", "Exact") != "Exact" for entry in match.get("headers") or ()
    ):
        raise TranslationError("GWCER104", f"HTTPRoute {namespace}/{name} is misconfigured: match by expression")
    return Match(kind, path.get("value", "/"), headers)


def _filters(rule: Object, namespace: str, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for entry in rule.get("filters") or ():
        kind = entry["type"]
        if kind == "RequestRedirect":
            redirect = entry["requestRedirect"]
            if redirect.get("port") or redirect.get("path"):
                raise TranslationError("GWCER104", f"HTTPRoute {namespace}/{name} is misconfigured: redirect of a port")
            made["redirect"] = Redirect(
                redirect.get("scheme", ""), redirect.get("hostname", ""), redirect.get("statusCode", 302)
            )
        elif kind in ("RequestHeaderModifier", "ResponseHeaderModifier"):
            side = "request" if kind.startswith("Request") else "response"
            pairs = entry[f"{side}HeaderModifier"]
            values = [*pairs.get("set", ()), *pairs.get("add", ())]
            made[f"{side}_headers"] = tuple((item["name"], item["value"]) for item in values)
        elif kind != "ExtensionRef":
            raise TranslationError("GWCER104", f"HTTPRoute {namespace}/{name} is misconfigured: filter {kind}")
    return made
