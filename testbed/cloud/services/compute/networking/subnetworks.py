"""Subnetworks: ranges, proxy-only subnets, flow logs, private Google access."""

from __future__ import annotations

import ipaddress

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.networking.ranges import parse, refuse_overlap
from testbed.cloud.services.compute.routes import register, replace
from testbed.cloud.services.compute.rules import required
from testbed.cloud.services.compute.state import find
from testbed.cloud.services.compute.urls import require_ready, resolve

PROXY_PURPOSES = ("REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY", "INTERNAL_HTTPS_LOAD_BALANCER")
SECONDARY_NAME = r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?"
RESERVED = ipaddress.IPv4Network("10.192.0.0/10")
LOG_DEFAULTS = {
    "aggregationInterval": "INTERVAL_5_SEC",
    "flowSampling": 0.5,
    "metadata": "EXCLUDE_ALL_METADATA",
}


def _ranges(body: Body) -> list[str]:
    secondary = [item["ipCidrRange"] for item in body.get("secondaryIpRanges", [])]
    return [body["ipCidrRange"], *secondary]


def _others(call: Call, network: str, own: str | None) -> list[tuple[str, str]]:
    prefix = f"compute/projects/{call.project}/"
    found = call.store.of_kind("compute.subnetworks", prefix)
    peers = [item for item in found if item.body["network"] == network and item.body["selfLink"] != own]
    return [(text, item.name) for item in peers for text in _ranges(item.body)]


def _check_ranges(call: Call, body: Body, own: str | None) -> None:
    primary = parse(body["ipCidrRange"], "resource.ipCidrRange")
    taken = _others(call, body["network"], own)
    refuse_overlap("resource.ipCidrRange", primary, taken)
    mine = [(str(primary), str(body["name"]))]
    names: set[str] = set()
    for index, item in enumerate(body.get("secondaryIpRanges", [])):
        field = f"resource.secondaryIpRanges[{index}]"
        if not item.get("rangeName") or item["rangeName"] in names:
            raise invalid(
                f"Invalid value for field '{field}.rangeName': '{item.get('rangeName', '')}'. Secondary range names "
                "must be given and unique within the subnetwork."
            )
        names.add(item["rangeName"])
        range_ = parse(item.get("ipCidrRange", ""), f"{field}.ipCidrRange")
        refuse_overlap(field, range_, taken + mine)
        mine.append((str(range_), str(body["name"])))


def _check_purpose(call: Call, body: Body) -> None:
    purpose = body.get("purpose", "PRIVATE")
    if purpose not in PROXY_PURPOSES:
        if "role" in body:
            raise invalid(
                f"Invalid value for field 'resource.role': '{body['role']}'. Role can only be set for subnetworks "
                "with purpose REGIONAL_MANAGED_PROXY or GLOBAL_MANAGED_PROXY."
            )
        return
    required(body, "role")
    for field in ("secondaryIpRanges", "logConfig", "enableFlowLogs", "privateIpGoogleAccess"):
        if body.get(field):
            raise invalid(
                f"Invalid value for field 'resource.{field}'. It can't be set on a subnetwork with purpose {purpose}."
            )
    # A proxy-only subnet holds at least 64 addresses: https://cloud.google.com/load-balancing/docs/proxy-only-subnets
    if parse(body["ipCidrRange"], "resource.ipCidrRange").prefixlen > 26:
        raise invalid(
            f"Invalid value for field 'resource.ipCidrRange': '{body['ipCidrRange']}'. A proxy-only subnetwork's "
            "prefix length must be at most /26."
        )
    region = f"/regions/{call.path['region']}/"
    if body["role"] == "ACTIVE":
        for other in call.store.of_kind("compute.subnetworks", f"compute/projects/{call.project}{region}"):
            same_kind = other.body.get("purpose") == purpose and other.body["network"] == body["network"]
            if same_kind and other.body.get("role") == "ACTIVE" and other.name != body["name"]:
                raise ApiError(
                    400,
                    f"Invalid value for field 'resource.role': 'ACTIVE'. The network already has an active {purpose} "
                    f"subnetwork in region {call.path['region']}: '{other.name}'.",
                )


def _prepare(call: Call, body: Body) -> None:
    _primary(call, body)
    if body.get("region") and body["region"].rpartition("/")[2] != call.path["region"]:
        raise invalid(
            f"Invalid value for field 'resource.region': '{body['region']}'. It must be the region of the request."
        )
    body["network"] = resolve(call, body["network"], "resource.network", "networks")
    body.setdefault("purpose", "PRIVATE")
    body.setdefault("stackType", "IPV4_ONLY")
    body.setdefault("privateIpv6GoogleAccess", "DISABLE_GOOGLE_ACCESS")
    body.setdefault("privateIpGoogleAccess", False)
    _check_ranges(call, body, None)
    _check_purpose(call, body)
    _complete(body)


def _primary(call: Call, body: Body) -> None:
    """The primary range must be given, unless something else says it: compute.v1.json, reservedInternalRange."""
    required(body, "network")
    if body.get("stackType") == "IPV6_ONLY":
        raise ApiError(501, "Subnetworks without IPv4 ranges are not served locally.")
    if body.get("reservedInternalRange") and not body.get("ipCidrRange"):
        # Internal ranges (networkconnectivity) are not served: the subnetwork gets a free range of the usual size.
        network = resolve(call, body["network"], "resource.network", "networks")
        taken = [ipaddress.IPv4Network(text) for text, _unused in _others(call, network, None)]
        free = RESERVED.subnets(new_prefix=24)
        body["ipCidrRange"] = str(next(item for item in free if not any(item.overlaps(other) for other in taken)))
    required(body, "ipCidrRange")


def _complete(body: Body) -> None:
    network = ipaddress.IPv4Network(body["ipCidrRange"])
    body["gatewayAddress"] = str(network.network_address + 1)
    if body["purpose"] in PROXY_PURPOSES:
        body["state"] = "READY"
        return
    logs = body.get("logConfig") or {"enable": bool(body.get("enableFlowLogs", False))}
    if logs.get("enable"):
        logs = LOG_DEFAULTS | logs
        if not 0 <= float(logs["flowSampling"]) <= 1:
            raise invalid(
                f"Invalid value for field 'resource.logConfig.flowSampling': '{logs['flowSampling']}'. Must be "
                "between 0.0 and 1.0."
            )
    body["logConfig"] = logs
    body["enableFlowLogs"] = bool(logs.get("enable"))


def _change(call: Call, old: Body, new: Body) -> None:
    if new.get("enableFlowLogs") != old.get("enableFlowLogs") and new.get("logConfig") == old.get("logConfig"):
        new["logConfig"] = {**(old.get("logConfig") or {}), "enable": bool(new.get("enableFlowLogs"))}
    _check_ranges(call, new, own=old["selfLink"])
    _check_purpose(call, new)
    _refuse_used_ranges(call, old, new)
    _complete(new)


def _refuse_used_ranges(call: Call, old: Body, new: Body) -> None:
    """A secondary range that a cluster uses can't go."""
    kept = {(item["rangeName"], item["ipCidrRange"]) for item in new.get("secondaryIpRanges", [])}
    key = "compute/" + old["selfLink"].partition("/compute/v1/")[2]
    clusters = [user for user in call.store.users(key) if user.startswith("container/")]
    for item in old.get("secondaryIpRanges", []):
        if (item["rangeName"], item["ipCidrRange"]) not in kept and clusters:
            raise ApiError(
                400,
                f"The subnetwork range '{item['rangeName']}' is already being used by "
                f"'{clusters[0].partition('/')[2]}'",
                reason="resourceInUseByAnotherResource",
            )


def _users(call: Call, resource: Resource) -> list[str]:
    """The region's load balancers run in its active proxy-only subnetwork, which stays while they do.

    https://cloud.google.com/load-balancing/docs/proxy-only-subnets
    """
    if resource.body.get("purpose") not in PROXY_PURPOSES or resource.body.get("role") != "ACTIVE":
        return []
    rules = call.store.of_kind("compute.forwardingRules", resource.key.rpartition("/subnetworks/")[0])
    managed = [item for item in rules if str(item.body["loadBalancingScheme"]).endswith("_MANAGED")]
    return [item.key for item in managed if item.body.get("network") == resource.body["network"]]


SUBNETWORK = Kind(
    plural="subnetworks",
    singular="subnetwork",
    schema="Subnetwork",
    scope="region",
    quota="SUBNETWORKS",
    fingerprint=True,
    mutable=frozenset(
        {
            "secondaryIpRanges",
            "logConfig",
            "enableFlowLogs",
            "privateIpGoogleAccess",
            "role",
            "ipv6AccessType",
            "resolveSubnetMask",
            "allowSubnetCidrRoutesOverlap",
            "stackType",
            "privateIpv6GoogleAccess",
        }
    ),
    prepare=_prepare,
    change=_change,
    users=_users,
)
register(SUBNETWORK)


@serves("compute.subnetworks.expandIpCidrRange")
def expand(call: Call) -> Body:
    """Make the primary range larger: it must contain the old one."""
    resource = find(call, SUBNETWORK)
    require_ready(call, resource.key)
    old = ipaddress.IPv4Network(resource.body["ipCidrRange"])
    wanted = parse(str(call.body.get("ipCidrRange", "")), "ipCidrRange")
    if not (old.subnet_of(wanted) and wanted.prefixlen < old.prefixlen):
        raise invalid(
            f"Invalid value for field 'ipCidrRange': '{wanted}'. The new IP range must be a superset of the existing "
            f"range {old}."
        )
    new = {**resource.body, "ipCidrRange": str(wanted)}
    _check_ranges(call, new, own=resource.body["selfLink"])
    _complete(new)
    return replace(call, SUBNETWORK, resource, new, "expandIpCidrRange")


@serves("compute.subnetworks.setPrivateIpGoogleAccess")
def set_private_access(call: Call) -> Body:
    """Switch private Google access."""
    resource = find(call, SUBNETWORK)
    require_ready(call, resource.key)
    new = {**resource.body, "privateIpGoogleAccess": bool(call.body.get("privateIpGoogleAccess"))}
    return replace(call, SUBNETWORK, resource, new, "setPrivateIpGoogleAccess")
