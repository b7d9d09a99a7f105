"""Cloud Routers and the Cloud NAT inside them."""

from __future__ import annotations

import re

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import register
from testbed.cloud.services.compute.rules import NAME, required
from testbed.cloud.services.compute.urls import resolve

NAT_DEFAULTS = {
    "enableEndpointIndependentMapping": False,
    "icmpIdleTimeoutSec": 30,
    "tcpEstablishedIdleTimeoutSec": 1200,
    "tcpTransitoryIdleTimeoutSec": 30,
    "tcpTimeWaitTimeoutSec": 120,
    "udpIdleTimeoutSec": 30,
    "type": "PUBLIC",
    "autoNetworkTier": "PREMIUM",
    "endpointTypes": ["ENDPOINT_TYPE_VM"],
}


def _prepare(call: Call, body: Body) -> None:
    required(body, "network")
    body["network"] = resolve(call, body["network"], "resource.network", "networks")
    body.setdefault("description", "")
    body.setdefault("encryptedInterconnectRouter", False)
    _change(call, {}, body)


def _change(call: Call, _old: Body, body: Body) -> None:
    bgp = body.get("bgp")
    if bgp is not None:
        asn = int(bgp.get("asn", 0))
        if not (asn == 16550 or 64512 <= asn <= 65534 or 4200000000 <= asn <= 4294967294):
            raise invalid(
                f"Invalid value for field 'resource.bgp.asn': '{asn}'. Must be an RFC 6996 private ASN or 16550."
            )
        bgp.setdefault("advertiseMode", "DEFAULT")
        bgp.setdefault("keepaliveInterval", 20)
    names: set[str] = set()
    for index, nat in enumerate(body.get("nats", [])):
        field = f"resource.nats[{index}]"
        name = str(nat.get("name", ""))
        if not re.fullmatch(NAME, name) or name in names:
            raise invalid(
                f"Invalid value for field '{field}.name': '{name}'. It must be a unique match of regex '{NAME}'"
            )
        names.add(name)
    for index, nat in enumerate(body.get("nats", [])):
        _nat(call, body, nat, f"resource.nats[{index}]")
    if not body.get("nats"):
        body.pop("nats", None)


def _nat(call: Call, body: Body, nat: Body, field: str) -> None:
    if not nat.get("sourceSubnetworkIpRangesToNat"):
        raise invalid(
            f"Invalid value for field '{field}.sourceSubnetworkIpRangesToNat': ''. It must be specified.",
            reason="required",
        )
    for name, value in NAT_DEFAULTS.items():
        nat.setdefault(name, value)
    nat["effectiveTcpTimeWaitTimeoutSec"] = nat["tcpTimeWaitTimeoutSec"]
    for name in ("drainNatIps", "natIps", "rules", "subnetworks"):
        if not nat.get(name):
            nat.pop(name, None)
    if (nat.get("logConfig") or {}).get("enable"):
        nat["logConfig"].setdefault("filter", "ALL")
    nat.setdefault("natIpAllocateOption", "AUTO_ONLY")
    if nat.get("enableDynamicPortAllocation") and nat["enableEndpointIndependentMapping"]:
        raise invalid(
            f"Invalid value for field '{field}.enableDynamicPortAllocation': 'true'. Dynamic port allocation and "
            "endpoint independent mapping can't both be enabled."
        )
    minimum = nat.get("minPortsPerVm", 64)
    if not 2 <= int(minimum) <= 57344 and nat.get("type") == "PUBLIC":
        raise invalid(f"Invalid value for field '{field}.minPortsPerVm': '{minimum}'. Must be between 2 and 57344.")
    manual = nat["natIpAllocateOption"] == "MANUAL_ONLY"
    if manual != bool(nat.get("natIps")):
        raise invalid(
            f"Invalid value for field '{field}.natIps': '{len(nat.get('natIps', []))} addresses'. Addresses must be "
            "specified if and only if natIpAllocateOption is MANUAL_ONLY."
        )
    scope = f"regions/{call.path['region']}"
    if manual:
        nat.pop("autoNetworkTier", None)
        nat["natIps"] = [
            resolve(call, text, f"{field}.natIps[{n}]", "addresses", scope) for n, text in enumerate(nat["natIps"])
        ]
    listed = nat["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
    if listed != bool(nat.get("subnetworks")):
        raise invalid(
            f"Invalid value for field '{field}.subnetworks': '{len(nat.get('subnetworks', []))} subnetworks'. "
            "Subnetworks must be specified if and only if sourceSubnetworkIpRangesToNat is LIST_OF_SUBNETWORKS."
        )
    for number, item in enumerate(nat.get("subnetworks", [])):
        item["name"] = resolve(
            call, str(item.get("name", "")), f"{field}.subnetworks[{number}].name", "subnetworks", scope
        )
        item.setdefault("sourceIpRangesToNat", ["ALL_IP_RANGES"])
    if not listed:
        _refuse_second(call, body, nat, field)


def _refuse_second(call: Call, body: Body, nat: Body, field: str) -> None:
    """One NAT for all subnetworks a network and region: https://cloud.google.com/nat/docs/overview#specs-gateways"""
    region = f"compute/projects/{call.project}/regions/{call.path['region']}/routers"
    routers = [item.body for item in call.store.children(region) if item.name != body.get("name")]
    others = [
        (router["name"], other)
        for router in [*routers, {**body, "nats": [item for item in body["nats"] if item is not nat]}]
        if router["network"] == body["network"]
        for other in router.get("nats", [])
        if other["sourceSubnetworkIpRangesToNat"] != "LIST_OF_SUBNETWORKS"
    ]
    if others:
        raise ApiError(
            400,
            f"Invalid value for field '{field}.sourceSubnetworkIpRangesToNat': "
            f"'{nat['sourceSubnetworkIpRangesToNat']}'. Overlapping NAT: '{others[0][1]['name']}' of router "
            f"'{others[0][0]}' already serves all subnetworks of this network and region.",
        )


ROUTER = Kind(
    plural="routers",
    singular="router",
    schema="Router",
    scope="region",
    quota="ROUTERS",
    mutable=frozenset({"nats", "bgp", "bgpPeers", "interfaces", "description", "md5AuthenticationKeys"}),
    prepare=_prepare,
    change=_change,
)
register(ROUTER)
