"""Certificates to test with, and a Kubernetes API that keeps Secrets."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import BrokenError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.reconcile import Engine
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.factory import Backends
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secret_manager import SecretVersions
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


class FakeSecretManager:
    """The versions of one secret, as Secret Manager numbers them; ``meanwhile`` is called before each addition."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.disabled: set[int] = set()
        self.meanwhile: Callable[[], None] = lambda: None
        self.breaks = False

    def versions(self) -> SecretVersions:
        return SecretVersions("root.secret", self, "p", "root")

    def pages(self, service: str, path: str, items: str, query: dict[str, str]) -> list[dict[str, Any]]:
        numbers = range(len(self.payloads), 0, -1)
        return [
            {
                "name": f"projects/1/secrets/root/versions/{one}",
                "state": "DISABLED" if one in self.disabled else "ENABLED",
            }
            for one in numbers
        ]

    def read(self, service: str, path: str) -> dict[str, Any]:
        number = int(path.removesuffix(":access").rpartition("/")[2])
        assert number not in self.disabled
        return {"payload": {"data": base64.b64encode(self.payloads[number - 1]).decode()}}

    def change(self, service: str, method: str, path: str, query: dict[str, str], body: Any) -> dict[str, Any]:
        if path.endswith(":disable"):
            self.disabled.add(int(path.removesuffix(":disable").rpartition("/")[2]))
            return {}
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        self.payloads.append(base64.b64decode(body["payload"]["data"]))
        if self.breaks:
            raise BrokenError("the answer was lost")
        return {"name": f"projects/1/secrets/root/versions/{len(self.payloads)}"}

    @property
    def enabled(self) -> list[bytes]:
        return [data for number, data in enumerate(self.payloads, 1) if number not in self.disabled]


def engine(
    api: FakeApi | None = None,
    secrets: FakeSecretManager | None = None,
    *,
    now: datetime = NOW,
    check_mode: bool = False,
) -> Engine:
    """An engine at a fixed time."""
    cluster = api or FakeApi()
    backends = Backends(lambda: cluster, lambda _option, _name: (secrets or FakeSecretManager()).versions())
    return Engine(backends, {MANAGED_BY: OWNER}, check_mode=check_mode, clock=lambda: now)


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
