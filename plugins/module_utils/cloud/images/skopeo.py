# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Skopeo, a process for each question; the credential is in a file that is in memory alone."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.programs import run_program

# Of one image, over a slow line.
TIMEOUT = 1800.0
# How registries say that they have no such image: the protocol's codes, as containers/image words them.
_MISSING = ("manifest unknown", "name unknown", "name_unknown", "manifest_unknown")
_SHOWN = 1000
_LOGGED = re.compile(r'level=fatal msg="(?P<message>.*)"$', re.DOTALL)
# What Artifact Registry's token endpoint means by them.
_HINTS = {
    "403 (Forbidden)": "; expected roles/artifactregistry.writer on the repository, or .reader to copy from it",
    "404 (Not Found)": "; expected the repository to be there, base.yml makes it",
}


@dataclass(frozen=True)
class Skopeo:
    """``program`` is its name or path; ``credentials`` an open file, Docker's auth.json, for the registries ``hosts``.

    Other registries are asked with what the user's own ``skopeo login`` left.
    """

    program: str
    credentials: int
    hosts: frozenset[str]

    def digest(self, image: str) -> str | None:
        """What an image's manifest, or its index, is named by; None where there is none. PlatformError when asked
        in vain."""
        done = self._run("inspect", "--raw", *self._login("--authfile", image), image)
        if done.returncode == 0:
            return f"sha256:{hashlib.sha256(done.stdout).hexdigest()}"
        said = _said(done)
        if image.startswith("docker://") and any(words in said.lower() for words in _MISSING):
            return None
        raise PlatformError(f"images: {image}: skopeo inspect failed: {said}")

    def copy(self, source: str, destination: str) -> None:
        """All of an image, with the digest that it has. PlatformError with what the registry said."""
        logins = (*self._login("--src-authfile", source), *self._login("--dest-authfile", destination))
        done = self._run("copy", "--all", "--preserve-digests", "--quiet", *logins, source, destination)
        if done.returncode:
            raise PlatformError(f"images: {source} to {destination}: skopeo copy failed: {_said(done)}")

    def _login(self, option: str, image: str) -> tuple[str, ...]:
        ours = image.removeprefix("docker://").partition("/")[0] in self.hosts
        return (option, f"/proc/self/fd/{self.credentials}") if ours else ()

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        argv = [self.program, *arguments]
        return run_program("skopeo", argv, what="images", timeout=TIMEOUT, pass_fds=(self.credentials,))


@contextmanager
def logged_in(program: str, token: str, hosts: Sequence[str]) -> Iterator[Skopeo]:
    """Skopeo with an access token for those registries."""
    login = base64.b64encode(f"oauth2accesstoken:{token}".encode()).decode()
    content = json.dumps({"auths": {host: {"auth": login} for host in hosts}}).encode()
    credentials = os.memfd_create("auth.json")
    try:
        os.write(credentials, content)
        yield Skopeo(program, credentials, frozenset(hosts))
    finally:
        os.close(credentials)


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    said = done.stderr.decode("utf-8", "replace").strip()[-_SHOWN:] or f"exit code {done.returncode}"
    if logged := _LOGGED.search(said):
        said = logged["message"].replace('\\"', '"')
    return said + next((hint for status, hint in _HINTS.items() if status in said), "")
