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
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.propagation import (
    Awaited,
    Limits,
    NotThereYetError,
    awaited,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import without_any
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import Request, ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.diff import masked
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError, PlatformError

Live = dict[str, Any]
Replan = Callable[["Live | None"], ResourceChange]
_TRANSIENT = ("PROVISIONING", "STAGING", "STOPPING")
# What every change gives another value, so that the same request is not told by it.
_STAMPS = ("fingerprint", "labelFingerprint", "etag", "resourceVersion")


def unsettled(resource: Resource, live: Live | None) -> bool:
    """Whether a resource is half made or half gone, so that work has to wait even where nothing differs."""
    return live is not None and str(live.get("status")) in resource.kind.pending and live["status"] in _TRANSIENT


class Reconciler:
    """Reconciles resources with one client, those with the same ``serial`` one after the other.

    ``timeout`` in seconds is for one resource; ``limits`` bound what is waited for within it. For the task's result:
    ``warnings``, ``waits`` (what was waited for, and how long), and ``unaffected``, the keys of resources that no
    request changed.
    """

    def __init__(
        self, client: CloudClient, reader: Reader, operations: Operations, timeout: float, limits: Limits | None = None
    ) -> None:
        self._client = client
        self._reader = reader
        self._operations = operations
        self._timeout = timeout
        self._limits = limits or Limits()
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._granted = False
        self.warnings: list[str] = []
        self.waits: list[str] = []
        self.unaffected: set[str] = set()

    def reconcile(self, resource: Resource, live: Live | None, replan: Replan, fresh: bool = True) -> Live | None:
        """Make the resource what ``replan`` says of its live state, and return what is live in the end.

        ``fresh`` False: read first, for another's work may have changed it. DeadlineError when ``timeout`` passes or
        what Google is late with does not come; PlatformError when the plan is blocked or Google refuses. RateError,
        BrokenError, a stale fingerprint and a busy resource are met by reading and planning again.
        """
        with self._lock(resource):
            work = _Work(resource, Deadline(self._timeout))
            try:
                return self._reconcile(work, live, replan, fresh)
            finally:
                self.waits += work.report()

    def _reconcile(self, work: _Work, live: Live | None, replan: Replan, fresh: bool) -> Live | None:
        resource = work.resource
        while True:
            try:
                if not fresh:
                    live, fresh = self._reader.read_one(resource), True
                    if live is None and work.created:
                        raise NotThereYetError("what was just created to be there")
                live = self._steady(resource, live, work.deadline)
                change = replan(live)
                if change.action == "none":
                    return live
                if change.action == "blocked":
                    raise PlatformError(f"{resource.key}: {change.why}")
                request = work.next(change)
                if request is None:
                    self._left_as_it_was(work, change)
                    return live
                self._send(work, change, request, live)
                fresh = False
            except PlatformError as error:
                self._wait(work, error, live)
                self._operations.settle(resource, work.deadline)
                # What failed may need the same requests again, the removal of what is half made first.
                work.sent.clear()
                fresh = False

    def _send(self, work: _Work, change: ResourceChange, request: Request, live: Live | None) -> None:
        resource = work.resource
        if live is None and resource.kind.planner == "policy":
            # Sent without what is in it, it would take every other member's roles away.
            raise NotThereYetError("the policy to be there")
        answer = self._client.change(resource.kind.service, request.method, request.path, request.query, request.body)
        self._operations.wait(resource, answer, work.deadline)
        work.sent.append(_without_stamps(request))
        work.created = work.created or (change.action in ("create", "replace") and request.method != "DELETE")
        self._granted = self._granted or resource.kind.planner == "policy"

    def _left_as_it_was(self, work: _Work, change: ResourceChange) -> None:
        """Warn of the fields that still differ; where all of them are as before, nothing was changed."""
        resource = work.resource
        for diff in (masked(resource.kind, diff) for diff in change.diffs):
            self.warnings.append(
                f"{resource.key}: {diff.path} still differs after the change: Google keeps {diff.before!r}, "
                f"declared is {diff.after!r}"
            )
        if work.first is not None and change.action == "update" and change.diffs == work.first.diffs:
            self.unaffected.add(resource.key)

    def _wait(self, work: _Work, error: PlatformError, live: Live | None) -> None:
        """Sleep before another try; raise the error when none is worth it."""
        resource = work.resource
        late = awaited(error, self._granted, lambda: self._enabled(resource), self._limits)
        if late is None and not _recoverable(error, live):
            if isinstance(error, ApiError) and error.disabled:
                domain = resource.kind.domain
                raise PlatformError(f"{error.message}; enable it with kind services, serviceIds: [{domain}]") from error
            raise error
        attempt = work.attempts[late] = work.attempts.get(late, 0) + 1
        delay = self._client.retry.delay(attempt, getattr(error, "retry_after", None))
        if late is None:
            if attempt >= self._client.retry.attempts:
                raise error
            work.deadline.pause(delay, resource.key, error.message)
            return
        begun = work.begun.setdefault(late, work.deadline.elapsed())
        if work.deadline.elapsed() + delay - begun > late.limit:
            raise DeadlineError(f"{resource.key}: waited {late.limit:g} s for {late.what}: {error.message}") from error
        work.deadline.pause(delay, f"{resource.key}: waiting for {late.what}", error.message)
        work.waited[late] = work.deadline.elapsed() - begun

    def _enabled(self, resource: Resource) -> bool:
        path = f"v1/projects/{resource.project}/services/{resource.kind.domain}"
        try:
            return self._client.read("serviceusage", path).get("state") == "ENABLED"
        except PlatformError:
            return False

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


class _Work:
    """How far the work on one resource has come."""

    def __init__(self, resource: Resource, deadline: Deadline) -> None:
        self.resource = resource
        self.deadline = deadline
        self.attempts: dict[Awaited | None, int] = {}
        self.created = False
        self.first: ResourceChange | None = None
        self.sent: list[Request] = []
        self.begun: dict[Awaited, float] = {}
        self.waited: dict[Awaited, float] = {}

    def next(self, change: ResourceChange) -> Request | None:
        """The first request that was not sent yet."""
        self.first = self.first or change
        return next((request for request in change.requests if _without_stamps(request) not in self.sent), None)

    def report(self) -> list[str]:
        """A sentence for each thing that took a second and more to come."""
        return [f"{self.resource.key}: {s:.0f} s for {late.what}" for late, s in self.waited.items() if s >= 1]


def _without_stamps(request: Request) -> Request:
    return Request(request.method, request.path, without_any(request.body, _STAMPS), request.query, request.fields)


def _recoverable(error: PlatformError, live: Live | None) -> bool:
    """Whether reading and planning again may get further."""
    if isinstance(error, RateError | BrokenError):
        return True
    if isinstance(error, OperationError):
        return error.passing
    if isinstance(error, ApiError):
        return error.exists or error.stale or (error.missing and live is not None)
    return False
