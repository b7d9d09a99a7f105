"""Managed zones."""

from __future__ import annotations

import secrets

from testbed.cloud.core import policies
from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid, not_found
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.protocol.patches import merge
from testbed.cloud.core.protocol.values import utc_time
from testbed.cloud.core.state.operations import Operation, put, unique
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.compute.rules import check_labels
from testbed.cloud.services.dns import state
from testbed.cloud.services.dns.rules.names import is_name
from testbed.cloud.services.dns.rules.zones import MUTABLE, NAME, SOA, visibility
from testbed.cloud.services.dns.state import find


@serves("dns.managedZones.create")
def create(call: Call) -> Body:
    """Create a zone at once, with its SOA and NS record sets."""
    sent = call.checker.writable("ManagedZone", call.body)
    name = str(sent.get("name") or "")
    for field in ("name", "dnsName", "description"):
        if sent.get(field) is None:
            raise invalid(f"The 'entity.managedZone.{field}' parameter is required but was missing.", reason="required")
    if not NAME.fullmatch(name):
        raise invalid(f"Invalid value for 'entity.managedZone.name': '{name}'")
    if not is_name(sent["dnsName"]) or sent["dnsName"].startswith("*"):
        raise invalid(f"Invalid value for 'entity.managedZone.dnsName': '{sent['dnsName']}'")
    key = f"dns/projects/{call.project}/managedZones/{name}"
    if call.store.get(key):
        raise ApiError(409, f"The resource 'entity.managedZone' named '{name}' already exists")
    check_labels(sent.get("labels"))
    shard = secrets.choice("abcde")
    servers = [f"ns-cloud-{shard}{number}.googledomains.com." for number in range(1, 5)]
    body: Body = {
        "visibility": "public",
        "cloudLoggingConfig": {"kind": "dns#managedZoneCloudLoggingConfig", "enableLogging": False},
        **{field: value for field, value in sent.items() if value is not None},
        "kind": "dns#managedZone",
        "id": str(secrets.randbits(62)),
        "creationTime": utc_time(call.now),
        "nameServers": servers,
    }
    visibility(call, body)
    zone = Resource(key, "dns.managedZone", body)
    call.store.put(zone)
    _records(call, zone)
    return body


def _records(call: Call, zone: Resource) -> None:
    name, servers = zone.body["dnsName"], zone.body["nameServers"]
    for kind, ttl, data in (("NS", 21600, servers), ("SOA", 21600, [SOA.format(server=servers[0])])):
        record = {"kind": "dns#resourceRecordSet", "name": name, "type": kind, "ttl": ttl, "rrdatas": data,
                  "signatureRrdatas": []}  # fmt: skip
        call.store.put(Resource(state.key(zone, name, kind), state.RECORDS, record))


@serves("dns.managedZones.get")
def get(call: Call) -> Body:
    """One zone."""
    return find(call).body


@serves("dns.managedZones.list")
def listing(call: Call) -> Body:
    """The project's zones; `dnsName` selects by domain."""
    found = [item.body for item in call.store.children(f"dns/projects/{call.project}/managedZones")]
    wanted = call.query.get("dnsName")
    found = [item for item in found if wanted in (None, item["dnsName"])]
    items, following = page(found, call.query.get("maxResults"), call.query.get("pageToken"), default=100)
    body: Body = {"kind": "dns#managedZonesListResponse", "managedZones": items}
    return body | ({"nextPageToken": following} if following else {})


@serves("dns.managedZones.patch", "dns.managedZones.update")
def patch(call: Call) -> Body:
    """Change a zone; name, domain and visibility stay."""
    zone = find(call)
    sent = call.checker.writable("ManagedZone", call.body)
    for field, value in sent.items():
        if field not in MUTABLE and value != zone.body.get(field):
            raise invalid(f"Invalid value for 'entity.managedZone.{field}': '{value}'. It can't be changed.")
    check_labels(sent.get("labels"))
    new = merge(zone.body, {field: value for field, value in sent.items() if field in MUTABLE})
    if "labels" in sent and isinstance(sent["labels"], dict):
        # A zone's labels are replaced as a whole; null and empty remove them all.
        new["labels"] = {name: value for name, value in sent["labels"].items() if value is not None}
    visibility(call, new)
    return _operation(call, zone, new)


def _operation(call: Call, zone: Resource, new: Body) -> Body:
    operation = Operation(
        key=f"{zone.key}/operations/{unique('op')}",
        service="dns",
        scope=f"{zone.key}/operations",
        method="update",
        target=zone.key,
        user=call.user,
        created=call.now,
        due=call.now + call.cloud.settings.pending("dns"),
        commit=[put(Resource(zone.key, zone.kind, new))],
        extra={"old": zone.body, "new": new},
    )
    call.operations.start(operation, call.method.id, lock=False)
    return show_operation(operation)


def show_operation(operation: Operation) -> Body:
    """An operation on a zone as Cloud DNS shows it."""
    return {
        "kind": "dns#operation",
        "id": operation.name,
        "startTime": utc_time(operation.created),
        "status": "done" if operation.done else "pending",
        "user": operation.user,
        "type": operation.method,
        "zoneContext": {"oldValue": operation.extra["old"], "newValue": operation.extra["new"]},
    }


@serves("dns.managedZoneOperations.get")
def get_operation(call: Call) -> Body:
    """One operation on a zone."""
    found = call.operations.get(f"{find(call).key}/operations/{call.path['operation']}")
    if found is None:
        raise not_found(f"The 'parameters.operation' resource named '{call.path['operation']}' does not exist.")
    return show_operation(found)


@serves("dns.managedZoneOperations.list")
def list_operations(call: Call) -> Body:
    """The operations on a zone."""
    found = [show_operation(item) for item in call.operations.of_scope(f"{find(call).key}/operations")]
    return {"kind": "dns#managedZoneOperationsListResponse", "operations": found}


@serves("dns.managedZones.delete")
def delete(call: Call) -> Body | None:
    """Delete an empty zone: no record sets but its own SOA and NS."""
    zone = find(call)
    records = call.store.children(f"{zone.key}/rrsets")
    own = {(zone.body["dnsName"], "NS"), (zone.body["dnsName"], "SOA")}
    if any((item.body["name"], item.body["type"]) not in own for item in records):
        raise ApiError(
            400,
            f"The resource named '{zone.name}' cannot be deleted because it contains one or more 'resource records'.",
            reason="containerNotEmpty",
        )
    for item in records:
        call.store.delete(item.key)
    call.store.delete(zone.key)
    call.store.delete(policies.key(zone.key))
    return None


def _by_resource(call: Call) -> Resource:
    return find(call, call.path["resource"].rpartition("/")[2])


@serves("dns.managedZones.getIamPolicy")
def get_policy(call: Call) -> Body:
    """Who may use the zone."""
    version = (call.body.get("options") or {}).get("requestedPolicyVersion")
    return policies.read(call, _by_resource(call).key, version)


@serves("dns.managedZones.setIamPolicy")
def set_policy(call: Call) -> Body:
    """Replace who may use the zone."""
    return policies.write(call, _by_resource(call).key, call.body.get("policy"))


@serves("dns.projects.get")
def get_project(call: Call) -> Body:
    """The project as Cloud DNS sees it."""
    return {"kind": "dns#project", "id": str(call.project), "number": "0", "quota": {"kind": "dns#quota"}}
