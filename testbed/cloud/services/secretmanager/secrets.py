"""Secrets: what a payload is called and where it may live."""

from __future__ import annotations

from ...core.call import Body, Call, serves
from ...core.errors import ApiError, invalid, not_found
from ...core.pages import page
from ...core.store import Resource
from ...core.values import fingerprint, project_number, utc_time
from .. import masks, policies
from ..compute.catalog import REGIONS

PREFIX = "secretmanager.projects.secrets"
ID = r"[A-Za-z0-9_-]{1,255}"
MUTABLE = frozenset({"labels", "annotations", "topics", "expireTime", "ttl", "rotation", "versionAliases", "tags",
                     "versionDestroyTtl", "etag"})  # fmt: skip


def numbered(path: str) -> str:
    """A path with the project's number, as answers carry it."""
    head, project, rest = path.split("/", 2)
    return f"{head}/{project_number(project)}/{rest}"


def find(call: Call, path: str | None = None) -> Resource:
    """The secret that the request names; raises 404."""
    name = path or call.path.get("name") or call.path.get("parent") or call.path["resource"]
    name = name.partition("/versions/")[0]
    found = call.store.get(f"secretmanager/{name}")
    if found is None:
        raise not_found(f"Secret [{numbered(name)}] not found.")
    return found


def _check(sent: Body) -> None:
    masks.check_labels(sent.get("labels"))
    if sent.get("ttl") and sent.get("expireTime"):
        raise invalid("Only one of ttl and expire_time can be set.")
    rotation = sent.get("rotation")
    if rotation and not sent.get("topics"):
        raise invalid("The secret must have at least one topic to set rotation.")
    if rotation and rotation.get("rotationPeriod") and not rotation.get("nextRotationTime"):
        raise invalid("rotation.next_rotation_time must be set if rotation_period is set.")


def _replication(sent: Body) -> None:
    replication = sent.get("replication") or {}
    chosen = [name for name in ("automatic", "userManaged") if replication.get(name) is not None]
    if len(chosen) != 1:
        raise invalid("Secret.replication must be set to exactly one of automatic and user_managed.")
    if chosen == ["userManaged"]:
        replicas = [item.get("location") for item in replication["userManaged"].get("replicas") or []]
        if not replicas or len(set(replicas)) != len(replicas):
            raise invalid("Secret.replication.user_managed.replicas must name one or more different locations.")
        for location in replicas:
            if location not in REGIONS:
                raise invalid(f"Location '{location}' is not supported by Secret Manager.")


@serves(f"{PREFIX}.create")
def create(call: Call) -> Body:
    """Create a secret without versions."""
    name = masks.check_id("secretId", call.query.get("secretId"), ID)
    sent = call.checker.writable("Secret", call.body)
    _replication(sent)
    _check(sent)
    path = f"{call.path['parent']}/secrets/{name}"
    key = f"secretmanager/{path}"
    if call.store.get(key):
        raise ApiError(409, f"Secret [{numbered(path)}] already exists.")
    body = {field: value for field, value in sent.items() if value is not None and field not in ("ttl", "etag")}
    body |= {"name": numbered(path), "createTime": utc_time(call.now)}
    body |= _expiry(call, sent)
    call.store.put(Resource(key, "secretmanager.secret", _stamped(body), {"next": 1}))
    return _stamped(body)


def _expiry(call: Call, sent: Body) -> Body:
    """A life that is told from now on is answered as its end."""
    life = sent.pop("ttl", None)
    return {"expireTime": utc_time(call.now + float(str(life).removesuffix("s")))} if life else {}


def _stamped(body: Body) -> Body:
    fresh = {name: value for name, value in body.items() if name != "etag"}
    return {**fresh, "etag": f'"{fingerprint(fresh)[:12]}"'}


def check_etag(sent: object, known: object) -> None:
    """400 FAILED_PRECONDITION for a stale etag; without one nothing is compared."""
    if sent and sent != known:
        raise ApiError(
            400,
            f"The etag provided in the request does not match the resource's current etag. Sent: {sent}.",
            status="FAILED_PRECONDITION",
        )


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
    new |= _expiry(call, new)
    _check({field: new.get(field) for field in MUTABLE})
    new = _stamped(new)
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
