"""GKE operations, one at a time a cluster."""

from __future__ import annotations

from typing import Any

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.lateness import effective
from testbed.cloud.core.protocol.errors import failed_precondition, not_found
from testbed.cloud.core.protocol.values import project_number, utc_time
from testbed.cloud.core.state.operations import Operation, unique
from testbed.cloud.services.container import state
from testbed.cloud.services.container.paths import BASE, cluster_key, location_of, shown

# google.rpc.Code: INTERNAL
INTERNAL = 13
# After these a cluster reconciles for a while, and takes no other change: see core/lateness.py.
SETTLING = frozenset({"CREATE_NODE_POOL", "DELETE_NODE_POOL"})


def refuse_busy(call: Call, key: str) -> None:
    """400 FAILED_PRECONDITION while an operation runs on the cluster: GKE does one at a time."""
    cluster = cluster_key(key)
    running = state.working(call, cluster)
    if running:
        raise failed_precondition(
            f"Cluster is running incompatible operation {running}.",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "CLUSTER_ALREADY_HAS_OPERATION",
                    "domain": "container.googleapis.com",
                    "metadata": {"operation": running},
                }
            ],
        )


def start(
    call: Call,
    operation_type: str,
    target: str,
    *,
    commit: list[dict[str, Any]],
    rollback: list[dict[str, Any]] | None = None,
    worker: bool = False,
) -> Operation:
    """Start an operation on a cluster or node pool; it locks the cluster. With `worker` it ends when that says so."""
    location = location_of(target.removeprefix("container/"))
    now = call.now
    name = unique(f"operation-{int(now * 1000)}")
    due = None if worker else now + call.cloud.settings.pending("container")
    if operation_type in SETTLING and due is not None:
        state.settle(call, cluster_key(target), name, effective(call.cloud, "settling", due))
    operation = Operation(
        key=f"container/{location}/operations/{name}",
        service="container",
        scope=f"container/{location}/operations",
        method=operation_type,
        target=cluster_key(target),
        user=call.user,
        created=now,
        due=due,
        commit=commit,
        rollback=rollback or [],
        extra={"target": target},
    )
    return call.operations.start(operation, call.method.id)


def launch(call: Call, operation: Operation, request: Body) -> Body:
    """Hand an operation to the worker, with what the backend is asked for; answers with it."""
    operation.extra["request"] = request
    call.operations.save(operation)
    call.cloud.workers["container"].launch(operation)
    return show(call, operation)


def _link(path: str) -> str:
    """A link of an operation: with the project's number."""
    parts = shown(path).split("/")
    parts[1] = project_number(parts[1])
    return BASE + "/".join(parts)


def show(call: Call, operation: Operation) -> Body:
    """The operation as GKE shows it."""
    path = operation.key.removeprefix("container/")
    location = path.split("/")[3]
    target = str(operation.extra.get("target") or operation.target).removeprefix("container/")
    body: Body = {
        "name": operation.name,
        "zone": location,
        "operationType": operation.method,
        "status": operation.status,
        "selfLink": _link(path),
        "targetLink": _link(target),
        "startTime": utc_time(operation.created),
    }
    if operation.done:
        body["endTime"] = utc_time(operation.ended or call.now)
        if operation.error:
            body["statusMessage"] = operation.error["message"]
            body["error"] = {"code": INTERNAL, "message": operation.error["message"]}
    return body


def _name(call: Call) -> str:
    if "name" in call.path:
        return call.path["name"]
    return f"projects/{call.path['projectId']}/locations/{call.path['zone']}/operations/{call.path['operationId']}"


@serves("container.projects.locations.operations.get", "container.projects.zones.operations.get")
def get(call: Call) -> Body:
    """The operation now."""
    name = _name(call)
    found = call.operations.get(f"container/{name}")
    if found is None:
        raise not_found(f"Not found: {name}.")
    return show(call, found)


@serves("container.projects.locations.operations.list", "container.projects.zones.operations.list")
def listing(call: Call) -> Body:
    """The operations of a location, or of all (`-`)."""
    parent = call.path.get("parent") or f"projects/{call.path['projectId']}/locations/{call.path['zone']}"
    if parent.endswith("/-"):
        prefix = f"container/{parent.removesuffix('-')}"
        rows = call.store.connection.execute(
            "SELECT DISTINCT scope FROM operations WHERE substr(scope, 1, ?) = ?", (len(prefix), prefix)
        )
        scopes = sorted(str(row[0]) for row in rows)
    else:
        scopes = [f"container/{parent}/operations"]
    return {"operations": [show(call, item) for scope in scopes for item in call.operations.of_scope(scope)]}


@serves("container.projects.locations.operations.cancel", "container.projects.zones.operations.cancel")
def cancel(call: Call) -> Body:
    """Cancelling is refused: what runs here can't be taken back half-way."""
    get(call)
    raise failed_precondition("The operation can not be cancelled in its current state.")
