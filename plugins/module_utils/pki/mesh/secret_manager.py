# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The mesh's root in Google's Secret Manager."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import ApiError, BrokenError
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import Root, parse_roots, render_roots

SERVICE = "secretmanager"


class Api(Protocol):
    """What is used of the cloud's client."""

    def read(self, service: str, path: str) -> dict[str, Any]: ...

    def change(self, service: str, method: str, path: str, query: dict[str, str], body: Any) -> dict[str, Any]: ...

    def pages(self, service: str, path: str, items: str, query: dict[str, str]) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class SecretManagerStore:
    """A secret that exists; its newest version holds the roots, and the versions before it are disabled."""

    api: Api
    project: str
    name: str
    writable: bool = True

    @property
    def label(self) -> str:
        return self._path

    @property
    def _path(self) -> str:
        return f"projects/{self.project}/secrets/{self.name}"

    def locked(self) -> AbstractContextManager[None]:
        return nullcontext()

    def load(self) -> list[Root]:
        try:
            found = self.api.read(SERVICE, f"v1/{self._path}/versions/latest:access")
        except ApiError as error:
            # Also where the secret has no version yet.
            if error.missing:
                return []
            raise
        return parse_roots(f"root.secret {self._path}", base64.b64decode(found["payload"]["data"]))

    def save(self, roots: Sequence[Root]) -> None:
        body = {"payload": {"data": base64.b64encode(render_roots(roots)).decode()}}
        try:
            added = self.api.change(SERVICE, "POST", f"v1/{self._path}:addVersion", {}, body)["name"]
        except BrokenError:
            # It may have been added all the same: what is there now decides, by roots and not by bytes.
            if [root.id for root in self.load()] != [root.id for root in roots]:
                raise
            added = self.api.read(SERVICE, f"v1/{self._path}/versions/latest")["name"]
        except ApiError as error:
            if error.missing:
                raise PlatformError(
                    f"root.secret: found no secret {self._path}, expected one; it is made with the cloud's resources"
                ) from None
            raise
        for version in self.api.pages(SERVICE, f"v1/{self._path}/versions", "versions", {}):
            if version.get("state") == "ENABLED" and version["name"] != added:
                self.api.change(SERVICE, "POST", f"v1/{version['name']}:disable", {}, {})
