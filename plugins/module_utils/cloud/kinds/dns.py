# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cloud DNS: zones and records with routing policies. Facts: discovery document dns v1."""

from __future__ import annotations

import ipaddress
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import (
    Body,
    Context,
    Kind,
    Update,
    only,
    patch,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.references import Unknown

_ZONES = "dns/v1/projects/{project}/managedZones"
# Types whose data are numbers, names and digits, which mean the same in either case.
_NAMED = ("CNAME", "DS", "MX", "NS", "PTR", "SRV")


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


def _as_answered(record: Body) -> Body:
    """A record with its data as Cloud DNS writes them, whichever of the equal forms is desired."""

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: walk(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [walk(item, key) for item in value]
        known = key == "rrdatas" and isinstance(value, str) and not isinstance(value, Unknown)
        return _datum(str(record.get("type")), value) if known else value

    body: Body = walk(record)
    return body


def _datum(kind: str, text: str) -> str:
    if kind in ("TXT", "SPF"):
        return text if text.startswith('"') else f'"{text}"'
    if kind == "AAAA":
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            return text
    return " ".join(text.split()).lower() if kind in _NAMED else text


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
        immutable=("dnsName", "visibility"),
        defaults={"dnssecConfig.state": "off", "visibility": "public"},
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
        ordered=("routingPolicy.wrr.items",),
        output_only=("kind", "signatureRrdatas", "routingPolicy.kind"),
    ),
)
