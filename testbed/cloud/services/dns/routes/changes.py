"""Changes: additions and deletions together, all or nothing, pending for a while before they are served."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid, not_found
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.protocol.values import utc_time
from testbed.cloud.core.state.operations import Operation
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.dns import state
from testbed.cloud.services.dns.rules import records
from testbed.cloud.services.dns.state import find as find_zone

COMPARED = ("name", "type", "ttl", "rrdatas", "routingPolicy")


def show(operation: Operation) -> Body:
    """A change as Cloud DNS shows it."""
    body: Body = {
        "kind": "dns#change",
        "id": operation.name,
        "startTime": utc_time(operation.created),
        "status": "done" if operation.done else "pending",
    }
    for name in ("additions", "deletions"):
        if operation.extra[name]:
            body[name] = operation.extra[name]
    return body


@serves("dns.changes.create")
def create(call: Call) -> Body:
    """Start a change; a deletion must carry the whole record set as it is."""
    zone = find_zone(call)
    additions, deletions = list(call.body.get("additions") or []), list(call.body.get("deletions") or [])
    if not additions and not deletions:
        raise invalid("The 'entity.change' parameter is required but was missing.", reason="required")
    gone = [_deletion(call, zone, sent, f"entity.change.deletions[{n}]") for n, sent in enumerate(deletions)]
    for key in gone:
        call.store.delete(key)
    for index, sent in enumerate(additions):
        field = f"entity.change.additions[{index}]"
        body = records.complete(call, zone, call.checker.writable("ResourceRecordSet", sent), field)
        key = state.key(zone, body["name"], body["type"])
        if call.store.get(key):
            raise ApiError(409, f"The resource '{field}' named '{body['name']} ({body['type']})' already exists")
        records.refuse_cname_conflict(call, zone, body, field)
        call.store.put(Resource(key, state.RECORDS, body))
    _keep_apex(call, zone, gone)
    return _start(call, zone, additions, deletions)


def _keep_apex(call: Call, zone: Resource, gone: list[str]) -> None:
    """A change may replace the apex's SOA and NS record sets, not take them away."""
    for kind in ("SOA", "NS"):
        key = state.key(zone, zone.body["dnsName"], kind)
        if key in gone and call.store.get(key) is None:
            records.refuse_apex(zone, zone.body["dnsName"], kind, f"entity.change.deletions[{gone.index(key)}]")


def _deletion(call: Call, zone: Resource, sent: Body, field: str) -> str:
    name, kind = sent.get("name"), sent.get("type")
    key = state.key(zone, str(name), str(kind))
    found = call.store.get(key)
    if found is None:
        raise not_found(f"The '{field}' resource named '{name} ({kind})' does not exist.")
    for part in COMPARED:
        ours, theirs = found.body.get(part), sent.get(part)
        if part == "routingPolicy" and ours and theirs:
            theirs = records.stamped(theirs)
        if part == "rrdatas" and ours and theirs:
            ours, theirs = sorted(ours), sorted(theirs)
        if ours != theirs and (ours or theirs):
            raise ApiError(412, f"Precondition not met for '{field}'")
    return key


def _start(call: Call, zone: Resource, additions: list[Body], deletions: list[Body]) -> Body:
    number = len(call.operations.of_scope(f"{zone.key}/changes")) + 1
    operation = Operation(
        key=f"{zone.key}/changes/{number}",
        service="dns",
        scope=f"{zone.key}/changes",
        method="change",
        target=f"{zone.key}/changes/{number}",
        user=call.user,
        created=call.now,
        due=call.now + call.cloud.settings.pending("dns"),
        extra={"additions": additions, "deletions": deletions},
    )
    call.operations.start(operation, call.method.id, lock=False)
    return show(operation)


@serves("dns.changes.get")
def get(call: Call) -> Body:
    """One change."""
    found = call.operations.get(f"{find_zone(call).key}/changes/{call.path['changeId']}")
    if found is None:
        raise not_found(f"The 'parameters.changeId' resource named '{call.path['changeId']}' does not exist.")
    return show(found)


@serves("dns.changes.list")
def listing(call: Call) -> Body:
    """A zone's changes, newest first."""
    found = [show(item) for item in reversed(call.operations.of_scope(f"{find_zone(call).key}/changes"))]
    if call.query.get("sortOrder") == "ascending":
        found.reverse()
    items, following = page(found, call.query.get("maxResults"), call.query.get("pageToken"), default=100)
    body: Body = {"kind": "dns#changesListResponse", "changes": items}
    return body | ({"nextPageToken": following} if following else {})
