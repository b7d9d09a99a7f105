# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Operations: waited for, with a deadline, and found again when an earlier run gave up or died."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import (
    ApiError,
    BrokenError,
    OperationError,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import canonical_link
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError


class Deadline:
    """A moment in time that a resource's work must not pass; ``seconds`` from now."""

    def __init__(
        self, seconds: float, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._end = clock() + seconds

    def elapsed(self) -> float:
        """Seconds since the work began."""
        return self._clock() - self._end + self.seconds

    def pause(self, seconds: float, what: str, last: str) -> None:
        """Sleep, or raise DeadlineError when the deadline would pass."""
        if self._clock() + seconds > self._end:
            raise DeadlineError(
                f"{what}: not finished after {self.seconds:g} s, last seen as {last}; "
                "run again: the next run finds it and waits for it"
            )
        self._sleep(seconds)


class Operations:
    """Waits for operations of all flavours (``Kind.flavour``).

    Polls after ``first`` seconds, then at intervals that grow up to ``most``. DeadlineError when the caller's deadline
    would pass, naming the operation and its last status; the operation itself goes on, and a later run finds it.
    """

    def __init__(self, client: CloudClient, first: float = 0.2, most: float = 10.0) -> None:
        self._client = client
        self._first = first
        self._most = most

    def wait(self, resource: Resource, answer: dict[str, Any], deadline: Deadline) -> None:
        """Return when the operation in an answer has ended well; OperationError when it has not."""
        pause = self._first
        while not _done(resource, answer):
            name = str(answer.get("name") or answer.get("id"))
            last = str(answer.get("status") or "RUNNING")
            deadline.pause(pause, f"{resource.key}: operation {name}", last)
            pause = min(pause * 1.5, self._most)
            try:
                answer = self._client.read(resource.kind.service, _operation_path(resource, answer))
            except ApiError as gone:
                if not gone.missing:
                    raise
                raise BrokenError(f"{resource.key}: operation {name} cannot be found") from None
        error = answer.get("error")
        if not error and resource.kind.flavour == "container" and "operationType" in answer:
            # The older form of an error.
            error = {"message": answer["statusMessage"]} if answer.get("statusMessage") else None
        if error:
            raise OperationError(f"{resource.key}: {answer.get('operationType') or 'the operation'}", error)

    def settle_deletions(self, resources: list[Resource], deadline: Deadline) -> None:
        """Wait for deletions that an earlier run began: a LIST shows what is being deleted as if it stayed.

        Compute's only, with one request a project: Kubernetes Engine shows it by a status, most others delete at once,
        and Artifact Registry lists no operations.
        """
        ours = [resource for resource in resources if resource.kind.flavour == "compute"]
        for project, example in {resource.project: resource for resource in ours}.items():
            for operation in self._deletions(example):
                for resource in ours:
                    if resource.project == project and _concerns(operation, {_target(resource.path)}, resource):
                        self._end(resource, operation, deadline)

    def _deletions(self, example: Resource) -> list[dict[str, Any]]:
        parts = example.item.split("/")
        place = "/".join([*parts[: parts.index("projects") + 2], "aggregated", "operations"])
        query = {"filter": '(status != "DONE") AND (operationType = "delete")'}
        try:
            return self._client.aggregated(example.kind.service, place, "operations", query)
        except ApiError as error:
            if error.missing or error.status == 403:
                return []
            raise

    def _end(self, resource: Resource, operation: dict[str, Any], deadline: Deadline) -> None:
        try:
            self.wait(resource, operation, deadline)
        except (OperationError, BrokenError):
            # Not ours to report: what came of it is read next.
            return

    def pending(self, resource: Resource) -> list[dict[str, Any]]:
        """Operations that have not ended on the resource, or on what shares its ``serial``."""
        if resource.kind.flavour not in ("compute", "container"):
            return []
        query = {"filter": "status != DONE"} if resource.kind.flavour == "compute" else {}
        try:
            found = self._client.pages(
                resource.kind.service,
                _operations(resource),
                "items" if resource.kind.flavour == "compute" else "operations",
                query,
            )
        except ApiError as error:
            # An account that may not list operations can work on its resources all the same.
            if error.missing or error.status == 403:
                return []
            raise
        targets = {_target(resource.path)}
        if resource.serial:
            targets.add(_target(resource.serial.split("/", 1)[1]))
        return [op for op in found if op.get("status") != "DONE" and _concerns(op, targets, resource)]

    def settle(self, resource: Resource, deadline: Deadline) -> bool:
        """Wait for everything that is pending on the resource; whether there was anything. Failures are not ours."""
        operations = self.pending(resource)
        for operation in operations:
            self._end(resource, operation, deadline)
        return bool(operations)


def _done(resource: Resource, answer: dict[str, Any]) -> bool:
    flavour = resource.kind.flavour
    if flavour in ("compute", "container"):
        known = "operationType" in answer or str(answer.get("kind")).endswith("#operation")
        return answer.get("status", "DONE") == "DONE" or not known
    if flavour == "longrunning":
        # A change may also be answered with the resource itself: then there is nothing to wait for.
        return bool(answer.get("done", "/operations/" not in f"/{answer.get('name', '')}"))
    return flavour == "none" or answer.get("status") != "pending"


def _operation_path(resource: Resource, answer: dict[str, Any]) -> str:
    if resource.kind.flavour == "longrunning":
        return f"{resource.collection.split('/', 1)[0]}/{answer['name']}"
    if resource.kind.flavour == "dns":
        return f"{resource.item}/operations/{answer['id']}"
    return f"{_operations(resource)}/{answer['name']}"


def _operations(resource: Resource) -> str:
    parts = resource.item.split("/")
    end = parts.index("projects") + (3 if "global" in parts else 4)
    return "/".join([*parts[:end], "operations"])


def _target(path: str) -> str:
    # Kubernetes Engine names projects by number and zonal locations as zones.
    parts = path.split("/")
    return "/".join(parts[parts.index("projects") + 2 :]).replace("zones/", "locations/", 1)


def _concerns(operation: dict[str, Any], targets: set[str], resource: Resource) -> bool:
    link = canonical_link(str(operation.get("targetLink", "")), resource.project)
    if "projects/" not in link:
        return False
    target = _target(link)
    # One operation a cluster at a time: those on its pools hold it too.
    return any(target == ours or target.startswith(f"{ours}/nodePools/") for ours in targets)
