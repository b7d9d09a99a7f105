# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A certificate in PEM files, and in a PKCS#12 file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles, keys
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Damaged
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks import atomic
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.base import Stored


@dataclass(slots=True)
class PemFiles:
    """``certificate`` (followed by the intermediates), ``key``, and if desired ``chain`` (all above, the root last)."""

    certificate: Path
    key: Path
    chain: Path | None = None
    access: atomic.Access = field(default_factory=atomic.Access)
    key_access: atomic.Access = field(default_factory=atomic.Access)
    _found: dict[Path, bytes | None] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"files {self.certificate}"

    @property
    def paths(self) -> Sequence[Path]:
        return [self.certificate, self.key, *([self.chain] if self.chain else [])]

    @property
    def claims(self) -> Sequence[str]:
        return [os.path.realpath(path) for path in self.paths]  # unlike resolve, it bears links in a circle

    def read(self) -> Stored:
        self._found = {path: atomic.read(path) for path in self.paths}
        data = {str(path): content for path, content in self._found.items() if content is not None}
        return bundles.read_fields("the file", data, [str(path) for path in self.paths])

    def differs(self, issued: Issued) -> str:
        for path, content in self._contents(issued).items():
            if self._found.get(path) is None:
                return f"{path} does not exist"
            if self._found[path] != content:
                return f"{path} holds something else"
            problem = self._access(path).differs(path)
            if problem:
                return problem
        return ""

    def write(self, issued: Issued) -> None:
        contents = self._contents(issued)
        for path in contents:
            atomic.remove_leftovers(path)
        atomic.write_together({path: (content, self._access(path)) for path, content in contents.items()})

    def _access(self, path: Path) -> atomic.Access:
        return self.key_access if path == self.key else self.access

    def _contents(self, issued: Issued) -> dict[Path, bytes]:
        # The certificate goes last: a reader that watches it finds the key there already.
        contents = {self.key: keys.key_pem(issued.key)}
        if self.chain:
            contents[self.chain] = bundles.above(issued)
        return {**contents, self.certificate: bundles.served(issued)}


@dataclass(slots=True)
class Pkcs12File:
    """One encrypted file with key, certificate and chain."""

    path: Path
    passphrase: str
    name: str
    access: atomic.Access = field(default_factory=atomic.Access)
    _stored: Stored = None
    _named: str = ""

    @property
    def label(self) -> str:
        return f"pkcs12 {self.path}"

    @property
    def paths(self) -> Sequence[Path]:
        return (self.path,)

    @property
    def claims(self) -> Sequence[str]:
        return (os.path.realpath(self.path),)

    def read(self) -> Stored:
        data = atomic.read(self.path)
        if data is not None:
            self._stored, self._named = bundles.from_pkcs12(str(self.path), data, self.passphrase)
        return self._stored

    def differs(self, issued: Issued) -> str:
        stored = self._stored
        if stored is None:
            return f"{self.path} does not exist"
        if isinstance(stored, Damaged):
            return stored.problem
        if stored.chain != issued.chain:
            return f"{self.path} holds something else"
        if self._named != self.name:
            return f'the friendly name in {self.path} is "{self._named}", expected "{self.name}"'
        return self.access.differs(self.path)

    def write(self, issued: Issued) -> None:
        atomic.remove_leftovers(self.path)
        atomic.write(self.path, bundles.to_pkcs12(issued, self.name, self.passphrase), self.access)
