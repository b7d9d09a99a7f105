"""The smoke test passes on a service that answers, and on no other."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest
from running import Running

from pingpong import smoke

SOME = 5


def outcome(url: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    code = smoke.main([url, f"--requests={SOME}"])
    lines = capsys.readouterr().out.splitlines()  # the service's own log is among them
    (said,) = [json.loads(line) for line in lines if line.startswith('{"version"')]
    return code, said


def test_a_service_that_answers_passes(serve: Callable[..., Running], capsys: pytest.CaptureFixture[str]) -> None:
    running = serve()
    code, said = outcome(f"http://127.0.0.1:{running.ports.http}", capsys)
    assert code == 0
    assert (said["failed"], said["answers"]) == (0, {"200 pong": SOME})
    assert '"region"' in str(said["version"])
    assert running.metric("ping_requests_received_total") == SOME


def test_one_that_fails_does_not(serve: Callable[..., Running], capsys: pytest.CaptureFixture[str]) -> None:
    running = serve(faults={"enabled": True})
    running.request("POST", "/-/faults", b'{"error_rate": 1.0, "error_status": 503}', operations=True)
    code, said = outcome(f"http://127.0.0.1:{running.ports.http}", capsys)
    assert (code, said["failed"]) == (1, SOME)
    assert all(str(answer).startswith("503") for answer in dict(said["answers"]))  # type: ignore[call-overload]


def test_nor_does_one_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        code, said = outcome(f"http://127.0.0.1:{taken.getsockname()[1]}", capsys)
    assert (code, said["failed"], said["answers"]) == (1, SOME + 1, {"0 ConnectionRefusedError": SOME})
