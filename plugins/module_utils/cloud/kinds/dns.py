# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cloud DNS: zones and records with routing policies. Facts: discovery document dns v1."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.dns_data import canonical_datum
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import (
    Body,
    Context,
    Kind,
    Update,
    one_of,
    only,
    patch,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.references import Unknown

_ZONES = "dns/v1/projects/{project}/managedZones"


def _whole_record(context: Context) -> Body:
    # rrdatas and routingPolicy exclude each other, so a record is sent as it is desired, never merged.
    return {"name": context.live["name"], "type": context.live["type"], **compact(context.desired)}


def _only_one(desired: Body) -> Body:
    """A record that says one of rrdatas and routingPolicy asks for the absence of the other."""
    only(desired, "type", "ttl", "rrdatas", "routingPolicy")
    if desired.get("routingPolicy") and desired.get("rrdatas"):
        raise ValueError("rrdatas and routingPolicy are both there; a record has one of them")
    if desired.get("routingPolicy"):
        return {**desired, "rrdatas": None}
    return {**desired, "routingPolicy": None}


def _domain(name: str) -> str:
    """A name of DNS as Google writes it: in lower case, ending in a dot."""
    return name.lower() if name.endswith(".") else f"{name.lower()}."


def _zone_as_answered(zone: Body) -> Body:
    name = zone.get("dnsName")
    return {**zone, "dnsName": _domain(name)} if isinstance(name, str) and not isinstance(name, Unknown) else zone


def _as_answered(record: Body) -> Body:
    """A record with its data as Cloud DNS writes them, whichever of the equal forms is desired."""

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: walk(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [walk(item, key) for item in value]
        known = key == "rrdatas" and isinstance(value, str) and not isinstance(value, Unknown)
        return canonical_datum(str(record.get("type")), value) if known else value

    body: Body = walk(record)
    return body


KINDS = (
    Kind(
        "dns_zone",
        "dns",
        _ZONES,
        "DNS zone",
        protected=True,
        items="managedZones",
        flavour="dns",
        labels="labels",
        updates=(
            patch(
                "description",
                "dnssecConfig",
                "labels",
                "privateVisibilityConfig",
                "cloudLoggingConfig",
                "forwardingConfig",
                "peeringConfig",
            ),
        ),
        canonical=_zone_as_answered,
        immutable=("dnsName", "visibility"),
        unions=(one_of("", "forwardingConfig", "peeringConfig"),),
        defaults={"dnssecConfig.state": "off", "visibility": "public"},
        output_only=("creationTime", "id", "nameServers"),
    ),
    Kind(
        "dns_record",
        "dns",
        _ZONES + "/{zone}/rrsets",
        "DNS record set, plain (rrdatas) or with a routing policy",
        item="{collection}/{name}/{type}",
        items="rrsets",
        identity=lambda live: f"{live['name']} {live['type']}",
        identity_key="{name} {type}",
        updates=(Update(("*",), _whole_record),),
        body_locators=("type",),
        prepare=_only_one,
        canonical=_as_answered,
        canonical_name=_domain,
        ordered=("routingPolicy.wrr.items",),
        output_only=("signatureRrdatas",),
    ),
)
