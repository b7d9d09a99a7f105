# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compute Engine: networks and what hangs on them. Facts: discovery document compute v1."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import (
    Body,
    Context,
    Kind,
    Parts,
    Update,
    patch,
    setter,
)

_PROJECT = "compute/v1/projects/{project}"
_PAGE = {"maxResults": "500"}
_SERVER = ("id", "kind", "selfLink", "selfLinkWithId", "creationTimestamp", "fingerprint", "labelFingerprint")
# Type of a health check: the field that says what is asked.
_CHECKS = {
    "HTTP": "httpHealthCheck",
    "HTTPS": "httpsHealthCheck",
    "HTTP2": "http2HealthCheck",
    "TCP": "tcpHealthCheck",
    "SSL": "sslHealthCheck",
    "GRPC": "grpcHealthCheck",
    "GRPC_WITH_TLS": "grpcTlsHealthCheck",
}


def _compute(name: str, where: str, collection: str, summary: str, **data: Any) -> Kind:
    output = (*_SERVER, *data.pop("output_only", ()))
    path = f"{_PROJECT}/{where}/{collection}"
    create_only = ("params", *data.pop("create_only", ()))  # tags of the resource manager, which no answer has
    return Kind(
        name,
        "compute",
        path,
        summary,
        flavour="compute",
        list_query=_PAGE,
        output_only=output,
        create_only=create_only,
        **data,
    )


def _logged(update: Update) -> Update:
    """An update in which logging that is off has no settings: Google takes them only while it is on."""

    def build(context: Context) -> Body:
        body = update.build(context)
        logs = body.get("logConfig")
        return {**body, "logConfig": {"enable": False}} if logs and not logs.get("enable") else body

    return replace(update, build=build)


def _unlogged(desired: Body, live: Body) -> tuple[str, ...]:
    """The settings of logging, which nothing comes of while it is off."""
    logs = desired.get("logConfig") or {}
    return () if logs.get("enable", True) else tuple(f"logConfig.{name}" for name in logs if name != "enable")


def _one_protocol(values: Body) -> Body:
    """A check of one type asks for the absence of what the other types need."""
    kind = str(values.get("type"))
    return {**{field: None for name, field in _CHECKS.items() if name != kind}, **values} if kind in _CHECKS else values


def _expand(context: Context) -> Body:
    return {"ipCidrRange": context.desired["ipCidrRange"]}


def _grows(before: Any, after: Any) -> bool:
    """Whether a range becomes larger around what it is; what is no range is Google's to refuse."""
    try:
        return ipaddress.ip_network(before).subnet_of(ipaddress.ip_network(after))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return True


def _metadata(context: Context) -> Body:
    return {
        "items": (context.desired.get("metadata") or {}).get("items", []),
        "fingerprint": (context.live.get("metadata") or {}).get("fingerprint"),
    }


def _tags(context: Context) -> Body:
    return {
        "items": (context.desired.get("tags") or {}).get("items", []),
        "fingerprint": (context.live.get("tags") or {}).get("fingerprint"),
    }


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
_INSTANCE = {
    "disks.mode": "READ_WRITE",
    "disks.type": "PERSISTENT",
    "networkInterfaces.stackType": "IPV4_ONLY",
    "scheduling.automaticRestart": True,
    "scheduling.onHostMaintenance": "MIGRATE",
    "scheduling.provisioningModel": "STANDARD",
    "shieldedInstanceIntegrityPolicy.updateAutoLearnPolicy": True,
}
_ADDRESS = {"addressType": "EXTERNAL", "ipVersion": "IPV4", "networkTier": "PREMIUM"}

_LABELS = setter("setLabels", "labels", fingerprint="labelFingerprint")

KINDS = (
    _compute(
        "network",
        "global",
        "networks",
        "VPC network",
        updates=(patch("routingConfig", "mtu", "networkFirewallPolicyEnforcementOrder"),),
        immutable=("autoCreateSubnetworks", "description", "internalIpv6Range"),
        defaults={
            "mtu": 1460,
            "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
            "routingConfig.bgpBestPathSelectionMode": "LEGACY",
            "routingConfig.routingMode": "REGIONAL",
        },
    ),
    _compute(
        "subnetwork",
        "regions/{region}",
        "subnetworks",
        "Subnet, with its secondary ranges; also a proxy-only subnet (purpose REGIONAL_MANAGED_PROXY)",
        objects=("logConfig",),
        keyed={"secondaryIpRanges": "rangeName"},
        updates=(
            Update(("ipCidrRange",), _expand, method="POST", path="{item}/expandIpCidrRange", takes=_grows),
            setter("setPrivateIpGoogleAccess", "privateIpGoogleAccess"),
            _logged(
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
        output_only=("gatewayAddress", "region", "state"),
        ignore=_unlogged,
        defaults={
            "logConfig.aggregationInterval": "INTERVAL_5_SEC",
            "logConfig.flowSampling": 0.5,
            "logConfig.metadata": "EXCLUDE_ALL_METADATA",
            "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS",
            "purpose": "PRIVATE",
            "stackType": "IPV4_ONLY",
        },
    ),
    _compute(
        "router",
        "regions/{region}",
        "routers",
        "Cloud Router, with Cloud NAT inside it (nats)",
        keyed={"nats": "name", "interfaces": "name", "bgpPeers": "name"},
        updates=(patch(),),
        immutable=("network", "encryptedInterconnectRouter"),
        output_only=("region", "nats.effectiveTcpTimeWaitTimeoutSec"),
        defaults=_NAT,
    ),
    _compute(
        "firewall",
        "global",
        "firewalls",
        "Firewall rule of a network",
        objects=("logConfig",),
        updates=(_logged(patch()),),
        ignore=_unlogged,
        immutable=("network", "direction"),
        caseless=("allowed.IPProtocol", "denied.IPProtocol"),
        defaults={"direction": "INGRESS", "priority": 1000},
    ),
    _compute(
        "address",
        "regions/{region}",
        "addresses",
        "Reserved regional address",
        labels="labels",
        updates=(_LABELS,),
        output_only=("region", "status", "users"),
        defaults=_ADDRESS,
        create_only=("description",),
    ),
    _compute(
        "global_address",
        "global",
        "addresses",
        "Reserved global address (a multi-cluster Gateway's)",
        labels="labels",
        updates=(_LABELS,),
        output_only=("status", "users"),
        defaults=_ADDRESS,
        create_only=("description",),
    ),
    _compute(
        "health_check",
        "global",
        "healthChecks",
        "Health check; for DNS failover it needs exactly three sourceRegions",
        updates=(patch(),),
        prepare=_one_protocol,
        output_only=("region",),
    ),
    _compute(
        "security_policy",
        "regions/{region}",
        "securityPolicies",
        "Cloud Armor policy of a region, with its rules",
        labels="labels",
        keyed={"rules": "priority"},
        kept=("rules[2147483647]",),  # the default rule: every policy has it, and it cannot be removed
        unions={"rules.match": ("versionedExpr", "config", "expr", "exprOptions")},
        parts=Parts("rules", "priority", "addRule", "patchRule", "removeRule"),
        updates=(_LABELS, patch(fingerprint="fingerprint")),
        immutable=("type",),
        output_only=("region", "rules.kind"),
        defaults={"type": "CLOUD_ARMOR"},
    ),
    _compute(
        "instance",
        "zones/{zone}",
        "instances",
        "Virtual machine (the bastion)",
        labels="labels",
        updates=(
            _LABELS,
            Update(("metadata",), _metadata, method="POST", path="{item}/setMetadata"),
            Update(("tags",), _tags, method="POST", path="{item}/setTags"),
            Update(
                ("deletionProtection",),
                lambda context: {},
                method="POST",
                path="{item}/setDeletionProtection",
                query=lambda context: {"deletionProtection": str(bool(context.desired["deletionProtection"])).lower()},
            ),
            Update(
                ("scheduling",),
                lambda context: dict(context.merged["scheduling"] or {}),
                method="POST",
                path="{item}/setScheduling",
            ),
            Update(
                ("shieldedInstanceIntegrityPolicy",),
                lambda context: dict(context.merged["shieldedInstanceIntegrityPolicy"] or {}),
                path="{item}/setShieldedInstanceIntegrityPolicy",
            ),
        ),
        advice="delete it (state: absent) and run again: it is made anew",
        # What a disk was made from is not answered by the server.
        create_only=("disks.initializeParams", "disks.forceAttach", "description"),
        objects=("metadata", "tags", "scheduling", "shieldedInstanceIntegrityPolicy"),
        keyed={"metadata.items": "key"},
        output_only=("zone", "status", "metadata.fingerprint", "tags.fingerprint"),
        defaults=_INSTANCE,
        pending=("PROVISIONING", "STAGING", "STOPPING"),
    ),
)
