"""Certificates to test with, and a Kubernetes API that keeps Secrets."""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.reconcile import Engine
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secrets import MANAGED_BY, OWNER

# A round moment: nothing here may depend on the day the tests run.
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class FakeApi:
    """Objects by kind, namespace and name, with the resourceVersion precondition of the real thing."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str | None, str], dict[str, Any]] = {}
        self.writes: list[str] = []
        self._version = 0

    def put(self, obj: dict[str, Any]) -> dict[str, Any]:
        self._version += 1
        stored = copy.deepcopy(obj)
        stored["metadata"]["resourceVersion"] = str(self._version)
        self.objects[self._key(obj)] = stored
        return copy.deepcopy(stored)

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        return copy.deepcopy(self.objects.get((kind, namespace, name)))

    def create(self, obj: dict[str, Any]) -> dict[str, Any]:
        if self._key(obj) in self.objects:
            raise ApiError("409 AlreadyExists", status=409, reason="AlreadyExists")
        self.writes.append(f"create {obj['kind']} {obj['metadata']['name']}")
        return self.put(obj)

    def replace(self, obj: dict[str, Any]) -> dict[str, Any]:
        live = self.objects[self._key(obj)]
        if obj["metadata"].get("resourceVersion") != live["metadata"]["resourceVersion"]:
            raise ApiError("409 Conflict", status=409, reason="Conflict")
        self.writes.append(f"replace {obj['kind']} {obj['metadata']['name']}")
        return self.put(obj)

    @staticmethod
    def _key(obj: Mapping[str, Any]) -> tuple[str, str | None, str]:
        return obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"]


def engine(api: FakeApi | None = None, *, now: datetime = NOW, check_mode: bool = False) -> Engine:
    """An engine at a fixed time."""
    cluster = api or FakeApi()
    return Engine(lambda: cluster, {MANAGED_BY: OWNER}, check_mode=check_mode, clock=lambda: now)  # type: ignore[arg-type]


def data_of(secret: Mapping[str, Any]) -> dict[str, bytes]:
    return {name: base64.b64decode(value) for name, value in secret["data"].items()}


def secret_of(namespace: str, name: str, data: Mapping[str, bytes], **fields: Any) -> dict[str, Any]:
    encoded = {field: base64.b64encode(content).decode() for field, content in data.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": namespace, "name": name, **fields.pop("metadata", {})},
        "type": "kubernetes.io/tls",
        "data": encoded,
        **fields,
    }
