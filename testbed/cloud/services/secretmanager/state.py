"""Secrets as they are kept: named by the project's number, guarded by their etag."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, not_found
from testbed.cloud.core.protocol.values import fingerprint, project_number
from testbed.cloud.core.state.store import Resource

PREFIX = "secretmanager.projects.secrets"


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


def stamped(body: Body) -> Body:
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
