"""google.longrunning operations, shared by the newer APIs."""

from __future__ import annotations

from typing import Any

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError
from testbed.cloud.core.protocol.values import utc_time
from testbed.cloud.core.state.operations import Operation, unique

# google.rpc.Code: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
CODES = {"INVALID_ARGUMENT": 3, "NOT_FOUND": 5, "ALREADY_EXISTS": 6, "RESOURCE_EXHAUSTED": 8, "ABORTED": 10}
INTERNAL = 13


def start(
    call: Call,
    prefix: str,
    target: str,
    *,
    metadata: Body,
    response: Body,
    commit: list[dict[str, Any]],
    rollback: list[dict[str, Any]] | None = None,
    method: str = "",
    lock: bool = True,
) -> Body:
    """Start an operation named `<prefix>/operations/...` on the resource with key `target`; answers with it."""
    service = call.service.name
    name = f"{prefix}/{unique('operation')}" if prefix.endswith("operations") else f"{prefix}/operations/{unique('op')}"
    operation = Operation(
        key=f"{service}/{name}",
        service=service,
        scope=f"{service}/{name.rpartition('/')[0]}",
        method=method or call.method.id,
        target=target,
        user=call.user,
        created=call.now,
        due=call.now + call.cloud.settings.pending(service),
        commit=commit,
        rollback=rollback or [],
        response=response,
        extra={"metadata": metadata},
    )
    call.operations.start(operation, call.method.id, lock=lock)
    return show(call, operation)


def show(call: Call, operation: Operation) -> Body:
    """The operation as google.longrunning shows it."""
    metadata = dict(operation.extra.get("metadata") or {})
    if operation.extra.get("stamped", True) and "createTime" in metadata:
        metadata["createTime"] = utc_time(operation.created)
        if operation.ended:
            metadata["endTime"] = utc_time(operation.ended)
    body: Body = {"name": operation.key.partition("/")[2], "metadata": metadata}
    if not operation.done:
        return body
    body["done"] = True
    if operation.error:
        code = str(operation.error["code"])
        body["error"] = {"code": CODES.get(code, INTERNAL), "message": operation.error["message"]}
    else:
        body["response"] = operation.response
    return body


def get(call: Call, name: str) -> Body:
    """The operation called `name` now; raises 404."""
    found = call.operations.get(f"{call.service.name}/{name}")
    if found is None:
        raise ApiError(404, f"Operation {name} not found.")
    return show(call, found)


def listing(call: Call, prefix: str) -> Body:
    """The operations of a prefix."""
    found = call.operations.of_scope(f"{call.service.name}/{prefix}")
    return {"operations": [show(call, item) for item in found]}
