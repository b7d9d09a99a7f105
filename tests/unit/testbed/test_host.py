"""The testbed's way to the machine: what fails says why, what is written is written whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testbed import host
from testbed.host import HostError, cache_root, ensure_packages, link, locked, run, state_root, write_json, write_whole


@pytest.mark.parametrize(
    ("program", "said"),
    [
        pytest.param(["sh", "-c", "echo first; echo broken >&2; exit 3"], "exit code 3\nfirst\n", id="output"),
        pytest.param(["sh", "-c", "echo broken >&2; exit 3"], "broken", id="errors"),
        pytest.param(["no-such-program"], "no-such-program: this program is not installed", id="missing"),
    ],
)
def test_a_program_that_fails_is_named_with_what_it_said(program: list[str], said: str) -> None:
    with pytest.raises(HostError) as caught:
        run(program)
    assert said in str(caught.value)


def test_with_a_log_only_this_programs_lines_are_told(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "build.log"
    run(["echo", "an earlier step"], log=log)
    with pytest.raises(HostError) as caught:
        run(["sh", "-c", "echo linking; exit 1"], log=log)
    assert str(caught.value).endswith("exit code 1\nlinking")
    assert log.read_text() == "an earlier step\nlinking\n"


def test_a_program_that_hangs_is_ended() -> None:
    with pytest.raises(HostError, match=r"sleep 60: not done after 0\.1 s"):
        run(["sleep", "60"], timeout=0.1)


def test_a_program_reads_what_it_is_given_and_never_the_terminal() -> None:
    assert run(["cat"], stdin="x").stdout == "x"
    assert run(["cat"]).stdout == ""


@pytest.mark.parametrize(
    ("variable", "root"), [("PINGPONG_CACHE", cache_root), ("PINGPONG_STATE", state_root)], ids=["cache", "state"]
)
def test_the_folders_can_be_moved_by_the_environment(
    variable: str, root: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(root)
    monkeypatch.delenv(variable, raising=False)
    assert root() != tmp_path
    monkeypatch.setenv(variable, str(tmp_path))
    assert root() == tmp_path


HOLD = """
import sys, time
from pathlib import Path
from testbed.host import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_ends_with_the_process_that_was_killed_holding_it(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "istio"
    arguments = [sys.executable, "-c", HOLD, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(host.REPOSITORY)}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        assert run(["flock", "--nonblock", path, "true"], check=False).returncode == 1
        holder.kill()
        with locked(path):
            pass


class TestPackages:
    def test_nothing_is_installed_when_all_are_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        assert ensure_packages(["dpkg"]) == []

    def test_without_root_the_command_to_run_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        with pytest.raises(HostError, match=r"apt-get install no-such-package$"):
            ensure_packages(["dpkg", "no-such-package"])

    def test_on_another_system_the_packages_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        with pytest.raises(HostError, match="install the like of: mmdebstrap"):
            ensure_packages(["mmdebstrap"])


class TestWriting:
    def test_a_file_has_its_mode_and_nothing_is_left_beside_it(self, tmp_path: Path) -> None:
        path = tmp_path / "deep" / "token"
        write_whole(path, "old", 0o600)
        write_whole(path, "new", 0o600)
        assert path.read_text() == "new"
        assert path.stat().st_mode & 0o777 == 0o600
        assert list(path.parent.iterdir()) == [path]

    def test_a_write_that_fails_leaves_the_old_file(self, tmp_path: Path) -> None:
        path = tmp_path / "facts"
        write_whole(path, "old")
        with pytest.raises(UnicodeEncodeError):
            write_whole(path, "\ud800")
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_json_is_sorted(self, tmp_path: Path) -> None:
        write_json(tmp_path / "facts", {"b": 1, "a": 2})
        assert (tmp_path / "facts").read_text() == '{\n  "a": 2,\n  "b": 1\n}\n'

    def test_a_link_follows_its_target(self, tmp_path: Path) -> None:
        path = tmp_path / "bin" / "kind"
        for target in ("old", "old", "new"):
            link(path, tmp_path / target)
            assert path.readlink() == tmp_path / target
        assert list(path.parent.iterdir()) == [path]
