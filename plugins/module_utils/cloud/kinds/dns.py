# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cloud DNS: zones and records with routing policies. Facts: discovery document dns v1."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kind import (
    Body,
    Context,
    Kind,
    Update,
    patch,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact

_ZONES = "dns/v1/projects/{project}/managedZones"


def _whole_record(context: Context) -> Body:
    # rrdatas and routingPolicy exclude each other, so a record is sent as it is wished, never merged.
    return {"name": context.live["name"], "type": context.live["type"], **compact(context.desired)}


def _only_one(desired: Body) -> Body:
    """A record that says one of rrdatas and routingPolicy asks for the absence of the other."""
    body = {key: value for key, value in desired.items() if key in ("type", "ttl", "rrdatas", "routingPolicy")}
    if body.get("routingPolicy"):
        return {**body, "rrdatas": None}
    return {**body, "routingPolicy": None}


KINDS = (
    Kind(
        "dns_zone",
        "dns",
        _ZONES,
        "DNS zone",
        precious=True,
        items="managedZones",
        flavour="dns",
        labels="labels",
        updates=(patch("description", "dnssecConfig", "labels", "privateVisibilityConfig", "cloudLoggingConfig"),),
        immutable=("dnsName", "visibility"),
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
        ordered=("routingPolicy.wrr.items",),
        output_only=("kind", "signatureRrdatas", "routingPolicy.kind"),
    ),
)
