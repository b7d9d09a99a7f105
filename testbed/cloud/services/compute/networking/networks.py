"""VPC networks."""

from __future__ import annotations

import ipaddress

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import register
from testbed.cloud.services.compute.urls import url

MTU = (1300, 8896)
ULA = ipaddress.IPv6Network("fd20::/20")


def _prepare(call: Call, body: Body) -> None:
    if "IPv4Range" in body:
        raise invalid("Invalid value for field 'resource.IPv4Range'. Legacy networks are no longer supported.")
    # Without the field, an automatic network: https://cloud.google.com/vpc/docs/vpc#subnet-ranges
    body.setdefault("autoCreateSubnetworks", True)
    if body["autoCreateSubnetworks"]:
        raise ApiError(
            501,
            "Auto mode networks are not served locally: send autoCreateSubnetworks false, as a production network "
            "should.",
        )
    routing = {"bgpBestPathSelectionMode": "LEGACY", "routingMode": "REGIONAL"}
    body["routingConfig"] = routing | body.get("routingConfig", {})
    body.setdefault("networkFirewallPolicyEnforcementOrder", "AFTER_CLASSIC_FIREWALL")
    _check(call, {}, body)
    body["selfLinkWithId"] = url(f"projects/{call.project}/global/networks/{body['id']}")


def _ula(call: Call, old: Body, new: Body) -> None:
    """A /48 of Google's for internal IPv6, chosen unless asked for; once there it stays: compute.v1.json, Network."""
    if old.get("enableUlaInternalIpv6") and new.get("internalIpv6Range") != old.get("internalIpv6Range"):
        raise invalid("Invalid value for field 'resource.internalIpv6Range'. It cannot be changed.")
    if old.get("enableUlaInternalIpv6") and not new.get("enableUlaInternalIpv6"):
        raise invalid("Invalid value for field 'resource.enableUlaInternalIpv6': 'false'. It cannot be disabled.")
    if not new.get("enableUlaInternalIpv6"):
        if new.get("internalIpv6Range"):
            raise invalid("Invalid value for field 'resource.internalIpv6Range'. ULA internal IPv6 is not enabled.")
        return
    asked = str(new.get("internalIpv6Range") or "")
    try:
        found = ipaddress.IPv6Network(asked or (ULA.network_address + (int(new["id"]) % 2**28 << 80), 48))
    except ValueError:
        found = None
    if found is None or found.prefixlen != 48 or not found.subnet_of(ULA):
        raise invalid(f"Invalid value for field 'resource.internalIpv6Range': '{asked}'. It must be a /48 of {ULA}.")
    others = call.store.of_kind("compute.networks")
    if any(item.body.get("internalIpv6Range") == str(found) and item.body["id"] != new["id"] for item in others):
        raise invalid(f"Invalid value for field 'resource.internalIpv6Range': '{found}'. It is already in use.")
    new["internalIpv6Range"] = str(found)


def _check(call: Call, old: Body, new: Body) -> None:
    low, high = MTU
    if not low <= int(new.get("mtu", 1460)) <= high:
        raise invalid(
            f"Invalid value for field 'resource.mtu': '{new['mtu']}'. Must be between {low} and {high}, inclusive."
        )
    _ula(call, old, new)


def _view(call: Call, body: Body) -> Body:
    """A network shows its subnetworks."""
    found = call.store.of_kind("compute.subnetworks", f"compute/projects/{call.project}/")
    links = [item.body["selfLink"] for item in found if item.body["network"] == body["selfLink"]]
    return {**body, "subnetworks": links} if links else body


NETWORK = Kind(
    plural="networks",
    singular="network",
    schema="Network",
    scope="global",
    quota="NETWORKS",
    patched="compute.networks.patch",
    mutable=frozenset(
        {
            "routingConfig",
            "mtu",
            "networkFirewallPolicyEnforcementOrder",
            "description",
            "enableUlaInternalIpv6",
            "internalIpv6Range",
        }
    ),
    prepare=_prepare,
    change=_check,
    view=_view,
)
register(NETWORK)
