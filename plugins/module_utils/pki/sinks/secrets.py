# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A certificate in a Kubernetes Secret, written straight through the API: it never touches a disk here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.base import Stored

MANAGED_BY = "app.kubernetes.io/managed-by"
OWNER = "pingpong.platform"
TYPES = {"tls": "kubernetes.io/tls", "opaque": "Opaque", "cacerts": "Opaque"}
LAYOUTS: dict[str, Callable[[Issued], dict[str, bytes]]] = {
    "tls": bundles.tls,
    "opaque": bundles.tls,
    "cacerts": bundles.cacerts,
}
FIELDS = {
    "tls": (bundles.CERTIFICATE, bundles.KEY, bundles.AUTHORITY),
    "opaque": (bundles.CERTIFICATE, bundles.KEY, bundles.AUTHORITY),
    "cacerts": (bundles.MESH_CERTIFICATE, bundles.MESH_KEY, bundles.MESH_CHAIN),
}


class Api(Protocol):
    """What is used of a cluster's client."""

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None: ...

    def create(self, obj: dict[str, Any]) -> dict[str, Any]: ...

    def replace(self, obj: dict[str, Any]) -> dict[str, Any]: ...


@dataclass(slots=True)
class SecretSink:
    """One Secret; what others keep in it under other fields stays."""

    api: Api
    namespace: str
    name: str
    kind: str
    labels: Mapping[str, str]
    fields: Mapping[str, str] = field(default_factory=dict)
    _found: dict[str, Any] | None = None

    @property
    def label(self) -> str:
        return f"Secret {self.namespace}/{self.name}"

    @property
    def paths(self) -> Sequence[Path]:
        return ()

    @property
    def claims(self) -> Sequence[str]:
        return [f"{self.label} {self.fields.get(name, name)}" for name in FIELDS[self.kind]]

    def read(self) -> Stored:
        self._found = self.api.get("v1", "Secret", self.name, self.namespace)
        if self._found is None:
            return None
        self._refuse_foreign(self._found)
        names = [self.fields.get(name, name) for name in FIELDS[self.kind]]
        return bundles.read_fields(self.label, decode(self._found), names)

    def differs(self, issued: Issued) -> str:
        if self._found is None:
            return f"{self.label} does not exist"
        data = decode(self._found)
        other = [name for name, content in self._contents(issued).items() if data.get(name) != content]
        if other:
            return f"{self.label} holds something else in {', '.join(other)}"
        labels = self._found["metadata"].get("labels") or {}
        lacking = [name for name, value in self.labels.items() if labels.get(name) != value]
        return f"{self.label} lacks the label {', '.join(lacking)}" if lacking else ""

    def write(self, issued: Issued) -> None:
        """Create or replace the Secret; a change by another since ``read`` makes the API refuse it."""
        put(self.api, self._found, self.namespace, self.name, TYPES[self.kind], self._contents(issued), self.labels)

    def _contents(self, issued: Issued) -> dict[str, bytes]:
        return {self.fields.get(name, name): content for name, content in LAYOUTS[self.kind](issued).items()}

    def _refuse_foreign(self, found: Mapping[str, Any]) -> None:
        metadata = found["metadata"]
        keeper = (metadata.get("labels") or {}).get(MANAGED_BY, OWNER)
        owners = [f"{owner['kind']} {owner['name']}" for owner in metadata.get("ownerReferences") or []]
        if keeper != OWNER or owners:
            raise PlatformError(
                f"{self.label}: found it kept by {', '.join(owners) or keeper}, expected a Secret of this collection's "
                "or of nobody's; choose another name or delete it"
            )
        if found.get("type", "Opaque") != TYPES[self.kind]:
            raise PlatformError(
                f'{self.label}: found the type "{found.get("type")}", expected "{TYPES[self.kind]}"; a Secret\'s type '
                "can't be changed, so delete it or choose another name"
            )


def put(
    api: Api,
    found: Mapping[str, Any] | None,
    namespace: str,
    name: str,
    kind: str,
    contents: Mapping[str, bytes],
    labels: Mapping[str, str],
) -> None:
    """Write a Secret in one request: all of ``contents`` or nothing, over exactly the state ``found``."""
    data = {field: base64.b64encode(content).decode() for field, content in contents.items()}
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "type": kind}
    if found is None:
        api.create({**secret, "metadata": {"namespace": namespace, "name": name, "labels": dict(labels)}, "data": data})
        return
    # The resourceVersion that was read goes back with it: the API refuses to overwrite a newer state.
    kept = {key: value for key, value in found["metadata"].items() if key != "managedFields"}
    metadata = {**kept, "labels": {**(kept.get("labels") or {}), **labels}}
    api.replace({**secret, "metadata": metadata, "data": {**(found.get("data") or {}), **data}})


def decode(secret: Mapping[str, Any]) -> dict[str, bytes]:
    """A Secret's fields as bytes; what is no base64 counts as empty."""
    decoded = {}
    for name, value in (secret.get("data") or {}).items():
        try:
            decoded[name] = base64.b64decode(value or "", validate=True)
        except binascii.Error:
            decoded[name] = b""
    return decoded
