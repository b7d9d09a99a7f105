"""Files: for their owner alone, whole or not there, followed as declared."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks import atomic
from pki_support import engine


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_private_before_anything_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (seen.append((os.fstat(fd).st_mode & 0o777, fd)), real(fd))[1])
    made = os.open
    flags: list[int] = []

    def opened(path: str, flag: int, mode: int = 0o777, **more: int) -> int:
        flags.append(flag)
        return made(path, flag, mode, **more)

    monkeypatch.setattr(os, "open", opened)
    os.umask(0)
    atomic.write(tmp_path / "key", b"secret", atomic.Access())
    assert flags[0] & os.O_EXCL and flags[0] & os.O_NOFOLLOW
    assert seen[0][0] == 0o600 and mode(tmp_path / "key") == 0o600
    os.umask(0o022)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_bytes(b"old")

    def fail(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(PlatformError, match="can't be written: No space left on device"):
        atomic.write(tmp_path / "key", b"new", atomic.Access())
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("key", b"old")]


def test_of_a_pair_that_cannot_be_written_whole_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new key beside the old certificate would end the service that reads them."""
    pair = {"certificate": str(tmp_path / "a.pem"), "key": str(tmp_path / "a.key"), "chain": str(tmp_path / "a.chain")}
    task = [{"name": "a", "common_name": "a", "sinks": [{"files": pair}]}]
    engine().run(task)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    real, turns = os.fsync, iter(range(9))

    def full(descriptor: int) -> None:
        if next(turns) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PlatformError, match=r"a\.pem: can't be written: No space left on device"):
        engine().run([{**task[0], "common_name": "b"}])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_key_has_a_mode_of_its_own_and_is_never_everyone_s(tmp_path: Path) -> None:
    pair = {"certificate": str(tmp_path / "a.pem"), "key": str(tmp_path / "a.key"), "mode": "0644"}
    with pytest.raises(OptionError, match=r"sinks\[0\].files.mode: found 0644, which gives the key to every user"):
        engine().run([{"name": "a", "common_name": "a", "sinks": [{"files": pair}]}])
    with pytest.raises(OptionError, match=r"files.key_mode: found 0604, which gives the key to every user"):
        engine().run([{"name": "a", "common_name": "a", "sinks": [{"files": {**pair, "key_mode": "0604"}}]}])
    task = [{"name": "a", "common_name": "a", "sinks": [{"files": {**pair, "key_mode": "0600"}}]}]
    engine().run(task)
    assert (mode(tmp_path / "a.pem"), mode(tmp_path / "a.key")) == (0o644, 0o600)
    assert not engine().run(task)["changed"]


def test_a_link_at_the_name_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (tmp_path / "key").symlink_to(tmp_path / "elsewhere")
    atomic.write(tmp_path / "key", b"ours", atomic.Access())
    assert (tmp_path / "elsewhere").read_bytes() == b"theirs" and not (tmp_path / "key").is_symlink()


def test_a_mode_that_drifted_is_mended_without_a_new_certificate(tmp_path: Path) -> None:
    pair = {"certificate": str(tmp_path / "a.pem"), "key": str(tmp_path / "a.key"), "mode": "0640"}
    task = [{"name": "a", "common_name": "a", "sinks": [{"files": pair}]}]
    made = engine().run(task)["certificates"][0]["fingerprint"]
    assert mode(tmp_path / "a.key") == 0o640
    (tmp_path / "a.key").chmod(0o644)
    result = engine().run(task)["certificates"][0]
    assert (result["reason"], result["fingerprint"], mode(tmp_path / "a.key")) == ("sink_changed", made, 0o640)
    assert "is 0644, expected 0640" in result["why"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("nobody-of-that-name", None, None), r"files.owner: found \"nobody-of-that-name\", expected a user"),
        ((None, "no-such-group", None), r"files.group: found \"no-such-group\", expected a group"),
        ((None, None, "rw-"), r"files.mode: found \"rw-\", expected octal digits"),
        ((None, None, "7777"), r"files.mode: found \"7777\""),
        ((None, None, 0o7777), r"files.mode: found \"4095\""),
        ((str(2**32 - 1), None, None), r"files.owner: found \"4294967295\", expected at most 4294967294"),
    ],
)
def test_wrong_access(options: tuple[str | None, str | None, str | int | None], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        atomic.parse_access("files", *options)


def test_a_mode_that_yaml_has_read_as_a_number_is_the_mode_that_was_written() -> None:
    assert atomic.parse_access("files", None, None, 0o640).mode == 0o640


def test_what_a_killed_run_left_is_healed_and_removed(tmp_path: Path) -> None:
    """Killed between the two files of a renewal: the key is the new one, the certificate the old one."""
    pair = {"certificate": str(tmp_path / "a.pem"), "key": str(tmp_path / "a.key")}
    task = [{"name": "a", "common_name": "a", "sinks": [{"files": pair}]}]
    engine().run(task)
    old = (tmp_path / "a.pem").read_bytes()
    (tmp_path / "a.pem").unlink()
    engine().run(task)
    (tmp_path / "a.pem").write_bytes(old)
    (tmp_path / ".a.key.0123456789abcdef").write_bytes(b"half a key")
    (tmp_path / ".a.key.of-another").write_bytes(b"theirs")
    assert engine().run(task)["certificates"][0]["reason"] == "damaged"
    assert not engine().run(task)["changed"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.key.of-another", "a.key", "a.pem"]


def test_runs_at_once_make_one_pair(tmp_path: Path) -> None:
    pair = {"certificate": str(tmp_path / "new" / "a.pem"), "key": str(tmp_path / "new" / "a.key")}
    task = [{"name": "a", "common_name": "a", "sinks": [{"files": pair}]}]
    with ThreadPoolExecutor(8) as pool:
        done = [future.result() for future in [pool.submit(engine().run, task) for _unused in range(8)]]
    assert sorted(one["certificates"][0]["reason"] for one in done) == ["created", *["none"] * 7]
    assert len({one["certificates"][0]["fingerprint"] for one in done}) == 1


def test_a_folder_under_two_names_is_one(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "certs").symlink_to("private")
    pair = {"certificate": str(tmp_path / "certs" / "a.pem"), "key": str(tmp_path / "private" / "a.key")}
    task = [{"name": "a", "common_name": "a", "sinks": [{"files": pair}]}]
    run = Thread(target=lambda: engine().run(task), daemon=True)
    run.start()
    run.join(timeout=30)
    assert not run.is_alive(), "it waits for itself"
    assert not engine().run(task)["changed"]


def test_a_link_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.pem").symlink_to("a.pem")
    pair = {"certificate": str(tmp_path / "a.pem"), "key": str(tmp_path / "a.key")}
    with pytest.raises(PlatformError, match=r"a\.pem: can't be read: Too many levels of symbolic links"):
        engine().run([{"name": "a", "common_name": "a", "sinks": [{"files": pair}]}])


def test_a_folder_that_cannot_be_made_is_named() -> None:
    pair = {"certificate": "/proc/none/a.pem", "key": "/proc/none/a.key"}
    with pytest.raises(PlatformError, match="/proc/none: can't be made: No such file or directory"):
        engine().run([{"name": "a", "common_name": "a", "sinks": [{"files": pair}]}])
