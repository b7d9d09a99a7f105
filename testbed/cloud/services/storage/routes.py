"""Buckets: their names are shared by all projects; changes are at once."""

from __future__ import annotations

from testbed.cloud.core import policies
from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.protocol.patches import merge
from testbed.cloud.core.protocol.values import project_number, utc_time
from testbed.cloud.core.regions import REGIONS
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.storage.rules import ADDRESS, IMMUTABLE, LOCATIONS, NAME, check, complete
from testbed.cloud.services.storage.state import COLLECTION, find, precondition, stamped


@serves("storage.buckets.insert")
def insert(call: Call) -> Body:
    """Create a bucket."""
    sent = call.checker.writable("Bucket", call.body)
    name = str(sent.get("name") or "")
    if not name:
        raise invalid("Required parameter: name", reason="required")
    if not NAME.fullmatch(name) or ADDRESS.fullmatch(name) or name.startswith("goog") or ".." in name or len(name) < 3:
        raise invalid(f"Invalid bucket name: '{name}'")
    known = call.store.get(f"{COLLECTION}/{name}")
    if known is not None:
        own = known.meta["project"] == call.query["project"]
        message = (
            "Your previous request to create the named bucket succeeded and you already own it."
            if own
            else "The requested bucket name is not available. The bucket namespace is shared by all users of the "
            "system. Please select a different name and try again."
        )
        raise ApiError(409, message, reason="conflict")
    location = str(sent.get("location") or "US").upper()
    kind = LOCATIONS.get(location) or ("region" if location.lower() in REGIONS else "")
    if not kind:
        raise invalid(f"The specified location constraint is not valid: '{location}'.")
    check(sent)
    now = utc_time(call.now)
    body: Body = {
        "storageClass": "STANDARD",
        "iamConfiguration": {"publicAccessPrevention": "inherited"},
        "softDeletePolicy": {"retentionDurationSeconds": "604800", "effectiveTime": now},
        "rpo": "DEFAULT",
        **{field: value for field, value in sent.items() if value is not None},
        "kind": "storage#bucket",
        "id": name,
        "selfLink": f"https://www.googleapis.com/storage/v1/b/{name}",
        "projectNumber": project_number(str(call.query["project"])),
        "location": location,
        "locationType": kind,
        "timeCreated": now,
        "updated": now,
    }
    complete(call, body)
    if kind == "region":
        body.pop("rpo")
    body = stamped(body, 1)
    call.store.put(Resource(f"{COLLECTION}/{name}", "storage.bucket", body, {"project": call.query["project"]}))
    return body


@serves("storage.buckets.get")
def get(call: Call) -> Body:
    """One bucket."""
    resource = find(call)
    precondition(call, resource)
    return resource.body


@serves("storage.buckets.list")
def listing(call: Call) -> Body:
    """The project's buckets."""
    found = [item for item in call.store.children(COLLECTION) if item.meta["project"] == call.query["project"]]
    shown = [item.body for item in found if item.name.startswith(str(call.query.get("prefix") or ""))]
    items, following = page(shown, call.query.get("maxResults"), call.query.get("pageToken"), default=1000)
    body: Body = {"kind": "storage#buckets"}
    if items:
        body["items"] = items
    return body | ({"nextPageToken": following} if following else {})


@serves("storage.buckets.patch", "storage.buckets.update")
def patch(call: Call) -> Body:
    """Change a bucket; name and location stay."""
    resource = find(call)
    precondition(call, resource)
    sent = call.checker.writable("Bucket", call.body)
    check(sent)
    for field in IMMUTABLE:
        if field in sent and str(sent[field]).upper() != str(resource.body.get(field)).upper():
            raise invalid(f"The field '{field}' of a bucket can't be changed.")
    new = merge(resource.body, {field: value for field, value in sent.items() if field not in IMMUTABLE})
    retention = resource.body.get("retentionPolicy") or {}
    if retention.get("isLocked") and new.get("retentionPolicy") != retention:
        raise ApiError(403, "Cannot reduce or remove a locked retention policy.")
    complete(call, new)
    new["updated"] = utc_time(call.now)
    new = stamped(new, int(resource.body["metageneration"]) + 1)
    call.store.put(Resource(resource.key, resource.kind, new, resource.meta))
    return new


@serves("storage.buckets.delete")
def delete(call: Call) -> None:
    """Delete a bucket."""
    resource = find(call)
    precondition(call, resource)
    call.store.delete(resource.key)
    call.store.delete(policies.key(resource.key))


@serves("storage.buckets.getIamPolicy")
def get_policy(call: Call) -> Body:
    """Who may use the bucket."""
    resource = find(call)
    policy = policies.read(call, resource.key, call.query.get("optionsRequestedPolicyVersion"))
    return {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{resource.name}", **policy}


@serves("storage.buckets.setIamPolicy")
def set_policy(call: Call) -> Body:
    """Replace who may use the bucket."""
    resource = find(call)
    sent = {name: value for name, value in call.body.items() if name not in ("kind", "resourceId")}
    policy = policies.write(call, resource.key, sent)
    return {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{resource.name}", **policy}
