# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One branch of a remote repository by the program ``git``; credentials are in a file that is in memory alone."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.programs import run_program
from ansible_collections.pingpong.platform.plugins.module_utils.common.redact import redact_text
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.files import Files

TIMEOUT = 120.0
_SHOWN = 1000
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*([./][A-Za-z0-9_-]+)*")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Remote:
    """A branch of a repository. Without a password, git asks as its user's own configuration says."""

    url: str
    branch: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""


def parse(given: Mapping[str, Any]) -> Remote:
    """The option ``repository``; an OptionError says what is not usable, and never shows a password."""
    optional = {name: given.get(name) or "" for name in ("username", "password", "ca_file")}
    remote = Remote(given["url"], given["branch"], **optional)
    # The other form of an address, git@host:path, is of SSH and has no place for a password.
    parts = urlsplit(remote.url) if "://" in remote.url else None
    if parts is not None and parts.password is not None:
        raise OptionError("repository.url: found a password in it, expected that in repository.password")
    if remote.url.startswith("-") or any(sign.isspace() for sign in remote.url):
        raise OptionError(f"repository.url: found {remote.url!r}, expected an address such as https://host/path.git")
    if not _BRANCH.fullmatch(remote.branch):
        raise OptionError(f"repository.branch: found {remote.branch!r}, expected a branch's name such as main")
    if remote.password:
        if parts is None or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
            raise OptionError(f"repository.password: found one for {remote.url}, expected an address with https://")
        if any("\n" in value for value in (remote.username, remote.password)):
            raise OptionError("repository.password: it or the username has more than one line, expected one")
    return remote


class Git:
    """The remote branch, and a bare repository in ``folder`` to make a commit in."""

    def __init__(self, program: str, remote: Remote, folder: str, credentials: int) -> None:
        self._program = program
        self._remote = remote
        self._folder = folder
        self._credentials = credentials

    def head(self) -> str | None:
        """The branch's commit, None where there is no such branch. PlatformError when asked in vain."""
        found = self._run("ls-remote", "--heads", self._remote.url, f"refs/heads/{self._remote.branch}").split()
        return found[0].decode() if found else None

    def fetched(self) -> str | None:
        """The branch's commit, with all its files; None where there is no such branch."""
        if self.head() is None:
            return None
        self._run("fetch", "--quiet", "--no-tags", "--depth=1", self._remote.url, f"refs/heads/{self._remote.branch}")
        return self._run("rev-parse", "FETCH_HEAD").decode().strip()

    def files(self, commit: str, folder: str) -> Files:
        """What a folder holds at a fetched commit, by path."""
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", commit, "--", folder)
        found: Files = {}
        for line in listed.decode().split("\0"):
            kind, _tab, path = line.partition("\t")
            if path and kind.split()[1] == "blob":
                found[path] = self._run("cat-file", "blob", kind.split()[2])
        return found

    def commit(self, stream: bytes) -> str:
        """Make a commit of a stream of ``fast-import``; its name."""
        self._run("fast-import", "--quiet", "--force", stdin=stream)
        return self._run("rev-parse", f"refs/heads/{self._remote.branch}").decode().strip()

    def push(self, commit: str, parent: str | None) -> bool:
        """Make it the branch's; False where that is no longer at ``parent``. It is never forced."""
        try:
            self._run("push", "--quiet", self._remote.url, f"{commit}:refs/heads/{self._remote.branch}")
        except PlatformError:
            if self.head() == parent:
                raise
            return False
        return True

    def _run(self, verb: str, *arguments: str, stdin: bytes = b"") -> bytes:
        what = f"repository {self._remote.url}"
        argv = [self._program, f"--git-dir={self._folder}", *self._options(), verb, *arguments]
        done = run_program(
            "git",
            argv,
            what=what,
            timeout=TIMEOUT,
            called="Git",
            stdin=stdin,
            pass_fds=(self._credentials,),
            env=self._environment(),
        )
        if done.returncode:
            raise PlatformError(f"{what}: git {verb} failed: {self._said(done)}")
        return done.stdout

    def _options(self) -> list[str]:
        if not self._remote.password:
            return []
        # For this host alone, whatever it redirects to. The file holds the answer to every question of git's.
        parts = urlsplit(self._remote.url)
        helper = f"credential.{parts.scheme}://{parts.netloc}.helper"
        read = f"!cat /proc/self/fd/{self._credentials}; :"
        return ["-c", "credential.helper=", "-c", f"{helper}={read}"]

    def _environment(self) -> dict[str, str]:
        # It wins over configuration. What nobody can answer is refused instead of asked on a terminal.
        trusted = {"GIT_SSL_CAINFO": self._remote.ca_file} if self._remote.ca_file else {}
        return {"GIT_TERMINAL_PROMPT": "0", **trusted}

    def _said(self, done: subprocess.CompletedProcess[bytes]) -> str:
        said = done.stderr.decode("utf-8", "replace").strip()[-_SHOWN:] or f"exit code {done.returncode}"
        return redact_text(said, [self._remote.password])


@contextmanager
def opened(program: str, remote: Remote) -> Iterator[Git]:
    """Git on a branch; what it fetches is gone afterwards."""
    credentials = os.memfd_create("credentials")
    try:
        if remote.password:
            os.write(credentials, f"username={remote.username}\npassword={remote.password}\n".encode())
        with tempfile.TemporaryDirectory(prefix="pingpong-git-") as folder:
            git = Git(program, remote, folder, credentials)
            git._run("init", "--quiet", "--bare")
            yield git
    finally:
        os.close(credentials)
