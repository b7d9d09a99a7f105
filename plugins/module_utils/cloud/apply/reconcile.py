# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bring one resource to its wish: request, wait, read again, plan again, until nothing differs."""

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
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.operations import Deadline, Waiter
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.live import Reader
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import Operation, Step
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

Live = dict[str, Any]
Replan = Callable[["Live | None"], Operation]
_BORN = ("PROVISIONING", "STAGING", "STOPPING")


def unsettled(resource: Resource, live: Live | None) -> bool:
    """Whether a resource is half made or half gone, so that even a wish that it meets has to wait."""
    return live is not None and str(live.get("status")) in resource.kind.pending and live["status"] in _BORN


class Converger:
    """Works on resources with one client; what shares a turn (``serial``) is done one after the other."""

    def __init__(self, client: CloudClient, reader: Reader, waiter: Waiter, timeout: float) -> None:
        self._client = client
        self._reader = reader
        self._waiter = waiter
        self._timeout = timeout
        self._turns: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self.warnings: list[str] = []

    def converge(self, resource: Resource, live: Live | None, replan: Replan, fresh: bool = True) -> Live | None:
        """What is live in the end. ``fresh`` False: read first, for another's work may have changed it."""
        with self._turn(resource):
            return self._converge(resource, live, replan, fresh)

    def _converge(self, resource: Resource, live: Live | None, replan: Replan, fresh: bool) -> Live | None:
        deadline = Deadline(self._timeout)
        attempt = 0
        sent: list[Step] = []
        while True:
            try:
                if not fresh:
                    live, fresh = self._reader.read_one(resource), True
                live = self._steady(resource, live, deadline)
                operation = replan(live)
                if operation.action == "none":
                    return live
                if operation.action == "blocked":
                    raise PlatformError(f"{resource.key}: {operation.why}")
                step = operation.steps[0]
                if step in sent:
                    self.warnings.append(f"{resource.key}: {', '.join(step.fields)} still differ after the change")
                    return live
                answer = self._client.change(resource.kind.service, step.method, step.path, step.query, step.body)
                self._waiter.wait(resource, answer, deadline)
                sent.append(step)
                fresh = False
            except PlatformError as error:
                attempt += 1
                if attempt >= self._client.retry.attempts or not _recoverable(error, live):
                    raise
                wait = self._client.retry.delay(attempt, getattr(error, "retry_after", None))
                deadline.pause(wait, resource.key, error.message)
                self._waiter.settle(resource, deadline)
                # What failed may need the same requests again, the removal of what is half made first.
                sent.clear()
                fresh = False

    def _steady(self, resource: Resource, live: Live | None, deadline: Deadline) -> Live | None:
        """Wait until the resource is neither being made, changed nor deleted."""
        pause = 0.5
        while live is not None and str(live.get("status")) in resource.kind.pending:
            if not self._waiter.settle(resource, deadline):
                deadline.pause(pause, resource.key, str(live["status"]))
                pause = min(pause * 1.5, 10.0)
            live = self._reader.read_one(resource)
        return live

    def _turn(self, resource: Resource) -> threading.Lock:
        with self._guard:
            return self._turns.setdefault(resource.serial or resource.key, threading.Lock())


def _recoverable(error: PlatformError, live: Live | None) -> bool:
    """Whether reading and planning again may get further."""
    if isinstance(error, RateError | BrokenError):
        return True
    if isinstance(error, OperationError):
        return error.passing
    if isinstance(error, ApiError):
        return error.exists or error.stale or error.busy or (error.missing and live is not None)
    return False
