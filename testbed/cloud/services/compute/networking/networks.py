"""VPC networks."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import register
from testbed.cloud.services.compute.urls import url

MTU = (1300, 8896)


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


def _check(_call: Call, _old: Body, new: Body) -> None:
    low, high = MTU
    if not low <= int(new.get("mtu", 1460)) <= high:
        raise invalid(
            f"Invalid value for field 'resource.mtu': '{new['mtu']}'. Must be between {low} and {high}, inclusive."
        )


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
    mutable=frozenset({"routingConfig", "mtu", "networkFirewallPolicyEnforcementOrder", "description"}),
    prepare=_prepare,
    change=_check,
    view=_view,
)
register(NETWORK)
