"""What one client may take: space, time, connections. Each bound is reached and seen to hold."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

import pytest
from running import Running, read_all, statuses

GET = b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /ping HTTP/1.1\r\nHost: a\r\n"
SHORT = {
    "max_head_bytes": 1024, "max_headers": 5, "max_body_bytes": 100, "max_connections": 4,
    "head_seconds": 0.3, "body_seconds": 0.3, "idle_seconds": 0.5, "write_seconds": 0.5, "linger_seconds": 0.3,
}  # fmt: skip


@pytest.fixture(scope="module")
def strict(serving: Callable[..., Running]) -> Running:
    """A service with limits that a test can reach."""
    return serving(limits=SHORT, faults={"enabled": True})


def chunks(size: int, count: int, extension: bytes = b"") -> bytes:
    body = b"".join(b"%x%b\r\n%b\r\n" % (size, extension, b"a" * size) for _turn in range(count))
    return POST + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


TOO_MUCH = {
    "one long header": (GET[:-2] + b"X: " + b"a" * 1024 + b"\r\n\r\n", 431),
    "a header without an end": (GET[:-2] + b"X: " + b"a" * 40000, 431),
    "a header name without an end": (GET[:-2] + b"a" * 40000, 431),
    "a path without an end": (b"GET /" + b"a" * 40000, 414),
    "a long path": (b"GET /" + b"a" * 1024 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "empty lines without an end": (b"\r\n" * 20000, 431),
    "many headers": (GET[:-2] + b"".join(b"X%d: 1\r\n" % n for n in range(5)) + b"\r\n", 431),
    "one header many times": (GET[:-2] + b"X: 1\r\n" * 5 + b"\r\n", 431),
    "a large body announced": (POST + b"Content-Length: 101\r\n\r\n", 413),
    "a large body in chunks": (chunks(60, 2), 413),
    "chunk extensions without an end": (chunks(1, 99, b";" + b"a" * 500), 413),
    "trailers without an end": (chunks(1, 1)[:-2] + b"X-T: " + b"a" * 40000, 413),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_space_is_bounded(strict: Running, case: str) -> None:
    sent, expected = TOO_MUCH[case]
    with strict.connect() as connection:
        with contextlib.suppress(ConnectionError):  # the server need not read all of it
            connection.sendall(sent)
        assert statuses(read_all(connection)) == [expected]


def test_space_just_under_the_bounds(strict: Running) -> None:
    head = GET[:-2] + b"X: " + b"a" * 900 + b"\r\n\r\n"
    body = POST + b"Content-Length: 100\r\n\r\n" + b"a" * 100
    assert statuses(strict.exchange(head + body + chunks(50, 2))) == [200, 500, 500]


def test_many_pipelined_heads_do_not_add_up(strict: Running) -> None:
    """The bound is for one request, wherever in a read it starts."""
    with strict.connect() as connection:
        stream = (GET[:-2] + b"X: " + b"a" * 700 + b"\r\n\r\n") * 60
        connection.sendall(stream[:20000])
        time.sleep(0.05)
        connection.sendall(stream[20000:])
        connection.shutdown(socket.SHUT_WR)
        assert statuses(read_all(connection)) == [200] * 60


def drip(connection: socket.socket, data: bytes, every: float = 0.05, patience: float = 8) -> bytes:
    """Send a byte at a time until the server answers; what it answered."""
    connection.settimeout(every)
    deadline = time.monotonic() + patience
    for at in range(len(data)):
        with contextlib.suppress(TimeoutError):
            return read_first(connection)
        if time.monotonic() > deadline:
            break
        with contextlib.suppress(ConnectionError):
            connection.send(data[at : at + 1])
    raise AssertionError(f"the server still waits after {patience} s")


def read_first(connection: socket.socket) -> bytes:
    return connection.recv(65536)


SLOW = {
    "a head, byte by byte": GET[:-2] + b"X: " + b"a" * 500,
    "a path, byte by byte": b"GET /" + b"a" * 500,
    "empty lines, byte by byte": b"\r\n" * 250,
    "a body, byte by byte": POST + b"Content-Length: 90\r\n\r\n" + b"a" * 80,
    "a chunk, byte by byte": POST + b"Transfer-Encoding: chunked\r\n\r\n50\r\n" + b"a" * 80,
}


@pytest.mark.parametrize("case", SLOW)
def test_slow_clients_are_told_and_cut(strict: Running, case: str) -> None:
    data = SLOW[case]
    quick, _unused, slow = (
        data.partition(b"\r\n\r\n") if b"body" in case.encode() or "chunk" in case else (b"", b"", data)
    )
    with strict.connect() as connection:
        connection.sendall(quick + b"\r\n\r\n" if quick else b"")
        assert statuses(drip(connection, slow)) == [408]


def test_idle_clients_are_closed_without_a_word(strict: Running) -> None:
    with strict.connect() as connection:
        connection.sendall(GET)
        assert statuses(connection.recv(1000)) == [200]
        started = time.monotonic()
        assert connection.recv(1000) == b""
        assert 0.3 < time.monotonic() - started < 5


def test_silent_clients_are_closed_without_a_word(strict: Running) -> None:
    with strict.connect() as connection:
        assert connection.recv(1000) == b""


def test_a_client_that_does_not_close_after_an_error_is_cut(strict: Running) -> None:
    with strict.connect() as connection:
        connection.sendall(b"junk\r\n\r\n")
        assert statuses(connection.recv(1000)) == [400]
        with pytest.raises(ConnectionError):
            for _turn in range(100):
                time.sleep(0.02)
                connection.send(b"more")


def test_a_client_that_does_not_read_is_cut(serve: Callable[..., Running]) -> None:
    """Its replies fill the write buffer, then its requests wait, then its time is up: memory stays bounded."""
    running = serve(limits=SHORT)
    request = b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n" * 400
    with running.connect() as connection:
        connection.settimeout(0.2)
        sent = 0
        with pytest.raises(ConnectionError):
            for _turn in range(400):
                with contextlib.suppress(TimeoutError):
                    sent += connection.send(request)
    # both kernels' socket buffers take some megabytes; the service itself takes nearly nothing
    assert sent < 40_000_000
    assert running.get("/ping") == (200, b"pong")


def test_a_client_that_reads_late_gets_every_reply(plain: Running) -> None:
    count = 20_000
    with plain.connect() as connection:
        received = bytearray()

        def send() -> None:
            for _turn in range(count // 20):
                connection.sendall(GET * 20)
            connection.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(0.3)
        while piece := connection.recv(65536):
            received += piece
        sender.join()
    assert received.count(b"HTTP/1.1 200 OK") == count


def test_connections_are_bounded(strict: Running) -> None:
    refused = strict.metric('http_connections_refused_total{port="http"}')
    open_ones = [strict.connect() for _turn in range(4)]
    try:
        for connection in open_ones:
            connection.sendall(GET)
            assert statuses(connection.recv(1000)) == [200]
        with strict.connect() as fifth:
            assert statuses(read_all(fifth)) == [503]
        # probes and scrapes have a port, and so connections, of their own
        assert strict.get("/healthz", operations=True) == (200, b"ok\n")
        assert strict.metric('http_connections_refused_total{port="http"}') == refused + 1
    finally:
        for connection in open_ones:
            connection.close()


def test_connections_over_the_limit_are_bounded_too(serve: Callable[..., Running]) -> None:
    """Beyond twice the limit nobody is heard out any more: what is left open is no way around the limit."""
    running = serve(limits={"max_connections": 4, "linger_seconds": 30})
    crowd = [running.connect() for _turn in range(20)]
    try:
        deadline = time.monotonic() + 5
        while running.metric('http_connections_refused_total{port="http"}') < 16 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert running.metric('http_connections{port="http"}') <= 8
        assert statuses(read_all(crowd[-1])) == [503]
    finally:
        for connection in crowd:
            connection.close()


def wait_until_free(running: Running) -> None:
    deadline = time.monotonic() + 3
    while running.metric('http_connections{port="http"}') and time.monotonic() < deadline:
        time.sleep(0.02)


def test_nothing_is_read_while_a_reply_is_under_way(strict: Running) -> None:
    """So a client can have no more waiting than one read holds, and gets every reply all the same."""
    wait_until_free(strict)
    strict.request("POST", "/-/faults", b'{"latency_seconds": 0.5, "seconds": 0.2}', operations=True)
    with strict.connect() as connection:
        connection.sendall(GET * 500)
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.1)
        (waiting,) = strict.service.server.connections()
        assert 0 < waiting.queued < 80
        assert statuses(read_all(connection)) == [200] * 500


def test_requests_on_a_connection_are_bounded(serve: Callable[..., Running]) -> None:
    running = serve(limits={"max_requests_per_connection": 3})
    reply = running.exchange(GET * 10, half_close=False)
    assert statuses(reply) == [200] * 3
    assert reply.count(b"connection: close") == 1


def test_an_error_behind_a_slow_reply_comes_after_it(strict: Running) -> None:
    wait_until_free(strict)
    strict.request("POST", "/-/faults", b'{"latency_seconds": 0.1, "seconds": 5}', operations=True)
    try:
        assert statuses(strict.exchange(GET + GET + b"junk\r\n\r\n", half_close=False)) == [200, 200, 400]
    finally:
        strict.request("DELETE", "/-/faults", operations=True)


def test_a_body_is_asked_for_after_the_reply_before_it(strict: Running) -> None:
    wait_until_free(strict)
    strict.request("POST", "/-/faults", b'{"latency_seconds": 0.1, "seconds": 5}', operations=True)
    try:
        with strict.connect() as connection:
            connection.sendall(GET + POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            received = b""
            while statuses(received) != [200, 100]:
                received += (piece := connection.recv(1000))
                assert piece
            connection.sendall(b"abc")
            assert statuses(connection.recv(1000)) == [500]
    finally:
        strict.request("DELETE", "/-/faults", operations=True)
