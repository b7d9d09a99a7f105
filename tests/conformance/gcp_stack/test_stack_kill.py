"""Killed at any request, the next run takes up what the killed one began."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.engine import LIFE, PAYLOADS, Engine, live, reference
from tests.support.faults_page import FaultsPage

RUN = """
import json, sys
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import run_stack
for arguments in json.load(open(sys.argv[1])):
    run_stack(arguments, False)
"""


def seen(engine: Engine) -> int:
    return len(engine.cloud.admin("GET", "requests")["requests"])


def begun(engine: Engine, arguments: Path) -> subprocess.Popen[bytes]:
    """A life in a process of its own."""
    engine.cloud.admin("DELETE", "resources")
    engine.cloud.admin("DELETE", "requests")
    return subprocess.Popen([sys.executable, "-c", RUN, str(arguments)], env={"PYTHONPATH": ":".join(sys.path)})


def killed_at(engine: Engine, request: int, arguments: Path) -> bool:
    """SIGKILL as soon as the server has seen so many requests, if it ever has."""
    process = begun(engine, arguments)
    while process.poll() is None and seen(engine) < request:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.mark.timeout(3600)
def test_killed_at_every_tenth_request(
    engine: Engine, faults_page: FaultsPage, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    stride = 2 if pytestconfig.getoption("--long") else 10
    _unused, expected = reference(engine)
    arguments = tmp_path / "arguments.json"
    arguments.write_text(json.dumps([engine.arguments(payloads=PAYLOADS, **options) for options in LIFE.values()]))
    assert begun(engine, arguments).wait() == 0
    total = seen(engine)
    killed = 0
    for request in range(5, total, stride):
        killed += killed_at(engine, request, arguments)
        # It lists no operations: what it still deletes for the killed run, the next one cannot see.
        engine.cloud.settle("artifactregistry")
        assert live(engine, expected) == [], f"killed at request {request}"
    # How often a life asks for the state of an operation depends on the machine: its last requests may be missing.
    assert killed > total * 0.9 // stride - 1
    faults_page.add("SIGKILL", killed, 0, killed)
