"""Record sets: what Cloud DNS accepts."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.dns.rules import routing
from testbed.cloud.services.dns.rules.names import TYPES, is_data, is_name, within
from testbed.cloud.services.dns.rules.text import presented, strings

MAX_TTL = 2**31 - 1


def complete(call: Call, zone: Resource, sent: Body, field: str) -> Body:
    """A record set checked by itself and with its defaults."""
    name, kind = str(sent.get("name") or ""), str(sent.get("type") or "")
    for required in ("name", "type"):
        if not sent.get(required):
            raise invalid(f"The '{field}.{required}' parameter is required but was missing.", reason="required")
    if not is_name(name) or not within(name, zone.body["dnsName"]):
        raise invalid(f"Invalid value for '{field}.name': '{name}'")
    if kind not in TYPES:
        raise invalid(f"Invalid value for '{field}.type': '{kind}'")
    if sent.get("ttl") is None:
        raise invalid(f"The '{field}.ttl' parameter is required but was missing.", reason="required")
    if not 0 <= int(sent["ttl"]) <= MAX_TTL:
        raise invalid(f"Invalid value for '{field}.ttl': '{sent['ttl']}'")
    rrdatas, policy = sent.get("rrdatas"), sent.get("routingPolicy")
    if bool(rrdatas) == bool(policy):
        raise invalid(
            f"Invalid value for '{field}.rrdatas': '{rrdatas or ''}'. Exactly one of rrdatas and routingPolicy must be "
            "specified."
        )
    body: Body = {"kind": "dns#resourceRecordSet", "name": name, "type": kind, "ttl": int(sent["ttl"])}
    if rrdatas:
        body["rrdatas"] = _data(kind, [str(text) for text in rrdatas], field)
    else:
        routing.check(call, zone.body, kind, dict(policy or {}), field)
        body["routingPolicy"] = stamped(dict(policy or {}))
    body["signatureRrdatas"] = []
    return body


def _data(kind: str, rrdatas: list[str], field: str) -> list[str]:
    for index, text in enumerate(rrdatas):
        if not is_data(kind, text):
            raise invalid(f"Invalid value for '{field}.rrdata[{index}]': '{text}'")
    if len(set(rrdatas)) != len(rrdatas):
        raise invalid(f"Invalid value for '{field}.rrdata': duplicate record data.")
    if kind in ("CNAME", "SOA") and len(rrdatas) != 1:
        raise invalid(f"Invalid value for '{field}.rrdata': a {kind} record set has exactly one record.")
    return [_quoted(text) if kind in ("TXT", "SPF") else text for text in rrdatas]


def _quoted(text: str) -> str:
    """Text without quotes is split on its spaces: https://cloud.google.com/dns/docs/records"""
    return text if text.startswith('"') else presented(strings(text))


def stamped(policy: Body) -> Body:
    """The policy with the `kind` fields that answers carry."""
    policy = {"kind": "dns#rRSetRoutingPolicy", **policy}
    for name in ("geo", "wrr"):
        if policy.get(name):
            policy[name] = _items(policy[name], name.capitalize())
    backup = policy.get("primaryBackup")
    if backup:
        policy["primaryBackup"] = {
            "kind": "dns#rRSetRoutingPolicyPrimaryBackupPolicy",
            "trickleTraffic": 0.0,
            **backup,
            "backupGeoTargets": _items(backup["backupGeoTargets"], "Geo"),
        }
    return policy


def _items(policy: Body, name: str) -> Body:
    kind = f"dns#rRSetRoutingPolicy{name}Policy"
    items = [{"kind": f"{kind}{name}PolicyItem", **item} for item in policy["items"]]
    return {"kind": kind, **policy, "items": items}


def refuse_apex(zone: Resource, name: str, kind: str, field: str) -> None:
    """The apex keeps its SOA and NS record sets."""
    if name == zone.body["dnsName"] and kind in ("SOA", "NS"):
        raise ApiError(
            400,
            f"The resource record set '{field}' is invalid because a zone must contain exactly one resource record set "
            f"of type '{kind}' at the apex.",
            reason="invalidZoneApex",
        )


def refuse_cname_conflict(call: Call, zone: Resource, body: Body, field: str) -> None:
    """A name has one CNAME or records of other types."""
    for other in call.store.children(f"{zone.key}/rrsets"):
        same_name = other.body["name"] == body["name"] and other.body["type"] != body["type"]
        if same_name and "CNAME" in (other.body["type"], body["type"]):
            raise ApiError(
                400,
                f"The resource record set '{field}' is invalid because the DNS name '{body['name']}' may have either "
                "one CNAME resource record set or resource record sets of other types, but not both.",
                reason="cnameResourceRecordSetConflict",
            )
