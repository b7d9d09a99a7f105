"""Repositories as they are kept and shown."""

from __future__ import annotations

from testbed.cloud.core.call import Call
from testbed.cloud.core.protocol.errors import not_found
from testbed.cloud.core.state.store import Resource

METADATA = {"@type": "type.googleapis.com/google.devtools.artifactregistry.v1.OperationMetadata"}
TYPE = "type.googleapis.com/google.devtools.artifactregistry.v1.Repository"
# What a repository has that is read, and not yet the one in the answer to its creation.
STAMPS = frozenset({"createTime", "updateTime", "registryUri"})


def find(call: Call) -> Resource:
    """The repository that the request names; raises 404. Not ready yet is not found."""
    name = call.path.get("name") or call.path["resource"]
    found = call.store.get(f"artifactregistry/{name}")
    if found is None or (found.meta.get("creating") and call.operations.pending_on(found.key)):
        raise not_found("Requested entity was not found.")
    return found
