"""Pinging the peer: every way it can go has a name, is counted, and keeps the trace."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from running import Running

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npong"


@contextmanager
def server(reply: bytes, *, hold: bool = False, reset: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """A peer that answers everything with ``reply``; its port, and what it was sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    heard: list[bytes] = []
    done = threading.Event()

    def run() -> None:
        held = []
        while not done.is_set():
            try:
                connection, _unused = listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(2)
            heard.append(connection.recv(65536))
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(reply)
            held.append(connection) if hold else connection.close()
        for connection in held:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        done.set()
        thread.join()
        listener.close()


def serve_with(serve: Callable[..., Running], target: str) -> Running:
    return serve(target=target, peer={"interval_seconds": 3600, "timeout_seconds": 0.5})


OUTCOMES = {
    "ok": ({"reply": OK}, "ok", 200),
    "ok, in chunks": (
        {"reply": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npong\r\n0\r\n\r\n"}, "ok", 200),
    "ok, after an interim reply": ({"reply": b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK}, "ok", 200),
    "ok, until the connection ends": ({"reply": b"HTTP/1.0 200 OK\r\n\r\npong"}, "ok", 200),
    "the end of the connection in a head": ({"reply": b"HTTP/1.0 200 OK\r\n"}, "reset", 502),
    "a switch of protocols": (
        {"reply": b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"}, "protocol", 502),
    "another status": ({"reply": b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"}, "status", 502),
    "another body": ({"reply": OK.replace(b"pong", b"pang")}, "body", 502),
    "no HTTP": ({"reply": b"hello\r\n\r\n"}, "protocol", 502),
    "a truncated reply": ({"reply": OK[:-1]}, "reset", 502),
    "too much": ({"reply": b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"a" * 99999}, "protocol", 502),
    "no reply": ({"reply": b"", "hold": True}, "timeout", 502),
    "a reset": ({"reply": b"", "reset": True}, "reset", 502),
}  # fmt: skip


@pytest.mark.parametrize("case", OUTCOMES)
def test_outcomes(serve: Callable[..., Running], case: str) -> None:
    options, outcome, status = OUTCOMES[case]
    with server(**options) as (port, _unused):  # type: ignore[arg-type]
        running = serve_with(serve, f"http://127.0.0.1:{port}/ping")
        found, body = running.get("/peer")
        assert (found, json.loads(body)["outcome"]) == (status, outcome)
        assert running.metric(f'peer_pings_total{{outcome="{outcome}"}}') == 1
        assert running.metric("peer_up") == (outcome == "ok")
        assert running.metric("peer_ping_duration_seconds_count") == 1


@pytest.mark.parametrize(
    ("target", "outcome"),
    [
        ("http://127.0.0.1:1/ping", "refused"),
        ("http://nowhere.invalid/ping", "dns"),
        ("http://a..b/ping", "dns"),
        ("https://127.0.0.1:{}/", "tls"),
    ],
)
def test_outcomes_without_a_peer(serve: Callable[..., Running], target: str, outcome: str) -> None:
    with server(OK) as (port, _unused):
        running = serve(target=target.format(port), peer={"interval_seconds": 3600, "timeout_seconds": 5})
        assert json.loads(running.get("/peer")[1])["outcome"] == outcome


def test_the_callers_trace_is_passed_on(serve: Callable[..., Running]) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = f"traceparent: 00-{trace_id}-00f067aa0ba902b7-01\r\ntracestate: a=1\r\n"
    with server(OK) as (port, heard):
        running = serve_with(serve, f"http://127.0.0.1:{port}/some/ping?x=1")
        body = running.get("/peer", headers=headers)[1]
    assert json.loads(body)["trace_id"] == trace_id
    (request,) = heard
    assert request.startswith(b"GET /some/ping?x=1 HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n" % port)
    found = re.search(rb"traceparent: 00-(\w{32})-(\w{16})-01\r\ntracestate: a=1\r\n", request)
    assert found is not None
    assert found[1].decode() == trace_id
    assert found[2] != b"00f067aa0ba902b7"


def test_it_pings_at_an_interval_with_new_traces(serve: Callable[..., Running]) -> None:
    with server(OK) as (port, heard):
        running = serve(target=f"http://127.0.0.1:{port}/ping", peer={"interval_seconds": 0.05})
        deadline = time.monotonic() + 5
        while len(heard) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        running.stop()
    traces = {found[1] for found in (re.search(rb"traceparent: 00-(\w{32})-", request) for request in heard) if found}
    assert len(traces) == len(heard) >= 3


def test_pings_on_demand_are_bounded(serve: Callable[..., Running]) -> None:
    """What comes in is not multiplied into what goes out."""
    with server(b"", hold=True) as (port, heard):
        running = serve(target=f"http://127.0.0.1:{port}/ping", peer={"interval_seconds": 3600, "timeout_seconds": 20})
        callers = [running.connect() for _turn in range(8)]
        for caller in callers:
            caller.sendall(b"GET /peer HTTP/1.1\r\nHost: a\r\n\r\n")
        deadline = time.monotonic() + 10
        while len(heard) < 8 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert running.get("/peer")[0] == 503
        for caller in callers:
            caller.close()
