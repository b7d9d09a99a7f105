"""`make site` is killed again and again, from nothing on, the local cloud's server with it: the next run converges.

It makes and removes the whole platform, so it wants the machine for itself: no other platform test beside it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from testbed import daemon

pytestmark = [pytest.mark.platform, pytest.mark.long, pytest.mark.timeout(3600)]

ROOT = Path(__file__).parents[3]
# Seconds after which each run is killed; later runs get further, for they start where the one before them ended.
KILLS = (5, 15, 40, 70, 35, 50, 20, 30, 20, 30)
# The turns whose end takes the local cloud's server as well, and with it the clusters that it was making.
WITH_SERVER = (1, 2, 6)


def site(log: Path, seconds: float | None) -> tuple[int, str]:
    """Run what users run; with ``seconds``, kill it then with all that it started: exit code and output."""
    with log.open("w+") as output:
        process = subprocess.Popen(
            ["make", "site"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            # Ansible's workers are groups of their own, and one may wait for ever to tell its parent.
            subprocess.run(["pkill", "-KILL", "--session", str(process.pid)], check=False)
        output.seek(0)
        text = output.read()
    return process.returncode, text


def make(target: str) -> None:
    subprocess.run(["make", target], cwd=ROOT, check=True, capture_output=True)


def changes(output: str) -> list[str]:
    return re.findall(r"changed=[1-9]\d*", output)


def test_the_next_run_converges_whenever_the_last_one_was_killed(tmp_path: Path) -> None:
    log = tmp_path / "site.log"
    make("down")
    reached = []
    for turn, seconds in enumerate(KILLS):
        code, output = site(log, seconds)
        reached.append(
            f"{seconds} s: {code}: {(re.findall(r'TASK .(.*). [*]', output) or ['before the first task'])[-1]}"
        )
        server = daemon.running()
        if server and turn in WITH_SERVER:
            os.kill(server.pid, signal.SIGKILL)
            while daemon.running():
                time.sleep(0.1)
    assert any(": -9: " in line for line in reached), reached
    code, output = site(log, None)
    assert code == 0, "\n".join([*reached, output[-4000:]])
    code, output = site(log, None)
    assert code == 0 and not changes(output), output[-4000:]
    print("\n".join(reached))
