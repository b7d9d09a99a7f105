"""What is taken off the machine, and what is not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from testbed.nodes import teardown

RULES = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:NETAVARK_FORWARD - [0:0]
:NETAVARK_ISOLATION_2 - [0:0]
:MINE - [0:0]
-A FORWARD -m comment --comment "netavark firewall plugin rules" -j NETAVARK_FORWARD
-A FORWARD -j MINE
-A NETAVARK_FORWARD -j NETAVARK_ISOLATION_2
-A MINE -j ACCEPT
COMMIT
"""


def test_podmans_chains_are_removed_after_what_leads_to_them() -> None:
    assert teardown.removals(RULES) == [
        ["-D", "FORWARD", "-m", "comment", "--comment", "netavark firewall plugin rules", "-j", "NETAVARK_FORWARD"],
        ["-D", "NETAVARK_FORWARD", "-j", "NETAVARK_ISOLATION_2"],
        ["-F", "NETAVARK_FORWARD"],
        ["-F", "NETAVARK_ISOLATION_2"],
        ["-X", "NETAVARK_FORWARD"],
        ["-X", "NETAVARK_ISOLATION_2"],
    ]


def test_other_rules_stay() -> None:
    assert teardown.removals(":MINE - [0:0]\n-A FORWARD -j MINE\n") == []


@pytest.mark.parametrize("program", ["aardvark-dns", "other"])
def test_podmans_name_server_is_ended_and_no_other_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(teardown, "NAME_SERVER", tmp_path)
    shutil.copy("/bin/sleep", tmp_path / program)
    with subprocess.Popen([tmp_path / program, "60"]) as process:
        # The kernel names the process a moment after it has begun.
        while Path(f"/proc/{process.pid}/comm").read_text().strip() != program:
            assert process.poll() is None
        (tmp_path / "aardvark.pid").write_text(f"{process.pid}\n")
        (tmp_path / teardown.NETWORK).write_text("")
        try:
            teardown.end_name_server()
            ended = program == "aardvark-dns" and process.wait(10) is not None
            assert ended or process.poll() is None
        finally:
            process.kill()
    assert not (tmp_path / teardown.NETWORK).exists()


@pytest.mark.parametrize("foreign", [True, False])
def test_only_what_the_testbed_keeps_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, foreign: bool) -> None:
    state = tmp_path / "state"
    monkeypatch.setenv("PINGPONG_STATE", str(state))
    (state / "clusters" / "one").mkdir(parents=True)
    (state / "machine.json").write_text("{}")
    if foreign:
        (state / "notes").write_text("mine")
    teardown.remove_state()
    assert [path.name for path in state.iterdir()] == ["notes"] if foreign else not state.exists()
