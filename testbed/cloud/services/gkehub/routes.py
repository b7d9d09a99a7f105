"""Fleets, memberships and features: one shape, three collections, all long-running."""

from __future__ import annotations

import secrets

from testbed.cloud.core import policies
from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol import masks
from testbed.cloud.core.protocol.errors import ApiError
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.protocol.values import utc_time
from testbed.cloud.core.state import longrunning
from testbed.cloud.core.state.operations import drop, put
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.gkehub.rules import COLLECTIONS, MEMBER_ID, Collection
from testbed.cloud.services.gkehub.state import PREFIX, find, metadata, refuse_busy


def _create(call: Call, kind: Collection) -> Body:
    parent = call.path["parent"]
    name = "default"
    if kind.id_parameter:
        name = masks.check_id(kind.id_parameter, call.query.get(kind.id_parameter), MEMBER_ID)
    sent = call.checker.writable(kind.schema, call.body)
    masks.check_labels(sent.get("labels"))
    path = f"{parent}/{kind.name}/{name}"
    key = f"gkehub/{path}"
    if call.store.get(key):
        raise ApiError(409, f"Resource '{path}' already exists")
    body = {field: value for field, value in sent.items() if value is not None}
    kind.check(call, name, parent.rpartition("/")[2], body)
    now = utc_time(call.now)
    field, ready = kind.state
    body |= {"name": path, "createTime": now, "updateTime": now, "uid": secrets.token_hex(16)}
    done = Resource(key, f"gkehub.{kind.name}", {**body, field: ready})
    pending = {"code": "CREATING"} if field == "state" else {"state": "ENABLING"}
    call.store.put(Resource(key, done.kind, {**body, field: pending}))
    return longrunning.start(
        call,
        parent,
        key,
        metadata=metadata(call, "create", path),
        response={"@type": f"type.googleapis.com/google.cloud.gkehub.v1.{kind.schema}", **done.body},
        commit=[put(done)],
        rollback=[drop(key)],
    )


def _patch(call: Call, kind: Collection) -> Body:
    resource = find(call, kind)
    refuse_busy(call, resource)
    sent = call.checker.writable(kind.schema, call.body)
    sent.pop("name", None)
    masks.check_labels(sent.get("labels"))
    new = masks.apply(resource.body, sent, call.query.get("updateMask"), kind.mutable)
    if kind.name == "features":
        kind.check(call, resource.name, "global", new)
    new["updateTime"] = utc_time(call.now)
    return longrunning.start(
        call,
        resource.path.partition(f"/{kind.name}/")[0],
        resource.key,
        metadata=metadata(call, "update", resource.path),
        response={"@type": f"type.googleapis.com/google.cloud.gkehub.v1.{kind.schema}", **new},
        commit=[put(Resource(resource.key, resource.kind, new))],
    )


def _delete(call: Call, kind: Collection) -> Body:
    resource = find(call, kind)
    refuse_busy(call, resource)
    if not call.query.get("force"):
        kind.removable(call, resource)
    return longrunning.start(
        call,
        resource.path.partition(f"/{kind.name}/")[0],
        resource.key,
        metadata=metadata(call, "delete", resource.path),
        response={"@type": "type.googleapis.com/google.protobuf.Empty"},
        commit=[drop(resource.key), drop(policies.key(resource.key))],
    )


def _list(call: Call, kind: Collection) -> Body:
    parent = call.path["parent"]
    prefix = f"gkehub/{parent.removesuffix('-')}" if parent.endswith("/-") else f"gkehub/{parent}/"
    found = [item.body for item in call.store.of_kind(f"gkehub.{kind.name}", prefix)]
    items, following = page(found, call.query.get("pageSize"), call.query.get("pageToken"), default=500)
    body: Body = {"resources" if kind.name != "fleets" else "fleets": items} if items else {}
    return body | ({"nextPageToken": following} if following else {})


def _register(kind: Collection) -> None:
    base = f"{PREFIX}.{kind.name}"
    serves.add(f"{base}.create", lambda call: _create(call, kind))
    serves.add(f"{base}.get", lambda call: find(call, kind).body)
    serves.add(f"{base}.list", lambda call: _list(call, kind))
    serves.add(f"{base}.patch", lambda call: _patch(call, kind))
    serves.add(f"{base}.delete", lambda call: _delete(call, kind))
    if kind.name != "fleets":
        policies.register(base, lambda call: find(call, kind))


for _kind in COLLECTIONS:
    _register(_kind)


@serves(f"{PREFIX}.operations.get")
def operation(call: Call) -> Body:
    """An operation of this API."""
    return longrunning.get(call, call.path["name"])


@serves(f"{PREFIX}.operations.list")
def operations(call: Call) -> Body:
    """The operations of a location."""
    return longrunning.listing(call, f"{call.path['name']}/operations")
