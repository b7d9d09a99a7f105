"""Repositories: creation and deletion are long-running, changes are at once."""

from __future__ import annotations

from testbed.cloud.core import policies
from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol import masks
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.protocol.values import utc_time
from testbed.cloud.core.state import longrunning
from testbed.cloud.core.state.operations import drop
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.artifactregistry.rules import ID, MUTABLE, PREFIX, cleanup, location, remote, scanning
from testbed.cloud.services.artifactregistry.state import METADATA, STAMPS, TYPE, find


@serves(f"{PREFIX}.repositories.create")
def create(call: Call) -> Body:
    """Create a repository."""
    parent = call.path["parent"]
    place = location(parent)
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
    cleanup(sent)
    remote(sent)
    now = utc_time(call.now)
    body: Body = {
        "mode": "STANDARD_REPOSITORY",
        **{field: value for field, value in sent.items() if value not in (None, False)},
        "name": path,
        "createTime": now,
        "updateTime": now,
        "satisfiesPzi": True,
        "registryUri": f"{place}-docker.pkg.dev/{parent.split('/')[1]}/{name}",
    }
    if sent["format"] == "DOCKER":
        body["vulnerabilityScanningConfig"] = scanning(call, parent, sent, now)
    call.store.put(Resource(key, "artifactregistry.repository", body, {"creating": True}))
    return longrunning.start(
        call,
        parent,
        key,
        metadata=METADATA,
        response={"@type": TYPE, **{field: value for field, value in body.items() if field not in STAMPS}},
        commit=[],
        rollback=[drop(key)],
    )


@serves(f"{PREFIX}.repositories.get")
def get(call: Call) -> Body:
    """One repository."""
    return find(call).body


@serves(f"{PREFIX}.repositories.list")
def listing(call: Call) -> Body:
    """A location's repositories."""
    parent = call.path["parent"]
    location(parent)
    found = call.store.children(f"artifactregistry/{parent}/repositories")
    ready = [item.body for item in found if not (item.meta.get("creating") and call.operations.pending_on(item.key))]
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
    cleanup(sent)
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
    resource.meta.pop("creating", None)
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
