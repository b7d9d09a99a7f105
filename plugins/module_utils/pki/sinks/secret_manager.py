# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An authority in Google's Secret Manager: for ``certificate`` and ``mesh_ca`` alike."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import ApiError, BrokenError
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Damaged
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.base import Stored

SERVICE = "secretmanager"
ENABLED = "ENABLED"


class CloudApi(Protocol):
    """What is used of the cloud's client."""

    def read(self, service: str, path: str) -> dict[str, Any]: ...

    def change(self, service: str, method: str, path: str, query: dict[str, str], body: Any) -> dict[str, Any]: ...

    def pages(self, service: str, path: str, items: str, query: dict[str, str]) -> list[dict[str, Any]]: ...


class SecretVersions:
    """A secret that exists: its newest enabled version is what it holds, and the versions before it are disabled.

    Secret Manager adds versions without a precondition. Two runs that write at once are kept apart by their numbers,
    which it gives in order: whoever was first after the version that both had read has written, and the other one
    disables its own version and fails, before anything was made with it.
    """

    def __init__(self, option: str, api: CloudApi, project: str, name: str) -> None:
        self.option = option
        self.path = f"projects/{project}/secrets/{name}"
        self._api = api
        self._seen = 0  # the number of the version that was read or written last

    def read(self) -> bytes | None:
        """What the secret holds; None where it has no enabled version, or does not exist."""
        newest = max(self._enabled(), default=0)
        self._seen = newest
        return self._payload(newest) if newest else None

    def write(self, data: bytes) -> None:
        """Have the secret hold ``data``. Raises PlatformError when another run has written since ``read``."""
        before = max(self._enabled(), default=0)
        if before != self._seen:
            raise self._conflict(before)
        added = self._add(data)
        enabled = self._enabled()
        first = min((number for number in enabled if number > self._seen), default=added)
        if first < added:
            self._disable(added)
            raise self._conflict(first)
        for number in enabled:
            if number < added:
                self._disable(number)
        self._seen = added

    def _conflict(self, number: int) -> PlatformError:
        return PlatformError(
            f"{self.option}: found version {number} of {self.path}, which another run has added meanwhile, expected "
            f"{f'version {self._seen}' if self._seen else 'none'} to be the newest; run it again"
        )

    def _enabled(self) -> list[int]:
        try:
            versions = self._api.pages(SERVICE, f"v1/{self.path}/versions", "versions", {})
        except ApiError as error:
            if error.missing:
                return []
            raise
        return [int(one["name"].rpartition("/")[2]) for one in versions if one.get("state") == ENABLED]

    def _payload(self, number: int) -> bytes:
        found = self._api.read(SERVICE, f"v1/{self.path}/versions/{number}:access")
        return base64.b64decode(found["payload"]["data"])

    def _add(self, data: bytes) -> int:
        body = {"payload": {"data": base64.b64encode(data).decode()}}
        try:
            added: str = self._api.change(SERVICE, "POST", f"v1/{self.path}:addVersion", {}, body)["name"]
        except BrokenError:
            # It may have been added all the same: the payload, which nobody else has, says so.
            mine = [one for one in self._enabled() if one > self._seen and self._payload(one) == data]
            if not mine:
                raise
            return mine[0]
        except ApiError as error:
            if error.missing:
                raise PlatformError(
                    f"{self.option}: found no secret {self.path}, expected one; it is made with the cloud's resources"
                ) from None
            raise
        return int(added.rpartition("/")[2])

    def _disable(self, number: int) -> None:
        self._api.change(SERVICE, "POST", f"v1/{self.path}/versions/{number}:disable", {}, {})


@dataclass(slots=True)
class SecretManagerSink:
    """A certificate with those above it, and its key, as one PEM text."""

    versions: SecretVersions
    _stored: Stored = None
    _data: bytes | None = None

    @property
    def label(self) -> str:
        return f"Secret Manager {self.versions.path}"

    @property
    def paths(self) -> Sequence[Path]:
        return ()

    @property
    def claims(self) -> Sequence[str]:
        return (self.label,)

    def read(self) -> Stored:
        self._data = self.versions.read()
        self._stored = None if self._data is None else bundles.from_pem(self.label, self._data)
        return self._stored

    def differs(self, issued: Issued) -> str:
        if self._data is None:
            return f"{self.label} holds nothing"
        if isinstance(self._stored, Damaged):
            return self._stored.problem
        return "" if self._data == bundles.to_pem(issued) else f"{self.label} holds something else"

    def write(self, issued: Issued) -> None:
        self.versions.write(bundles.to_pem(issued))
