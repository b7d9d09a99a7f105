"""The local cloud as a background process: started once, found again by its pid file, stopped with its state kept."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from testbed.host import REPOSITORY, HostError, locked, state_root, write_json

START_SECONDS = 60
STOP_SECONDS = 20
MODULE = "testbed.cloud"


@dataclass(frozen=True)
class Daemon:
    """A running cloud server. ``source`` is the digest of the code that it runs."""

    pid: int
    source: str


def folder() -> Path:
    return state_root() / "cloud"


def log_file() -> Path:
    return folder() / "cloud.log"


def running() -> Daemon | None:
    """The cloud server, if the process of the pid file is one and lives."""
    try:
        facts = json.loads((folder() / "pid.json").read_text())
        command = Path(f"/proc/{facts['pid']}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Daemon(**facts) if MODULE in command and str(folder()) in command else None


def start() -> Daemon:
    """Start the cloud server unless it runs, or runs other code than this; wait until it serves."""
    with locked(state_root() / "locks" / "cloud"):
        source = source_digest()
        found = running()
        if found and found.source == source:
            return found
        if found:
            _stop(found)
        folder().mkdir(parents=True, exist_ok=True)
        with log_file().open("ab") as log:
            begin = log.tell()
            process = subprocess.Popen(
                [sys.executable, "-m", MODULE, "serve", "--state", str(folder())],
                cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "PINGPONG_STATE": str(state_root()), "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        daemon = Daemon(process.pid, source)
        write_json(folder() / "pid.json", {"pid": daemon.pid, "source": source})
        _wait_until_served(process, begin)
        return daemon


def stop() -> bool:
    """Stop the cloud server; whether there was one."""
    with locked(state_root() / "locks" / "cloud"):
        found = running()
        if found:
            _stop(found)
        (folder() / "pid.json").unlink(missing_ok=True)
        return found is not None


def source_digest() -> str:
    """Hex digest of the testbed's own code: a server that runs older code is replaced."""
    content = hashlib.sha256()
    for path in sorted((REPOSITORY / "testbed").rglob("*.py")):
        content.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes())
    return content.hexdigest()[:16]


def _wait_until_served(process: subprocess.Popen[bytes], begin: int) -> None:
    """The server prints its endpoint as JSON once it listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        said = log_file().read_bytes()[begin:].decode(errors="replace")
        if any(line.startswith('{"endpoint"') for line in said.splitlines()):
            return
        if process.poll() is not None:
            tail = "\n".join(said.strip().splitlines()[-8:])
            raise HostError(f"the local cloud ended with exit code {process.returncode}: {tail}")
        time.sleep(0.1)
    process.terminate()
    raise HostError(f"the local cloud does not serve after {START_SECONDS} s; see {log_file()}")


def _stop(daemon: Daemon) -> None:
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
        try:
            os.kill(daemon.pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if _ended(daemon.pid):
                return
            time.sleep(0.05)
    raise HostError(f"the local cloud, process {daemon.pid}, does not end")


def _ended(pid: int) -> bool:
    """Whether a process is gone, or waits for its parent to look at it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
