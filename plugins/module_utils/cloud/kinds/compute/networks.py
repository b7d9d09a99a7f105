# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compute Engine: networks and what hangs on them. Source: discovery document compute v1."""

from __future__ import annotations

import ipaddress
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.compute.base import (
    LABELS,
    compute,
    logged,
    unlogged,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import (
    Body,
    Context,
    Update,
    one_of,
    patch,
    setter,
)


def _expand(context: Context) -> Body:
    return {"ipCidrRange": context.desired["ipCidrRange"]}


def _grows(before: Any, after: Any) -> bool:
    """Whether a range becomes larger around what it is; what is no range is Google's to refuse."""
    try:
        return ipaddress.ip_network(before).subnet_of(ipaddress.ip_network(after))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return True


# What Compute Engine takes a field for that it does not answer: what is older than a field lacks it for ever.
_NAT = {
    "nats.autoNetworkTier": "PREMIUM",
    "nats.endpointTypes": ["ENDPOINT_TYPE_VM"],
    "nats.icmpIdleTimeoutSec": 30,
    "nats.logConfig.filter": "ALL",
    "nats.tcpEstablishedIdleTimeoutSec": 1200,
    "nats.tcpTimeWaitTimeoutSec": 120,
    "nats.tcpTransitoryIdleTimeoutSec": 30,
    "nats.type": "PUBLIC",
    "nats.udpIdleTimeoutSec": 30,
}
_ADDRESS = {"addressType": "EXTERNAL", "ipVersion": "IPV4", "networkTier": "PREMIUM"}


KINDS = (
    compute(
        "network",
        "global",
        "networks",
        "VPC network",
        updates=(
            Update(
                ("autoCreateSubnetworks",),
                lambda context: {},
                method="POST",
                path="{item}/switchToCustomMode",
                takes=lambda before, after: bool(before) and not after,  # never back
            ),
            patch(
                "routingConfig",
                "mtu",
                "networkFirewallPolicyEnforcementOrder",
                "enableUlaInternalIpv6",
                "internalIpv6Range",
            ),
        ),
        chosen_once=("internalIpv6Range",),
        immutable=("description", "networkProfile"),
        defaults={
            "mtu": 1460,
            "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
            "routingConfig.bgpBestPathSelectionMode": "LEGACY",
            "routingConfig.routingMode": "REGIONAL",
        },
    ),
    compute(
        "subnetwork",
        "regions/{region}",
        "subnetworks",
        "Subnet, with its secondary ranges; also a proxy-only subnet (purpose REGIONAL_MANAGED_PROXY)",
        objects=("logConfig",),
        keyed={"secondaryIpRanges": "rangeName"},
        updates=(
            Update(("ipCidrRange",), _expand, method="POST", path="{item}/expandIpCidrRange", takes=_grows),
            setter("setPrivateIpGoogleAccess", "privateIpGoogleAccess"),
            logged(
                patch(
                    "secondaryIpRanges",
                    "logConfig",
                    "enableFlowLogs",
                    "role",
                    "stackType",
                    "ipv6AccessType",
                    "privateIpv6GoogleAccess",
                    "allowSubnetCidrRoutesOverlap",
                    fingerprint="fingerprint",
                )
            ),
        ),
        immutable=("network", "purpose", "description"),
        chosen_once=("ipv6AccessType",),
        output_only=("region",),
        ignore=unlogged,
        defaults={
            "logConfig.aggregationInterval": "INTERVAL_5_SEC",
            "logConfig.flowSampling": 0.5,
            "logConfig.metadata": "EXCLUDE_ALL_METADATA",
            "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS",
            "purpose": "PRIVATE",
            "stackType": "IPV4_ONLY",
        },
    ),
    compute(
        "router",
        "regions/{region}",
        "routers",
        "Cloud Router, with Cloud NAT inside it (nats)",
        keyed={"nats": "name", "interfaces": "name", "bgpPeers": "name"},
        updates=(patch(),),
        immutable=("network", "encryptedInterconnectRouter"),
        sensitive=("md5AuthenticationKeys",),
        create_only=("md5AuthenticationKeys.key",),
        defaults={**_NAT, "bgp.keepaliveInterval": 20, "bgpPeers.enable": "TRUE"},
        requires={
            "nats.natIps": ("natIpAllocateOption", ("MANUAL_ONLY",)),
            "nats.drainNatIps": ("natIpAllocateOption", ("MANUAL_ONLY",)),
            "nats.subnetworks": ("sourceSubnetworkIpRangesToNat", ("LIST_OF_SUBNETWORKS",)),
            "nats.maxPortsPerVm": ("enableDynamicPortAllocation", (True,)),
        },
    ),
    compute(
        "firewall",
        "global",
        "firewalls",
        "Firewall rule of a network",
        objects=("logConfig",),
        updates=(logged(patch()),),
        ignore=unlogged,
        immutable=("network", "direction"),
        unions=(
            one_of("", "allowed", "denied"),
            one_of("", ("sourceTags", "targetTags"), ("sourceServiceAccounts", "targetServiceAccounts")),
        ),
        defaults={"direction": "INGRESS", "priority": 1000},
    ),
    compute(
        "address",
        "regions/{region}",
        "addresses",
        "Reserved regional address",
        labels="labels",
        updates=(LABELS,),
        defaults=_ADDRESS,
        create_only=("description",),
    ),
    compute(
        "global_address",
        "global",
        "addresses",
        "Reserved global address (a multi-cluster Gateway's)",
        labels="labels",
        updates=(LABELS,),
        defaults=_ADDRESS,
        create_only=("description",),
    ),
)
