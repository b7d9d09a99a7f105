"""The threads in which clusters really start, change and stop; picked up again when the server restarts."""

from __future__ import annotations

import asyncio
import base64
import copy
import logging
from typing import Any

from testbed.cloud.backend import Backend, ClusterEndpoint, ClusterRequest
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.state.operations import Operation, drop, put
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.container import state
from testbed.cloud.services.container.rules import endpoints, ranges

log = logging.getLogger(__name__)


class ClusterWorker:
    """Runs the operations that have no due time."""

    def __init__(self, cloud: Cloud, backend: Backend) -> None:
        self.cloud = cloud
        self.backend = backend
        self.tasks: dict[str, asyncio.Task[None]] = {}
        cloud.workers["container"] = self

    def resume(self) -> None:
        """Go on with what a killed server left."""
        for operation in self.cloud.operations.unfinished("container"):
            if operation.due is None:
                self.launch(operation)

    def launch(self, operation: Operation) -> None:
        """Work on an operation in a thread; a second launch of the same one does nothing."""
        if operation.key not in self.tasks:
            self.tasks[operation.key] = asyncio.get_running_loop().create_task(self._run(operation))

    async def stop(self) -> None:
        """Let go: a backend call under way goes on in its thread and is found again by `resume`."""
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def _run(self, operation: Operation) -> None:
        error: dict[str, Any] | None = operation.error
        endpoint: ClusterEndpoint | None = None
        try:
            if error:
                await asyncio.sleep(self.cloud.settings.pending("container"))
            elif operation.method == "CREATE_CLUSTER":
                request = ClusterRequest(**operation.extra["request"])
                endpoint = await asyncio.to_thread(self.backend.create, request)
            elif operation.method == "DELETE_CLUSTER":
                await asyncio.to_thread(self.backend.delete, operation.extra["request"]["name"])
            else:
                wanted = operation.extra["request"]
                await asyncio.to_thread(self.backend.configure, wanted["name"], wanted["secret_manager"])
        except Exception as problem:
            # Whatever the backend raised is this operation's result; the server goes on.
            log.exception("operation %s", operation.name)
            error = {"code": "INTERNAL_ERROR", "message": str(problem) or type(problem).__name__}
        with self.cloud.store.transaction():
            if operation.method in ("CREATE_CLUSTER", "DELETE_CLUSTER"):
                self._effects(operation, error, endpoint)
            self.cloud.operations.finish(operation, error)
        self.tasks.pop(operation.key, None)

    def _effects(self, operation: Operation, error: dict[str, Any] | None, endpoint: ClusterEndpoint | None) -> None:
        cluster = self.cloud.store.get(operation.target)
        operation.commit, operation.rollback = [], []
        if cluster is not None:
            found = self.cloud.store.children(f"{cluster.key}/nodePools")
            if error:
                message = str(error["message"])
                operation.rollback = [put(state.with_status(item, "ERROR", message)) for item in [*found, cluster]]
            elif endpoint is not None:
                operation.commit = [put(state.with_status(item, "RUNNING")) for item in found]
                address = str(operation.extra["request"].get("private_address") or endpoint.endpoint)
                operation.commit.append(put(_running(cluster, endpoint, address)))
            else:
                operation.commit = [drop(item.key) for item in [*found, cluster]]
                subnetwork = self.cloud.store.get(ranges.key_of(cluster.body))
                left = ranges.without(subnetwork, cluster) if subnetwork else None
                operation.commit += [put(left)] if left else []


def _running(cluster: Resource, endpoint: ClusterEndpoint, address: str) -> Resource:
    """The cluster with what its control plane answers to, and where that really is."""
    body = copy.deepcopy(cluster.body)
    endpoints.addressed(body, address)
    certificate = base64.b64encode(endpoint.ca_certificate.encode()).decode()
    body["masterAuth"] = {**body.get("masterAuth", {}), "clusterCaCertificate": certificate}
    meta = {**cluster.meta, "backend": endpoint.endpoint}
    return state.with_status(Resource(cluster.key, cluster.kind, body, meta), "RUNNING")
