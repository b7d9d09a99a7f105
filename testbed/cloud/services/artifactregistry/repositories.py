"""Repositories; creation and deletion are long-running, changes are at once."""

from __future__ import annotations

from ...core.call import Body, Call, serves
from ...core.errors import ApiError, invalid, not_found
from ...core.operations import drop
from ...core.pages import page
from ...core.store import Resource
from ...core.values import utc_time
from .. import longrunning, masks, policies
from ..compute.catalog import REGIONS

PREFIX = "artifactregistry.projects.locations"
ID = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
MULTI_REGIONS = ("asia", "europe", "us")
METADATA = {"@type": "type.googleapis.com/google.devtools.artifactregistry.v1.OperationMetadata"}
MUTABLE = frozenset({"description", "labels", "cleanupPolicies", "cleanupPolicyDryRun", "dockerConfig",
                     "virtualRepositoryConfig", "vulnerabilityScanningConfig"})  # fmt: skip
TYPE = "type.googleapis.com/google.devtools.artifactregistry.v1.Repository"
# What a repository has that is read, and not yet the one in the answer to its creation.
STAMPS = frozenset({"createTime", "updateTime", "registryUri"})


def find(call: Call) -> Resource:
    """The repository that the request names; raises 404. Not ready yet is not found."""
    name = call.path.get("name") or call.path["resource"]
    found = call.store.get(f"artifactregistry/{name}")
    if found is None or (found.meta.get("born") and call.operations.pending_on(found.key)):
        raise not_found("Requested entity was not found.")
    return found


def _location(parent: str) -> str:
    location = parent.rpartition("/")[2]
    if location not in REGIONS and location not in MULTI_REGIONS:
        raise ApiError(403, f"Location {location} is not found or access is unauthorized.")
    return location


@serves(f"{PREFIX}.repositories.create")
def create(call: Call) -> Body:
    """Create a repository."""
    parent = call.path["parent"]
    location = _location(parent)
    name = masks.check_id("repository_id", call.query.get("repositoryId"), ID)
    sent = call.checker.writable("Repository", call.body)
    if not sent.get("format") or sent["format"] == "FORMAT_UNSPECIFIED":
        raise invalid("Field 'repository.format' is required but was not set.")
    masks.check_labels(sent.get("labels"))
    path = f"{parent}/repositories/{name}"
    if sent.get("name") not in (None, path):
        raise invalid(f"Field 'repository.name' must be '{path}' or not be set, found '{sent['name']}'.")
    key = f"artifactregistry/{path}"
    if call.store.get(key):
        raise ApiError(409, "the repository already exists")
    if sent.get("dockerConfig") and sent["format"] != "DOCKER":
        raise invalid("Field 'repository.docker_config' is only allowed for DOCKER repositories.")
    _policies(sent)
    now = utc_time(call.now)
    body: Body = {
        "mode": "STANDARD_REPOSITORY",
        **{field: value for field, value in sent.items() if value not in (None, False)},
        "name": path,
        "createTime": now,
        "updateTime": now,
        "satisfiesPzi": True,
        "registryUri": f"{location}-docker.pkg.dev/{parent.split('/')[1]}/{name}",
    }
    if sent["format"] == "DOCKER":
        body["vulnerabilityScanningConfig"] = _scanning(call, parent, sent, now)
    call.store.put(Resource(key, "artifactregistry.repository", body, {"born": True}))
    return longrunning.start(
        call,
        parent,
        key,
        metadata=METADATA,
        response={"@type": TYPE, **{field: value for field, value in body.items() if field not in STAMPS}},
        commit=[],
        rollback=[drop(key)],
    )


def _scanning(call: Call, parent: str, sent: Body, now: str) -> Body:
    """Whether images are scanned: where the API for that is enabled, and the repository is not exempt."""
    config = {"lastEnableTime": now, **(sent.get("vulnerabilityScanningConfig") or {})}
    api = "containerscanning.googleapis.com"
    if config.get("enablementConfig") == "DISABLED":
        reason = "Scanning is disabled for this repository."
    elif call.store.get(f"serviceusage/{'/'.join(parent.split('/')[:2])}/services/{api}") is None:
        reason = f"API {api} is not enabled."
    else:
        return {**config, "enablementState": "SCANNING_ACTIVE"}
    return {**config, "enablementState": "SCANNING_DISABLED", "enablementStateReason": reason}


def _policies(sent: Body) -> None:
    """Check cleanup policies, and name each as its key does."""
    for name, policy in (sent.get("cleanupPolicies") or {}).items():
        if policy.get("id") not in (None, name):
            raise invalid(f"Cleanup policy '{name}' has the id '{policy['id']}': they must be the same.")
        if bool(policy.get("condition")) == bool(policy.get("mostRecentVersions")):
            raise invalid(f"Cleanup policy '{name}' needs exactly one of condition and most_recent_versions.")
        policy["id"] = name


@serves(f"{PREFIX}.repositories.get")
def get(call: Call) -> Body:
    """One repository."""
    return find(call).body


@serves(f"{PREFIX}.repositories.list")
def listing(call: Call) -> Body:
    """A location's repositories."""
    parent = call.path["parent"]
    _location(parent)
    found = call.store.children(f"artifactregistry/{parent}/repositories")
    ready = [item.body for item in found if not (item.meta.get("born") and call.operations.pending_on(item.key))]
    items, following = page(ready, call.query.get("pageSize"), call.query.get("pageToken"), default=100)
    body: Body = {"repositories": items} if items else {}
    return body | ({"nextPageToken": following} if following else {})


@serves(f"{PREFIX}.repositories.patch")
def patch(call: Call) -> Body:
    """Change a repository at once."""
    resource = find(call)
    sent = call.checker.writable("Repository", call.body)
    for field in ("format", "mode", "kmsKeyName"):
        if field in sent and sent[field] != resource.body.get(field):
            raise invalid(f"Field 'repository.{field}' is immutable.")
    sent = {field: value for field, value in sent.items() if field not in ("format", "mode", "kmsKeyName", "name")}
    masks.check_labels(sent.get("labels"))
    _policies(sent)
    new = masks.apply(resource.body, sent, call.query.get("updateMask"), MUTABLE)
    new["updateTime"] = utc_time(call.now)
    call.store.put(Resource(resource.key, resource.kind, new, resource.meta))
    return new


@serves(f"{PREFIX}.repositories.delete")
def delete(call: Call) -> Body:
    """Delete a repository and what is in it."""
    resource = find(call)
    if call.operations.pending_on(resource.key):
        raise ApiError(409, "The repository has a pending operation.", status="ABORTED")
    resource.meta.pop("born", None)
    call.store.put(resource)
    return longrunning.start(
        call,
        resource.path.partition("/repositories/")[0],
        resource.key,
        metadata=METADATA,
        response={"@type": "type.googleapis.com/google.protobuf.Empty"},
        commit=[drop(resource.key), drop(policies.key(resource.key))],
    )


policies.register(f"{PREFIX}.repositories", find)


@serves(f"{PREFIX}.repositories.testIamPermissions")
def test_permissions(call: Call) -> Body:
    """Which of the permissions the caller has."""
    return policies.permissions(call)


@serves(f"{PREFIX}.operations.get")
def operation(call: Call) -> Body:
    """An operation of this API."""
    return longrunning.get(call, call.path["name"])
