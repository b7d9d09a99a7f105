"""Reserved addresses, regional and global."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.regions import REGIONS, region_of
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import register
from testbed.cloud.services.compute.rules import required
from testbed.cloud.services.compute.urls import path_of, resolve, url

# What external addresses are given from when no cluster of the region has a pool of its own: a documentation range
# (RFC 5737), so that a mistake reaches nobody.
EXTERNAL = ipaddress.IPv4Network("203.0.113.0/24")


def _taken(call: Call) -> set[str]:
    reserved_ones = call.store.of_kind("compute.addresses") + call.store.of_kind("compute.globalAddresses")
    rules = call.store.of_kind("compute.forwardingRules") + call.store.of_kind("compute.globalForwardingRules")
    held = [item.body.get("address") for item in reserved_ones] + [item.body.get("IPAddress") for item in rules]
    return {str(address) for address in held}


def _free(call: Call, network: ipaddress.IPv4Network, skip: int) -> str:
    taken = _taken(call)
    for candidate in list(network.hosts())[skip:]:
        if str(candidate) not in taken:
            return str(candidate)
    raise ApiError(403, f"IP_SPACE_EXHAUSTED: no free address in {network}.", reason="quotaExceeded")


def _prepare(call: Call, body: Body) -> None:
    body.setdefault("addressType", "EXTERNAL")
    body.setdefault("description", "")
    regional = "region" in call.path
    if body["addressType"] == "EXTERNAL":
        _external(call, body, regional)
    else:
        _internal(call, body, regional)
    body["status"] = "RESERVED"


def _external(call: Call, body: Body, regional: bool) -> None:
    for field in ("subnetwork", "network", "purpose"):
        if body.get(field):
            raise invalid(
                f"Invalid value for field 'resource.{field}': '{body[field]}'. It can't be specified for external "
                "addresses."
            )
    body.setdefault("networkTier", "PREMIUM")
    if not regional:
        body.setdefault("ipVersion", "IPV4")
        if body["networkTier"] != "PREMIUM":
            raise invalid("Invalid value for field 'resource.networkTier'. Global addresses are PREMIUM only.")
    if body.get("address"):
        raise invalid(
            f"Invalid value for field 'resource.address': '{body['address']}'. An external address can only be "
            "specified when it is an in-use ephemeral address to be promoted."
        )
    body["address"] = external(call, regional)


def external(call: Call, regional: bool) -> str:
    """An external address that nobody has: one that can really be answered on, where there is one."""
    taken = _taken(call)
    places = [call.path["region"]] if regional else _regions_of_clusters(call)
    real = [text for place in places for text in call.cloud.reachable(place)]
    return next((text for text in real if text not in taken), None) or _free(call, EXTERNAL, 0)


def _regions_of_clusters(call: Call) -> list[str]:
    """Whose pools a global address can be from, since here it is answered on where clusters are."""
    found = [str(item.body["location"]) for item in call.store.of_kind("container.cluster")]
    return sorted({place if place in REGIONS else region_of(place) for place in found})


def reserved(call: Call, given: str, regional: bool) -> Resource | None:
    """The reserved address of the request's scope that a link, a name or the address itself means."""
    kind, scope = ("addresses", f"regions/{call.path['region']}") if regional else ("globalAddresses", "global")
    found = call.store.of_kind(f"compute.{kind}", f"compute/projects/{call.project}/{scope}/")
    name = given.rpartition("/")[2]
    return next((item for item in found if given == item.body["address"] or name == item.name), None)


def users(call: Call, address: Resource) -> list[str]:
    """Keys of the forwarding rules that a reserved address serves."""
    scope = address.key.rpartition("/addresses/")[0]
    found = [item for plural in ("forwardingRules", "globalForwardingRules")
             for item in call.store.of_kind(f"compute.{plural}", f"{scope}/")]  # fmt: skip
    return [item.key for item in found if item.body.get("IPAddress") == address.body["address"]]


def _view(call: Call, body: Body) -> Body:
    """An address shows whom it serves: compute.v1.json, Address.status"""
    key = f"compute/{path_of(body['selfLink'])}"
    links = [url(user.removeprefix("compute/")) for user in users(call, Resource(key, "", body))]
    return {**body, "status": "IN_USE", "users": links} if links else body


# What an internal address must say, by its purpose, among the global and the regional ones: compute.v1.json, Address;
# https://cloud.google.com/vpc/docs/configure-private-service-connect-apis for the addresses of endpoints.
NEEDED: dict[bool, dict[str, tuple[str, ...]]] = {
    False: {"VPC_PEERING": ("network", "prefixLength"), "PRIVATE_SERVICE_CONNECT": ("network", "address")},
    True: {
        "GCE_ENDPOINT": ("subnetwork",),
        "SHARED_LOADBALANCER_VIP": ("subnetwork",),
        "IPSEC_INTERCONNECT": ("network", "prefixLength"),
    },
}
# Where ranges for peering and interconnects are given from.
PEERED = ipaddress.IPv4Network("10.255.0.0/16")


def _on_network(call: Call, body: Body) -> None:
    """An address or range of a whole network, outside its subnetworks."""
    body["network"] = resolve(call, body["network"], "resource.network", "networks")
    if not body.get("address"):
        size = int(body["prefixLength"])
        taken = _taken(call)
        candidates = PEERED.subnets(new_prefix=size) if size > PEERED.prefixlen else [PEERED]
        body["address"] = next(str(item[0]) for item in candidates if str(item[0]) not in taken)
    elif body["address"] in _taken(call):
        raise ApiError(400, f"IP '{body['address']}' is already being used by another resource.", reason="ipInUse")


def _internal(call: Call, body: Body, regional: bool) -> None:
    body.pop("networkTier", None)
    body.setdefault("purpose", "GCE_ENDPOINT" if regional else "VPC_PEERING")
    needed = NEEDED[regional].get(body["purpose"])
    if needed is None:
        raise invalid(
            f"Invalid value for field 'resource.purpose': '{body['purpose']}'. It must be one of "
            f"{', '.join(sorted(NEEDED[regional]))} here."
        )
    required(body, *needed)
    if "subnetwork" not in needed:
        _on_network(call, body)
        return
    scope = f"regions/{call.path['region']}"
    body["subnetwork"] = resolve(call, body["subnetwork"], "resource.subnetwork", "subnetworks", scope)
    subnetwork = call.store.get("compute/" + body["subnetwork"].partition("/compute/v1/")[2])
    range_ = ipaddress.IPv4Network(subnetwork.body["ipCidrRange"]) if subnetwork else EXTERNAL
    if not body.get("address"):
        # The first addresses of a subnetwork are the gateway's and Google's own.
        body["address"] = _free(call, range_, 1)
        return
    try:
        inside = ipaddress.IPv4Address(body["address"]) in range_
    except ValueError:
        inside = False
    if not inside:
        raise invalid(
            f"Invalid value for field 'resource.address': '{body['address']}'. Requested internal IP address is "
            f"outside the subnetwork CIDR range ({range_})."
        )
    if body["address"] in _taken(call):
        raise ApiError(400, f"IP '{body['address']}' is already being used by another resource.", reason="ipInUse")


ADDRESS = Kind(
    plural="addresses",
    singular="address",
    schema="Address",
    scope="region",
    quota="STATIC_ADDRESSES",
    labels=True,
    prepare=_prepare,
    view=_view,
    users=users,
)
GLOBAL_ADDRESS = replace(
    ADDRESS, plural="globalAddresses", collection="addresses", scope="global", quota="GLOBAL_ADDRESSES"
)
register(ADDRESS)
register(GLOBAL_ADDRESS)
