"""Killed at any request, the next run takes up what the killed one began."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.engine import CHANGED, PAYLOADS, STACK, Engine, attempt, reference

RUN = """
import json, sys
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import run_stack
run_stack(json.load(open(sys.argv[1])), False)
"""


def killed_at(engine: Engine, request: int, arguments: Path) -> None:
    """Run in a process of its own; SIGKILL as soon as the server has seen so many requests."""
    engine.cloud.admin("DELETE", "requests")
    process = subprocess.Popen([sys.executable, "-c", RUN, str(arguments)], env={"PYTHONPATH": ":".join(sys.path)})
    while process.poll() is None and len(engine.cloud.admin("GET", "requests")["requests"]) < request:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.timeout(1200)
def test_killed_at_every_tenth_request(engine: Engine, tmp_path: Path) -> None:
    total, expected = reference(engine)
    arguments = tmp_path / "arguments.json"
    arguments.write_text(json.dumps(engine.arguments(STACK, payloads=PAYLOADS)))
    for request in range(5, total, 10):
        engine.cloud.admin("DELETE", "resources")
        killed_at(engine, request, arguments)
        assert attempt(engine, CHANGED) == "converged", f"killed at request {request}"
        assert engine.stored() == expected, f"killed at request {request}"
        assert engine(CHANGED, payloads=PAYLOADS)["mutations"] == 0
