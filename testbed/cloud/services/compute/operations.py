"""Compute operations: global, regional and zonal; get, list, wait, delete."""

from __future__ import annotations

import asyncio
from typing import Any

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, not_found
from testbed.cloud.core.protocol.pages import page, select
from testbed.cloud.core.protocol.values import compute_time, numeric_id
from testbed.cloud.core.state.operations import Operation, unique
from testbed.cloud.services.compute.urls import url

HTTP_STATUS = {"RESOURCE_NOT_FOUND": 404, "QUOTA_EXCEEDED": 403, "INTERNAL_ERROR": 503}


def scope_of(path: str) -> str:
    """`projects/p/regions/r` of `projects/p/regions/r/subnetworks/s`."""
    return path.rsplit("/", 2)[0]


def start(
    call: Call,
    operation_type: str,
    target: str,
    *,
    commit: list[dict[str, Any]],
    rollback: list[dict[str, Any]] | None = None,
    target_id: str = "",
    error: dict[str, Any] | None = None,
) -> Body:
    """Start an operation on the resource with key `target` and answer with it; one with an `error` ends in it."""
    scope = scope_of(target.removeprefix("compute/"))
    now = call.now
    name = unique(f"operation-{int(now * 1000)}")
    operation = Operation(
        key=f"compute/{scope}/operations/{name}",
        service="compute",
        scope=f"compute/{scope}/operations",
        method=operation_type,
        target=target,
        user=call.user,
        created=now,
        due=now + call.cloud.settings.pending("compute"),
        commit=commit,
        rollback=rollback or [],
        error=error,
        extra={"id": numeric_id(), "targetId": target_id, "requestId": call.query.get("requestId", "")},
    )
    call.operations.start(operation, call.method.id)
    if call.query.get("requestId"):
        call.operations.remember_request(str(call.query["requestId"]), operation.key)
    return show(call, operation)


def show(call: Call, operation: Operation) -> Body:
    """The operation as compute shows it."""
    now = call.now
    path = operation.key.removeprefix("compute/")
    scope = scope_of(path)
    body: Body = {
        "kind": "compute#operation",
        "id": operation.extra["id"],
        "name": operation.name,
        "operationType": operation.method,
        "targetLink": url(operation.target.removeprefix("compute/")),
        "targetId": operation.extra.get("targetId") or operation.extra["id"],
        "status": operation.status,
        "user": operation.user,
        "progress": 100 if operation.done else 0,
        "insertTime": compute_time(operation.created),
        "startTime": compute_time(operation.created),
        "selfLink": url(path),
    }
    if operation.extra.get("requestId"):
        body["clientOperationId"] = operation.extra["requestId"]
    for kind in ("regions", "zones"):
        if f"/{kind}/" in path:
            body[kind[:-1]] = url(scope)
    if operation.done:
        body["endTime"] = compute_time(operation.ended or now)
        if operation.error:
            code = str(operation.error["code"])
            body["error"] = {"errors": [{"code": code, "message": operation.error["message"]}]}
            body["httpErrorStatusCode"] = HTTP_STATUS.get(code, 400)
            body["httpErrorMessage"] = {404: "NOT FOUND", 403: "FORBIDDEN", 503: "SERVICE UNAVAILABLE"}.get(
                body["httpErrorStatusCode"], "BAD REQUEST"
            )
    return body


def _scope(call: Call) -> str:
    for kind in ("region", "zone"):
        if kind in call.path:
            return f"projects/{call.project}/{kind}s/{call.path[kind]}"
    return f"projects/{call.project}/global"


def _find(call: Call) -> Operation:
    path = f"{_scope(call)}/operations/{call.path['operation']}"
    found = call.operations.get(f"compute/{path}")
    if found is None:
        raise not_found(f"The resource '{path}' was not found")
    return found


METHODS = ("globalOperations", "regionOperations", "zoneOperations")


@serves(*(f"compute.{name}.get" for name in METHODS))
def get(call: Call) -> Body:
    """The operation now."""
    return show(call, _find(call))


@serves(*(f"compute.{name}.list" for name in METHODS))
def listing(call: Call) -> Body:
    """Operations of the scope, newest last."""
    scope = _scope(call)
    found = [show(call, item) for item in call.operations.of_scope(f"compute/{scope}/operations")]
    found = select(found, call.query.get("filter"))
    items, following = page(found, call.query.get("maxResults"), call.query.get("pageToken"))
    body: Body = {"kind": "compute#operationList", "id": f"{scope}/operations", "items": items}
    body["selfLink"] = url(f"{scope}/operations")
    return body | ({"nextPageToken": following} if following else {})


@serves("compute.globalOperations.aggregatedList")
def aggregated(call: Call) -> Body:
    """Every scope's operations in one answer."""
    found = call.operations.below(f"compute/projects/{call.project}/")
    return by_scope(call, "operation", "operations", [show(call, item) for item in found])


def by_scope(call: Call, singular: str, segment: str, found: list[Body]) -> Body:
    """One page of an aggregated list: of `found` what passes the filter, by region, zone or `global`."""
    found = select(found, call.query.get("filter"))
    items, following = page(found, call.query.get("maxResults"), call.query.get("pageToken"))
    scopes: dict[str, Body] = {}
    for item in items:
        scope = item["selfLink"].partition(f"/projects/{call.project}/")[2].rsplit("/", 2)[0]
        scopes.setdefault(scope, {}).setdefault(segment, []).append(item)
    path = f"projects/{call.project}/aggregated/{segment}"
    body: Body = {"kind": f"compute#{singular}AggregatedList", "id": path, "items": scopes, "selfLink": url(path)}
    return body | ({"nextPageToken": following} if following else {})


@serves(*(f"compute.{name}.delete" for name in METHODS))
def delete(call: Call) -> Body:
    """Forget a finished operation."""
    operation = _find(call)
    if not operation.done:
        raise ApiError(400, f"The operation '{operation.name}' is still running.", reason="resourceInUse")
    call.store.connection.execute("DELETE FROM operations WHERE key = ?", (operation.key,))
    return {}


@serves(*(f"compute.{name}.wait" for name in METHODS))
def wait(call: Call) -> Any:
    """Hold the request until the operation is done or two minutes passed, as compute does."""
    return _wait(call, _find(call))


async def _wait(call: Call, operation: Operation) -> Body:
    deadline = call.now + call.cloud.settings.wait_seconds
    while not operation.done and call.now < deadline:
        await asyncio.sleep(max(0.01, min(operation.due or deadline, deadline) - call.now))
        with call.store.transaction():
            call.operations.settle()
        operation = call.operations.get(operation.key) or operation
    return show(call, operation)
