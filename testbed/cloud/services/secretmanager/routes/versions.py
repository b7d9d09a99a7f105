"""Secret versions: added, read, disabled, destroyed; never changed."""

from __future__ import annotations

import base64

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, failed_precondition, invalid, not_found
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.protocol.values import fingerprint, utc_time
from testbed.cloud.core.state.payloads import crc32c
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.secretmanager.state import PREFIX, check_etag, find, numbered

MAX_BYTES = 64 * 1024


@serves(f"{PREFIX}.addVersion")
def add(call: Call) -> Body:
    """Add a payload; its checksum is compared when it is sent."""
    secret = find(call)
    payload = call.body.get("payload") or {}
    data = base64.b64decode(str(payload.get("data") or "").replace("-", "+").replace("_", "/"))
    if not 1 <= len(data) <= MAX_BYTES:
        raise invalid(f"The secret payload must be 1 to {MAX_BYTES} bytes, found {len(data)}.")
    checksum = payload.get("dataCrc32c")
    if checksum is not None and int(checksum) != crc32c(data):
        raise invalid("The data_crc32c of the payload does not match the payload's data: it was corrupted on the way.")
    number = int(secret.meta["next"])
    key = f"{secret.key}/versions/{number}"
    body: Body = {
        "name": numbered(f"{secret.path}/versions/{number}"),
        "createTime": utc_time(call.now),
        "state": "ENABLED",
        "replicationStatus": _status(secret.body["replication"]),
    }
    if checksum is not None:
        body["clientSpecifiedPayloadChecksum"] = True
    body["etag"] = f'"{fingerprint(body)[:12]}"'
    call.cloud.payloads.write(key, data)
    call.store.put(Resource(key, "secretmanager.version", body, {"number": number}))
    secret.meta["next"] = number + 1
    call.store.put(secret)
    return body


def _status(replication: Body) -> Body:
    if "userManaged" not in replication:
        return {"automatic": {}}
    return {
        "userManaged": {"replicas": [{"location": item["location"]} for item in replication["userManaged"]["replicas"]]}
    }


def _version(call: Call) -> Resource:
    path = call.path["name"]
    secret = find(call, path)
    wanted = path.rpartition("/")[2]
    versions = sorted(call.store.children(f"{secret.key}/versions"), key=lambda item: int(item.meta["number"]))
    wanted = (secret.body.get("versionAliases") or {}).get(wanted, wanted)
    if wanted == "latest" and versions:
        return versions[-1]
    for item in versions:
        if item.name == wanted:
            return item
    raise not_found(f"Secret Version [{numbered(path)}] not found.")


@serves(f"{PREFIX}.versions.get")
def get(call: Call) -> Body:
    """One version without its payload; `latest` is the newest."""
    return _version(call).body


@serves(f"{PREFIX}.versions.list")
def listing(call: Call) -> Body:
    """A secret's versions, newest first."""
    secret = find(call)
    found = sorted(call.store.children(f"{secret.key}/versions"), key=lambda item: -int(item.meta["number"]))
    wanted = str(call.query.get("filter") or "").removeprefix("state:").removeprefix("state=")
    shown = [item.body for item in found if wanted in ("", item.body["state"])]
    items, following = page(shown, call.query.get("pageSize"), call.query.get("pageToken"), default=250)
    body: Body = {"versions": items, "totalSize": len(shown)}
    return body | ({"nextPageToken": following} if following else {})


@serves(f"{PREFIX}.versions.access")
def access(call: Call) -> Body:
    """The payload of an enabled version."""
    version = _version(call)
    if version.body["state"] != "ENABLED":
        raise failed_precondition(f"Secret Version [{version.body['name']}] is in {version.body['state']} state.")
    data = call.cloud.payloads.read(version.key)
    return {
        "name": version.body["name"],
        "payload": {"data": base64.b64encode(data).decode(), "dataCrc32c": str(crc32c(data))},
    }


def _switch(call: Call, state: str) -> Body:
    version = _version(call)
    check_etag(call.body.get("etag"), version.body["etag"])
    if version.body["state"] == "DESTROYED":
        raise ApiError(
            400,
            f"Secret Version [{version.body['name']}] is in DESTROYED state: it can't be changed.",
            status="FAILED_PRECONDITION",
        )
    body = {**version.body, "state": state}
    if state == "DESTROYED":
        body["destroyTime"] = utc_time(call.now)
        call.cloud.payloads.destroy(version.key)
    body["etag"] = f'"{fingerprint({k: v for k, v in body.items() if k != "etag"})[:12]}"'
    call.store.put(Resource(version.key, version.kind, body, version.meta))
    return body


@serves(f"{PREFIX}.versions.enable")
def enable(call: Call) -> Body:
    """Let a version be read."""
    return _switch(call, "ENABLED")


@serves(f"{PREFIX}.versions.disable")
def disable(call: Call) -> Body:
    """Keep a version from being read."""
    return _switch(call, "DISABLED")


@serves(f"{PREFIX}.versions.destroy")
def destroy(call: Call) -> Body:
    """Forget a version's payload for good."""
    return _switch(call, "DESTROYED")
