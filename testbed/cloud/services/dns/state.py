"""Zones and record sets as they are kept."""

from __future__ import annotations

from testbed.cloud.core.call import Call
from testbed.cloud.core.protocol.errors import not_found
from testbed.cloud.core.state.store import Resource

RECORDS = "dns.rrset"


def find(call: Call, name: str | None = None) -> Resource:
    """The zone that the request names, by name or id; raises 404."""
    asked = name or call.path["managedZone"]
    collection = f"dns/projects/{call.project}/managedZones"
    found = call.store.get(f"{collection}/{asked}")
    if found is None and asked.isdigit():
        found = next((item for item in call.store.children(collection) if item.body["id"] == asked), None)
    if found is None:
        raise not_found(f"The 'parameters.managedZone' resource named '{asked}' does not exist.")
    return found


def key(zone: Resource, name: str, kind: str) -> str:
    """The store key of a record set."""
    return f"{zone.key}/rrsets/{name}~{kind}"
