"""Forwarding rules, regional and global: the address and port that clients call, and the proxy behind it."""

from __future__ import annotations

import re
from dataclasses import replace as varied

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.loadbalancing.backends import refuse, scope_of
from testbed.cloud.services.compute.networking import addresses
from testbed.cloud.services.compute.routes import register, replace
from testbed.cloud.services.compute.rules import required
from testbed.cloud.services.compute.state import find
from testbed.cloud.services.compute.urls import path_of, require_ready, resolve

PORTS = re.compile(r"(\d+)(?:-(\d+))?")


def _rule(call: Call, body: Body) -> None:
    """compute.v1.json, ForwardingRule."""
    regional = "region" in call.path
    body.setdefault("loadBalancingScheme", "EXTERNAL")
    body.setdefault("IPProtocol", "TCP")
    body.setdefault("networkTier", "PREMIUM")
    body.setdefault("description", "")
    if bool(body.get("target")) == bool(body.get("backendService")):
        raise refuse("target", body.get("target", ""), "Exactly one of target and backendService must be specified.")
    for name, collections in (("target", ("targetHttpsProxies", "targetHttpProxies")),
                              ("backendService", ("backendServices",))):  # fmt: skip
        if body.get(name):
            collection = next((item for item in collections if f"/{item}/" in body[name]), collections[0])
            body[name] = resolve(call, body[name], f"resource.{name}", collection, scope_of(call))
    if body.get("target"):
        body["portRange"] = _ports(body)
    for name, scope in (("network", "global"), ("subnetwork", scope_of(call))):
        if body.get(name):
            body[name] = resolve(call, body[name], f"resource.{name}", f"{name}s", scope)
    if regional and body["loadBalancingScheme"] == "EXTERNAL_MANAGED":
        _proxy_only(call, body)
    _address(call, body, regional)


def _ports(body: Body) -> str:
    given = str(body.get("portRange") or "-".join(body.pop("ports", None) or []) or "")
    found = PORTS.fullmatch(given)
    if not found:
        raise refuse("portRange", given, "A port or a range of ports must be specified.")
    return f"{found[1]}-{found[2] or found[1]}"


def _proxy_only(call: Call, body: Body) -> None:
    """https://cloud.google.com/load-balancing/docs/proxy-only-subnets"""
    required(body, "network")
    region = f"compute/projects/{call.project}/regions/{call.path['region']}/"
    for item in call.store.of_kind("compute.subnetworks", region):
        active = item.body.get("purpose") == "REGIONAL_MANAGED_PROXY" and item.body.get("role") == "ACTIVE"
        if active and item.body["network"] == body["network"]:
            return
    raise invalid(
        "Invalid value for field 'resource.target'. An active proxy-only subnetwork is required in the same region "
        "and VPC as the forwarding rule."
    )


def _address(call: Call, body: Body, regional: bool) -> None:
    """A reserved address of the rule's own scope and tier, by name, link or number; or a fresh ephemeral one."""
    given = str(body.get("IPAddress") or "")
    if not given:
        body["IPAddress"] = addresses.external(call, regional)
        return
    found = addresses.reserved(call, given, regional)
    if found is None and "/" in given:
        raise refuse("IPAddress", given, "The referenced address resource cannot be found.")
    if found is None:
        return
    if found.body.get("networkTier", body["networkTier"]) != body["networkTier"]:
        raise refuse("networkTier", body["networkTier"], "It must be the tier of the address.")
    users = addresses.users(call, found)
    if any(call.store.get(key) for key in users if not _shares(call, key, body)):
        raise ApiError(
            400, f"IP '{found.body['address']}' is already being used by another resource.", reason="ipInUse"
        )
    body["IPAddress"] = found.body["address"]


def _shares(call: Call, key: str, body: Body) -> bool:
    """Rules with different ports may share an address; a rule that has it is no other."""
    other = call.store.get(key)
    return other is not None and (other.name == body["name"] or other.body.get("portRange") != body.get("portRange"))


RULE = Kind(
    plural="forwardingRules",
    singular="forwardingRule",
    schema="ForwardingRule",
    scope="region",
    quota="FORWARDING_RULES",
    fingerprint=True,
    labels=True,
    mutable=frozenset({"allowGlobalAccess", "networkTier"}),
    prepare=_rule,
)
GLOBAL_RULE = varied(RULE, plural="globalForwardingRules", collection="forwardingRules", scope="global")

register(RULE)
register(GLOBAL_RULE)


@serves("compute.forwardingRules.setTarget", "compute.globalForwardingRules.setTarget")
def set_target(call: Call) -> Body:
    """Send a rule's traffic to another proxy."""
    kind = RULE if "region" in call.path else GLOBAL_RULE
    resource = find(call, kind)
    asked = str(call.body.get("target") or "")
    collection = str(path_of(resource.body["target"])).split("/")[-2]
    require_ready(call, resource.key)
    new = {**resource.body, "target": resolve(call, asked, "target", collection, scope_of(call))}
    return replace(call, kind, resource, new, "SetTarget")
