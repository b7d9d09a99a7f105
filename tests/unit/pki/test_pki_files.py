"""Files: for their owner alone, whole or not there, followed as declared."""

from __future__ import annotations

import os
import stat
from pathlib import Path

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
    assert "is 0644, wanted 0640" in result["why"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("nobody-of-that-name", None, None), r"files.owner: found \"nobody-of-that-name\", expected a user"),
        ((None, "no-such-group", None), r"files.group: found \"no-such-group\", expected a group"),
        ((None, None, "rw-"), r"files.mode: found \"rw-\", expected octal digits"),
        ((None, None, "7777"), r"files.mode: found \"7777\""),
    ],
)
def test_wrong_access(options: tuple[str | None, str | None, str | None], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        atomic.parse_access("files", *options)
