"""Long-running operations: really pending for a while, sometimes failing, resumed after a restart.

An operation carries what happens when it succeeds (`commit`) and when it fails (`rollback`) as data, so that a
server started again finishes what the killed one had begun. One with `due` ends by the clock, one without ends when
its worker says so.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from testbed.cloud.core.state.store import Resource, Store


@dataclass
class Operation:
    """The record of one operation; times are Unix seconds, `target` is the key of the resource."""

    key: str
    service: str
    scope: str
    method: str
    target: str
    user: str
    created: float
    due: float | None
    done: bool = False
    ended: float | None = None
    error: dict[str, Any] | None = None
    commit: list[dict[str, Any]] = field(default_factory=list)
    rollback: list[dict[str, Any]] = field(default_factory=list)
    # What the operation answers with (google.longrunning) and what its worker must do.
    response: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last segment of the key."""
        return self.key.rpartition("/")[2]

    @property
    def status(self) -> str:
        """RUNNING from the answer that starts it, then DONE."""
        return "DONE" if self.done else "RUNNING"


def put(resource: Resource, references: set[str] | None = None) -> dict[str, Any]:
    """The effect of writing a resource."""
    return {
        "do": "put",
        "key": resource.key,
        "kind": resource.kind,
        "body": resource.body,
        "meta": resource.meta,
        "references": sorted(references) if references is not None else None,
    }


def drop(key: str) -> dict[str, Any]:
    """The effect of deleting a resource."""
    return {"do": "drop", "key": key}


@dataclass
class PlannedFailure:
    """An operation failure to come: the `at`-th operation whose API method id matches `method`."""

    method: str
    at: int
    code: str
    message: str
    seen: int = 0


class Operations:
    """All operations of the cloud; `clock` gives Unix seconds."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self.store = store
        self.clock = clock
        self.failures: list[PlannedFailure] = []

    def start(self, operation: Operation, api_method: str, lock: bool = True) -> Operation:
        """Record a new operation; its target is locked (`meta.pending`) until it ends, unless `lock` is off."""
        failure = self._failure(api_method)
        if failure:
            operation.error = {"code": failure.code, "message": failure.message}
        self._write(operation)
        if lock:
            self._mark(operation.target, operation.key)
        return operation

    def _failure(self, api_method: str) -> PlannedFailure | None:
        for failure in self.failures:
            if failure.method in (api_method, "*"):
                failure.seen += 1
                if failure.seen == failure.at:
                    return failure
        return None

    def get(self, key: str) -> Operation | None:
        """The operation of this key."""
        row = self.store.connection.execute("SELECT record FROM operations WHERE key = ?", (key,)).fetchone()
        return Operation(**json.loads(row[0])) if row else None

    def of_scope(self, scope: str) -> list[Operation]:
        """The operations of one scope, oldest first."""
        rows = self.store.connection.execute("SELECT record FROM operations WHERE scope = ? ORDER BY rowid", (scope,))
        return [Operation(**json.loads(row[0])) for row in rows]

    def below(self, prefix: str) -> list[Operation]:
        """The operations of all scopes that begin with `prefix`, oldest first."""
        rows = self.store.connection.execute(
            "SELECT record FROM operations WHERE substr(scope, 1, ?) = ? ORDER BY rowid", (len(prefix), prefix)
        )
        return [Operation(**json.loads(row[0])) for row in rows]

    def unfinished(self, service: str | None = None) -> list[Operation]:
        """Operations that have not ended, oldest first."""
        rows = self.store.connection.execute("SELECT record FROM operations WHERE done = 0 ORDER BY rowid")
        found = [Operation(**json.loads(row[0])) for row in rows]
        return [operation for operation in found if service in (None, operation.service)]

    def settle(self) -> None:
        """End every operation whose time has come."""
        now = self.clock()
        rows = self.store.connection.execute(
            "SELECT record FROM operations WHERE done = 0 AND due IS NOT NULL AND due <= ? ORDER BY due", (now,)
        ).fetchall()
        for row in rows:
            self.finish(Operation(**json.loads(row[0])))

    def finish(self, operation: Operation, error: dict[str, Any] | None = None) -> None:
        """End an operation now: commit, or roll back when it has an error."""
        operation.error = error or operation.error
        operation.done = True
        operation.ended = self.clock() if operation.due is None else operation.due
        self._mark(operation.target, None)
        self._apply(operation.rollback if operation.error else operation.commit)
        self._write(operation)

    def pending_on(self, key: str) -> Operation | None:
        """The unfinished operation that locks a resource."""
        resource = self.store.get(key)
        pending = resource.meta.get("pending") if resource else None
        return self.get(str(pending)) if pending else None

    def _apply(self, effects: Sequence[dict[str, Any]]) -> None:
        for effect in effects:
            if effect["do"] == "drop":
                self.store.delete(effect["key"])
            else:
                references = effect["references"]
                self.store.put(
                    Resource(effect["key"], effect["kind"], effect["body"], effect["meta"]),
                    set(references) if references is not None else None,
                )

    def _mark(self, key: str, operation: str | None) -> None:
        resource = self.store.get(key)
        if resource is None:
            return
        resource.meta.pop("pending", None)
        if operation:
            resource.meta["pending"] = operation
        self.store.put(resource)

    def _write(self, operation: Operation) -> None:
        self.store.connection.execute(
            "INSERT OR REPLACE INTO operations VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                operation.key,
                operation.service,
                operation.scope,
                operation.target,
                int(operation.done),
                operation.due,
                json.dumps(asdict(operation)),
            ),
        )

    def save(self, operation: Operation) -> None:
        """Write an operation whose `extra` has changed."""
        self._write(operation)

    def remember_request(self, request_id: str, operation: str) -> None:
        """Which operation a client's requestId stands for."""
        self.store.connection.execute("INSERT OR REPLACE INTO requests VALUES (?, ?)", (request_id, operation))

    def by_request(self, request_id: str) -> Operation | None:
        """The operation that a requestId started."""
        row = self.store.connection.execute("SELECT operation FROM requests WHERE id = ?", (request_id,)).fetchone()
        return self.get(str(row[0])) if row else None


def unique(prefix: str) -> str:
    """An operation name that no other has."""
    return f"{prefix}-{secrets.token_hex(8)}"
