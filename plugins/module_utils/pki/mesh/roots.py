# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where the mesh's root is kept: a file, values of the inventory, a secret manager; never a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles, keys
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import (
    Issued,
    fingerprint,
    load_certificates,
    pem,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks import atomic
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secret_manager import SecretVersions

with suppress(ImportError):  # see libraries.require
    from cryptography import x509


@dataclass(frozen=True, slots=True)
class Root:
    """A root's certificate, and its key where we hold it."""

    certificate: x509.Certificate
    key: keys.PrivateKey | None = None

    @property
    def id(self) -> str:
        return fingerprint(self.certificate)

    @property
    def title(self) -> str:
        """Words for the root: its subject and the begin of its fingerprint."""
        return f'"{self.certificate.subject.rfc4514_string()}" ({self.id[:12]})'

    def signer(self) -> Issued | None:
        """The root as an authority, None without its key."""
        return Issued(self.certificate, self.key) if self.key is not None else None


class RootStore(Protocol):
    """Keeps the roots, the oldest first: one in steady times, two during a rotation."""

    @property
    def label(self) -> str:
        """How results and errors name it."""

    @property
    def writable(self) -> bool:
        """Whether ``save`` works; otherwise the user puts a new root there."""

    def locked(self) -> AbstractContextManager[None]:
        """Keep other runs out, where the place allows it: of two that make a root, one would be overwritten."""

    def load(self) -> list[Root]:
        """The roots; empty when there is none yet."""

    def save(self, roots: Sequence[Root]) -> None:
        """Keep exactly these."""


@dataclass(frozen=True, slots=True)
class FileStore:
    """A file that its owner alone can read: certificate and key of each root, in turn."""

    path: Path
    writable: bool = True

    @property
    def label(self) -> str:
        return str(self.path)

    def locked(self) -> AbstractContextManager[None]:
        return atomic.locked([self.path])

    def load(self) -> list[Root]:
        data = atomic.read(self.path)
        if data is None:
            return []
        access = atomic.Access()
        problem = access.differs(self.path)
        if problem:
            raise PlatformError(f"root.file: {problem}: it holds the mesh's root key")
        return parse_roots(f"root.file {self.path}", data)

    def save(self, roots: Sequence[Root]) -> None:
        atomic.remove_leftovers(self.path)
        atomic.write(self.path, render_roots(roots), atomic.Access())


@dataclass(frozen=True, slots=True)
class ValueStore:
    """Certificate and key as texts, from a vault or SOPS file; to rotate, the user puts another root there."""

    certificate: str
    key: str
    writable: bool = False
    label: str = "root.certificate and root.key"

    def locked(self) -> AbstractContextManager[None]:
        return nullcontext()

    def load(self) -> list[Root]:
        return parse_roots("root", f"{self.certificate.strip()}\n{self.key.strip()}\n".encode())

    def save(self, roots: Sequence[Root]) -> None:
        raise PlatformError("root: found values, which can't be written; put the new root where they come from")


@dataclass(frozen=True, slots=True)
class SecretManagerStore:
    """A secret of Secret Manager that exists; of two runs that write at once, one writes and the other fails."""

    versions: SecretVersions
    writable: bool = True

    @property
    def label(self) -> str:
        return self.versions.path

    def locked(self) -> AbstractContextManager[None]:
        return nullcontext()

    def load(self) -> list[Root]:
        data = self.versions.read()
        return [] if data is None else parse_roots(f"root.secret {self.label}", data)

    def save(self, roots: Sequence[Root]) -> None:
        self.versions.write(render_roots(roots))


def parse_roots(where: str, data: bytes) -> list[Root]:
    """Read certificates, each followed by its key."""
    roots: list[Root] = []
    certificate: x509.Certificate | None = None
    for match in bundles.BLOCK.finditer(data):
        if match[1] == b"CERTIFICATE":
            certificate = load_certificates(where, match[0])[0]
            continue
        key = keys.load_key(where, match[0])
        if certificate is None or not keys.belong_together(key, certificate.public_key()):
            raise PlatformError(f"{where}: found a key that is not of the certificate before it, expected pairs")
        roots.append(Root(certificate, key))
        certificate = None
    if certificate is not None or not roots:
        raise PlatformError(f"{where}: found {len(roots)} pairs of certificate and key, expected one or two pairs")
    return roots


def render_roots(roots: Sequence[Root]) -> bytes:
    """The text that ``parse_roots`` reads; a root without its key is left out, for there is nothing to keep secret."""
    return b"".join(pem(root.certificate) + keys.key_pem(root.key) for root in roots if root.key is not None)
