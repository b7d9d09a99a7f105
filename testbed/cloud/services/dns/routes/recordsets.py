"""Record sets, one by one: they change at once."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid, not_found
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.protocol.patches import merge
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.dns import state
from testbed.cloud.services.dns.rules import records
from testbed.cloud.services.dns.state import find as find_zone


def _find(call: Call, zone: Resource) -> Resource:
    name, kind = call.path["name"], call.path["type"]
    found = call.store.get(state.key(zone, name, kind))
    if found is None:
        raise not_found(f"The 'parameters.name' resource named '{name} ({kind})' does not exist.")
    return found


@serves("dns.resourceRecordSets.create")
def create(call: Call) -> Body:
    """Create one record set."""
    zone = find_zone(call)
    sent = call.checker.writable("ResourceRecordSet", call.body)
    body = records.complete(call, zone, sent, "entity.rrset")
    key = state.key(zone, body["name"], body["type"])
    if call.store.get(key):
        raise ApiError(409, f"The resource 'entity.rrset' named '{body['name']} ({body['type']})' already exists")
    records.refuse_cname_conflict(call, zone, body, "entity.rrset")
    call.store.put(Resource(key, state.RECORDS, body))
    return body


@serves("dns.resourceRecordSets.get")
def get(call: Call) -> Body:
    """One record set."""
    return _find(call, find_zone(call)).body


@serves("dns.resourceRecordSets.patch")
def patch(call: Call) -> Body:
    """Change a record set: rrdatas or routingPolicy may take the other's place."""
    zone = find_zone(call)
    resource = _find(call, zone)
    sent = call.checker.writable("ResourceRecordSet", call.body)
    for field in ("name", "type"):
        if sent.get(field) not in (None, resource.body[field]):
            raise invalid(f"Invalid value for 'entity.rrset.{field}': '{sent[field]}'. It can't be changed.")
    new = {**resource.body, **{name: value for name, value in sent.items() if value is not None}}
    for field, value in sent.items():
        if value is None:
            new.pop(field, None)
    if sent.get("rrdatas"):
        new.pop("routingPolicy", None)
    elif sent.get("routingPolicy"):
        new.pop("rrdatas", None)
    body = records.complete(call, zone, merge({}, new), "entity.rrset")
    call.store.put(Resource(resource.key, state.RECORDS, body))
    return body


@serves("dns.resourceRecordSets.delete")
def delete(call: Call) -> Body:
    """Delete a record set; the apex keeps its SOA and NS."""
    zone = find_zone(call)
    resource = _find(call, zone)
    records.refuse_apex(zone, resource.body["name"], resource.body["type"], "entity.rrset")
    call.store.delete(resource.key)
    return {}


@serves("dns.resourceRecordSets.list")
def listing(call: Call) -> Body:
    """A zone's record sets; `type` needs `name`."""
    zone = find_zone(call)
    name, kind = call.query.get("name"), call.query.get("type")
    if kind and not name:
        raise invalid("The 'parameters.name' parameter is required but was missing.", reason="required")
    found = [item.body for item in call.store.children(f"{zone.key}/rrsets")]
    found = [item for item in found if name in (None, item["name"]) and kind in (None, item["type"])]
    items, following = page(found, call.query.get("maxResults"), call.query.get("pageToken"), default=100)
    body: Body = {"kind": "dns#resourceRecordSetsListResponse", "rrsets": items}
    return body | ({"nextPageToken": following} if following else {})
