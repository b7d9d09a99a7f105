# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reconcile one resource: request, wait, read again, plan again, until nothing differs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import (
    ApiError,
    BrokenError,
    OperationError,
    RateError,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.operations import Deadline, Operations
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.live import Reader
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import Request, ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

Live = dict[str, Any]
Replan = Callable[["Live | None"], ResourceChange]
_TRANSIENT = ("PROVISIONING", "STAGING", "STOPPING")


def unsettled(resource: Resource, live: Live | None) -> bool:
    """Whether a resource is half made or half gone, so that work has to wait even where nothing differs."""
    return live is not None and str(live.get("status")) in resource.kind.pending and live["status"] in _TRANSIENT


class Reconciler:
    """Reconciles resources with one client, those with the same ``serial`` one after the other.

    ``timeout`` in seconds is for one resource; ``warnings`` are for the task's result.
    """

    def __init__(self, client: CloudClient, reader: Reader, operations: Operations, timeout: float) -> None:
        self._client = client
        self._reader = reader
        self._operations = operations
        self._timeout = timeout
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self.warnings: list[str] = []

    def reconcile(self, resource: Resource, live: Live | None, replan: Replan, fresh: bool = True) -> Live | None:
        """Make the resource what ``replan`` says of its live state, and return what is live in the end.

        ``fresh`` False: read first, for another's work may have changed it. DeadlineError when ``timeout`` passes,
        PlatformError when the plan is blocked or Google refuses; RateError, BrokenError, a stale fingerprint and a
        busy resource are met by reading and planning again.
        """
        with self._lock(resource):
            return self._reconcile(resource, live, replan, fresh)

    def _reconcile(self, resource: Resource, live: Live | None, replan: Replan, fresh: bool) -> Live | None:
        deadline = Deadline(self._timeout)
        attempt = 0
        sent: list[Request] = []
        while True:
            try:
                if not fresh:
                    live, fresh = self._reader.read_one(resource), True
                live = self._steady(resource, live, deadline)
                change = replan(live)
                if change.action == "none":
                    return live
                if change.action == "blocked":
                    raise PlatformError(f"{resource.key}: {change.why}")
                request = change.requests[0]
                if request in sent:
                    self.warnings.append(f"{resource.key}: {', '.join(request.fields)} still differ after the change")
                    return live
                answer = self._client.change(
                    resource.kind.service, request.method, request.path, request.query, request.body
                )
                self._operations.wait(resource, answer, deadline)
                sent.append(request)
                fresh = False
            except PlatformError as error:
                attempt += 1
                if attempt >= self._client.retry.attempts or not _recoverable(error, live):
                    raise
                wait = self._client.retry.delay(attempt, getattr(error, "retry_after", None))
                deadline.pause(wait, resource.key, error.message)
                self._operations.settle(resource, deadline)
                # What failed may need the same requests again, the removal of what is half made first.
                sent.clear()
                fresh = False

    def _steady(self, resource: Resource, live: Live | None, deadline: Deadline) -> Live | None:
        """Wait until the resource is neither being made, changed nor deleted."""
        pause = 0.5
        while live is not None and str(live.get("status")) in resource.kind.pending:
            if not self._operations.settle(resource, deadline):
                deadline.pause(pause, resource.key, str(live["status"]))
                pause = min(pause * 1.5, 10.0)
            live = self._reader.read_one(resource)
        return live

    def _lock(self, resource: Resource) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(resource.serial or resource.key, threading.Lock())


def _recoverable(error: PlatformError, live: Live | None) -> bool:
    """Whether reading and planning again may get further."""
    if isinstance(error, RateError | BrokenError):
        return True
    if isinstance(error, OperationError):
        return error.passing
    if isinstance(error, ApiError):
        return error.exists or error.stale or error.busy or (error.missing and live is not None)
    return False
