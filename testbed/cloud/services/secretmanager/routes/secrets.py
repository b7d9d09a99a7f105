"""Secrets: what a payload is called and where it may live."""

from __future__ import annotations

from testbed.cloud.core import policies
from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol import masks
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.protocol.values import utc_time
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.secretmanager.rules import ID, MUTABLE, check, expiry, replication
from testbed.cloud.services.secretmanager.state import PREFIX, check_etag, find, numbered, stamped


@serves(f"{PREFIX}.create")
def create(call: Call) -> Body:
    """Create a secret without versions."""
    name = masks.check_id("secretId", call.query.get("secretId"), ID)
    sent = call.checker.writable("Secret", call.body)
    replication(sent)
    check(sent)
    path = f"{call.path['parent']}/secrets/{name}"
    key = f"secretmanager/{path}"
    if call.store.get(key):
        raise ApiError(409, f"Secret [{numbered(path)}] already exists.")
    body = {field: value for field, value in sent.items() if value is not None and field not in ("ttl", "etag")}
    body |= {"name": numbered(path), "createTime": utc_time(call.now)}
    body |= expiry(call, sent)
    call.store.put(Resource(key, "secretmanager.secret", stamped(body), {"next": 1}))
    return stamped(body)


@serves(f"{PREFIX}.get")
def get(call: Call) -> Body:
    """One secret."""
    return find(call).body


@serves(f"{PREFIX}.list")
def listing(call: Call) -> Body:
    """The project's secrets."""
    found = [item.body for item in call.store.children(f"secretmanager/{call.path['parent']}/secrets")]
    items, following = page(found, call.query.get("pageSize"), call.query.get("pageToken"), default=250)
    body: Body = {"totalSize": len(found)}
    if items:
        body["secrets"] = items
    return body | ({"nextPageToken": following} if following else {})


@serves(f"{PREFIX}.patch")
def patch(call: Call) -> Body:
    """Change the fields that updateMask names; replication stays."""
    resource = find(call)
    mask = call.query.get("updateMask")
    if not mask:
        raise invalid("Field 'update_mask' is required but was not set.")
    sent = call.checker.writable("Secret", call.body)
    check_etag(sent.pop("etag", None), resource.body["etag"])
    new = masks.apply(resource.body, sent, mask, MUTABLE)
    new |= expiry(call, new)
    check({field: new.get(field) for field in MUTABLE})
    new = stamped(new)
    call.store.put(Resource(resource.key, resource.kind, new, resource.meta))
    return new


@serves(f"{PREFIX}.delete")
def delete(call: Call) -> Body:
    """Delete a secret, its versions and their payloads."""
    resource = find(call)
    check_etag(call.query.get("etag"), resource.body["etag"])
    for version in call.store.children(f"{resource.key}/versions"):
        call.cloud.payloads.destroy(version.key)
        call.store.delete(version.key)
    call.store.delete(resource.key)
    call.store.delete(policies.key(resource.key))
    return {}


policies.register(PREFIX, find)


@serves(f"{PREFIX}.testIamPermissions")
def test_permissions(call: Call) -> Body:
    """Which of the permissions the caller has."""
    return policies.permissions(call)
