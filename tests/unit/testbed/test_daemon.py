"""The local cloud's background process: recognised by what runs, not by a number in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import daemon


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PINGPONG_STATE", str(tmp_path))
    (tmp_path / "cloud").mkdir()
    return tmp_path


@pytest.fixture
def server(state: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that looks like the cloud server of this state folder."""
    command = [
        sys.executable,
        "-c",
        "print(flush=True); import time; time.sleep(60)",
        daemon.MODULE,
        str(state / "cloud"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()  # before that it may still be a copy of this process
        yield process
        process.kill()


def note(pid: int) -> None:
    (daemon.folder() / "pid.json").write_text(json.dumps({"pid": pid, "source": "s"}))


def test_without_a_note_nothing_runs() -> None:
    assert daemon.running() is None
    assert daemon.stop() is False


def test_a_number_that_another_process_has_by_now_is_not_ours() -> None:
    note(os.getpid())
    assert daemon.running() is None


def test_a_process_that_is_gone_does_not_run(server: subprocess.Popen[bytes]) -> None:
    note(server.pid)
    server.kill()
    server.wait()
    assert daemon.running() is None


def test_a_running_server_is_found_and_stopped(server: subprocess.Popen[bytes]) -> None:
    note(server.pid)
    assert daemon.running() == daemon.Daemon(server.pid, "s")
    assert daemon.stop() is True
    assert daemon.running() is None
    assert not (daemon.folder() / "pid.json").exists()
