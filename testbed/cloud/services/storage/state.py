"""Buckets as they are kept, guarded by their metageneration."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, not_found
from testbed.cloud.core.protocol.values import etag
from testbed.cloud.core.state.store import Resource

COLLECTION = "storage/b"


def find(call: Call) -> Resource:
    """The bucket that the request names; raises 404."""
    found = call.store.get(f"{COLLECTION}/{call.path['bucket']}")
    if found is None:
        raise not_found("The specified bucket does not exist.")
    return found


def stamped(body: Body, metageneration: int) -> Body:
    fresh = {**body, "metageneration": str(metageneration)}
    fresh.pop("etag", None)
    return {**fresh, "etag": etag(fresh)}


def precondition(call: Call, resource: Resource) -> None:
    current = int(resource.body["metageneration"])
    matches, differs = call.query.get("ifMetagenerationMatch"), call.query.get("ifMetagenerationNotMatch")
    if (matches is not None and int(matches) != current) or (differs is not None and int(differs) == current):
        raise ApiError(
            412,
            "At least one of the pre-conditions you specified did not hold.",
            location=("header", "If-Match"),
        )
