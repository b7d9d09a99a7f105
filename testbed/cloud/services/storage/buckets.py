"""Buckets: their names are shared by all projects; changes are at once."""

from __future__ import annotations

import re

from ...core.call import Body, Call, serves
from ...core.errors import ApiError, invalid, not_found
from ...core.pages import page
from ...core.store import Resource
from ...core.values import etag, project_number, utc_time
from .. import masks, policies
from ..compute.catalog import REGIONS
from ..compute.kinds import merge

# https://cloud.google.com/storage/docs/buckets#naming
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{1,220}[a-z0-9]")
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
LOCATIONS = {"US": "multi-region", "EU": "multi-region", "ASIA": "multi-region", "EUR4": "dual-region",
             "NAM4": "dual-region"}  # fmt: skip
IMMUTABLE = ("name", "location", "locationType", "projectNumber", "customPlacementConfig")
COLLECTION = "storage/b"


def find(call: Call) -> Resource:
    """The bucket that the request names; raises 404."""
    found = call.store.get(f"{COLLECTION}/{call.path['bucket']}")
    if found is None:
        raise not_found("The specified bucket does not exist.")
    return found


def _stamped(body: Body, metageneration: int) -> Body:
    fresh = {**body, "metageneration": str(metageneration)}
    fresh.pop("etag", None)
    return {**fresh, "etag": etag(fresh)}


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
    _check(sent)
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
    _complete(call, body)
    if kind == "region":
        body.pop("rpo")
    body = _stamped(body, 1)
    call.store.put(Resource(f"{COLLECTION}/{name}", "storage.bucket", body, {"project": call.query["project"]}))
    return body


def _complete(call: Call, body: Body) -> None:
    """The two names of uniform access say the same, and what is switched off is not there."""
    config = {"publicAccessPrevention": "inherited"} | (body.get("iamConfiguration") or {})
    uniform = dict(config.get("uniformBucketLevelAccess") or {"enabled": False})
    if uniform["enabled"]:
        uniform.setdefault("lockedTime", utc_time(call.now + 90 * 86400))
    config["uniformBucketLevelAccess"] = uniform
    config["bucketPolicyOnly"] = uniform
    body["iamConfiguration"] = config
    if not (body.get("lifecycle") or {}).get("rule"):
        body.pop("lifecycle", None)
    if str((body.get("softDeletePolicy") or {}).get("retentionDurationSeconds")) == "0":
        body["softDeletePolicy"] = {"retentionDurationSeconds": "0"}
    elif "softDeletePolicy" in body:
        body["softDeletePolicy"].setdefault("effectiveTime", utc_time(call.now))


def _check(sent: Body) -> None:
    masks.check_labels(sent.get("labels"))
    for index, rule in enumerate((sent.get("lifecycle") or {}).get("rule") or []):
        if not (rule.get("action") or {}).get("type") or not rule.get("condition"):
            raise invalid(f"Invalid argument: lifecycle rule {index} needs an action and a condition.")
    uniform = ((sent.get("iamConfiguration") or {}).get("uniformBucketLevelAccess") or {}).get("enabled")
    if uniform and (sent.get("acl") or sent.get("defaultObjectAcl")):
        raise invalid("Cannot use ACL API to set bucket policy when uniform bucket-level access is enabled.")


def _precondition(call: Call, resource: Resource) -> None:
    current = int(resource.body["metageneration"])
    matches, differs = call.query.get("ifMetagenerationMatch"), call.query.get("ifMetagenerationNotMatch")
    if (matches is not None and int(matches) != current) or (differs is not None and int(differs) == current):
        raise ApiError(
            412,
            "At least one of the pre-conditions you specified did not hold.",
            location=("header", "If-Match"),
        )


@serves("storage.buckets.get")
def get(call: Call) -> Body:
    """One bucket."""
    resource = find(call)
    _precondition(call, resource)
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
    _precondition(call, resource)
    sent = call.checker.writable("Bucket", call.body)
    _check(sent)
    for field in IMMUTABLE:
        if field in sent and str(sent[field]).upper() != str(resource.body.get(field)).upper():
            raise invalid(f"The field '{field}' of a bucket can't be changed.")
    new = merge(resource.body, {field: value for field, value in sent.items() if field not in IMMUTABLE})
    retention = resource.body.get("retentionPolicy") or {}
    if retention.get("isLocked") and new.get("retentionPolicy") != retention:
        raise ApiError(403, "Cannot reduce or remove a locked retention policy.")
    _complete(call, new)
    new["updated"] = utc_time(call.now)
    new = _stamped(new, int(resource.body["metageneration"]) + 1)
    call.store.put(Resource(resource.key, resource.kind, new, resource.meta))
    return new


@serves("storage.buckets.delete")
def delete(call: Call) -> None:
    """Delete a bucket."""
    resource = find(call)
    _precondition(call, resource)
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
