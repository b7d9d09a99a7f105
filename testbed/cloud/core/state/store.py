"""State on disk: one SQLite file, one transaction a request, so that a kill at any moment loses no answered request.

A resource's key is its service and its path, `compute/projects/p/global/networks/n`; its collection is the key
without the last segment. `refs` holds who points at whom, so that a resource in use can't be deleted.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
  key TEXT PRIMARY KEY, collection TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, meta TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_collection ON resources (collection);
CREATE INDEX IF NOT EXISTS by_kind ON resources (kind);
CREATE TABLE IF NOT EXISTS refs (source TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY (source, target));
CREATE INDEX IF NOT EXISTS by_target ON refs (target);
CREATE TABLE IF NOT EXISTS operations (
  key TEXT PRIMARY KEY, service TEXT NOT NULL, scope TEXT NOT NULL, target TEXT NOT NULL,
  done INTEGER NOT NULL, due REAL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_scope ON operations (scope);
CREATE INDEX IF NOT EXISTS by_due ON operations (done, due);
CREATE TABLE IF NOT EXISTS requests (id TEXT PRIMARY KEY, operation TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass
class Resource:
    """A stored resource: `body` is what Google shows, `meta` what only the server knows."""

    key: str
    kind: str
    body: dict[str, Any]
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The key without its service: `projects/p/global/networks/n`."""
        return self.key.partition("/")[2]

    @property
    def name(self) -> str:
        """The last segment of the key."""
        return self.key.rpartition("/")[2]


class Store:
    """Resources and their references; `path` is a file or `:memory:`."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.connection = sqlite3.connect(str(path) if path else ":memory:", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file; everything answered is already in it."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: an exception inside leaves the state as it was."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def get(self, key: str) -> Resource | None:
        """The resource of this key."""
        row = self.connection.execute("SELECT key, kind, body, meta FROM resources WHERE key = ?", (key,)).fetchone()
        return _resource(row) if row else None

    def put(self, resource: Resource, references: set[str] | None = None) -> None:
        """Write a resource; `references` replaces the keys that it points at, None leaves them."""
        self.connection.execute(
            "INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?)",
            (
                resource.key,
                resource.key.rpartition("/")[0],
                resource.kind,
                json.dumps(resource.body),
                json.dumps(resource.meta),
            ),
        )
        if references is not None:
            self.connection.execute("DELETE FROM refs WHERE source = ?", (resource.key,))
            self.connection.executemany(
                "INSERT OR IGNORE INTO refs VALUES (?, ?)", [(resource.key, target) for target in references]
            )

    def delete(self, key: str) -> None:
        """Forget a resource and what it points at."""
        self.connection.execute("DELETE FROM resources WHERE key = ?", (key,))
        self.connection.execute("DELETE FROM refs WHERE source = ?", (key,))

    def children(self, collection: str) -> list[Resource]:
        """The resources of one collection, by key."""
        rows = self.connection.execute(
            "SELECT key, kind, body, meta FROM resources WHERE collection = ? ORDER BY key", (collection,)
        )
        return [_resource(row) for row in rows]

    def of_kind(self, kind: str, prefix: str = "") -> list[Resource]:
        """Every resource of a kind whose key starts with `prefix`."""
        rows = self.connection.execute(
            "SELECT key, kind, body, meta FROM resources WHERE kind = ? AND substr(key, 1, ?) = ? ORDER BY key",
            (kind, len(prefix), prefix),
        )
        return [_resource(row) for row in rows]

    def users(self, key: str) -> list[str]:
        """Keys of the resources that point at `key`."""
        rows = self.connection.execute("SELECT source FROM refs WHERE target = ? ORDER BY source", (key,))
        return [str(row[0]) for row in rows]

    def settings(self) -> dict[str, Any]:
        """Settings changed at run time."""
        return {str(name): json.loads(value) for name, value in self.connection.execute("SELECT * FROM settings")}

    def set_settings(self, values: Mapping[str, Any]) -> None:
        """Remember settings changed at run time."""
        self.connection.executemany(
            "INSERT OR REPLACE INTO settings VALUES (?, ?)",
            [(name, json.dumps(value)) for name, value in values.items()],
        )

    def clear(self) -> None:
        """Forget everything: a new, empty cloud."""
        for table in ("resources", "refs", "operations", "requests", "settings"):
            self.connection.execute(f"DELETE FROM {table}")  # noqa: S608 - fixed names


def _resource(row: tuple[str, str, str, str]) -> Resource:
    return Resource(row[0], row[1], json.loads(row[2]), json.loads(row[3]))
