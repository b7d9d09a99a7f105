"""exec: the API server copies each stream by itself, so the exit code may overtake output."""

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.exec import ExecResult, _collect
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.transport import ConnectionLost

SUCCESS = b"\x03" + json.dumps({"status": "Success"}).encode()
FAILED = (
    b"\x03"
    + json.dumps({"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "7"}]}}).encode()
)


class Scripted:
    """A websocket that delivers its messages, then closes or stays silent."""

    def __init__(self, *messages: bytes, closes: bool = True) -> None:
        self.messages = [*messages]
        self.closes = closes

    def receive(self) -> bytes | None:
        if self.messages:
            return self.messages.pop(0)
        if self.closes:
            return None
        raise TimeoutError


def collect(socket: Scripted) -> ExecResult:
    return _collect(socket, time.monotonic() + 5, lambda seconds: None, "exec in a/b")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("socket", "result"),
    [
        (Scripted(b"\x01out", SUCCESS), ExecResult(0, "out", "")),
        (Scripted(SUCCESS, b"\x01out", b"\x02err"), ExecResult(0, "out", "err")),
        (Scripted(b"\x01ou", FAILED, b"\x01t"), ExecResult(7, "out", "")),
        (Scripted(SUCCESS, b"\x01out", closes=False), ExecResult(0, "out", "")),
    ],
)
def test_output_that_comes_after_the_exit_code_is_kept(socket: Scripted, result: ExecResult) -> None:
    assert collect(socket) == result


def test_a_connection_that_closes_without_an_exit_code_is_lost() -> None:
    with pytest.raises(ConnectionLost, match="before the program's exit code"):
        collect(Scripted(b"\x01out"))


def test_silence_without_an_exit_code_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        collect(Scripted(b"\x01out", closes=False))
