"""Resources of the fleet as they are kept."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, not_found
from testbed.cloud.core.protocol.values import utc_time
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.gkehub.rules import Collection

PREFIX = "gkehub.projects.locations"
METADATA = "type.googleapis.com/google.cloud.gkehub.v1.OperationMetadata"


def find(call: Call, kind: Collection) -> Resource:
    path = call.path.get("name") or call.path["resource"]
    found = call.store.get(f"gkehub/{path}")
    if found is None:
        raise not_found(f"Resource '{path}' was not found")
    return found


def metadata(call: Call, verb: str, target: str) -> Body:
    return {"@type": METADATA, "createTime": utc_time(call.now), "target": target, "verb": verb, "apiVersion": "v1"}


def refuse_busy(call: Call, resource: Resource) -> None:
    if call.operations.pending_on(resource.key):
        raise ApiError(409, f"Resource '{resource.path}' has an operation in progress: please retry.", status="ABORTED")
