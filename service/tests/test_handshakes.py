"""TLS handshakes: how many, how long, and what hostile clients make of them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import certificates
import pytest
from running import Running, client_context, hello, read_all, shake_hands, statuses

from pingpong.http import handshakes

GET = b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
MOST = 16
OVER = MOST // 8  # how many more are heard out, to be told over TLS that they are too many
CONNECTIONS, REFUSED = 'http_connections{port="http"}', 'http_connections_refused_total{port="http"}'


@pytest.fixture
def secure(serve: Callable[..., Running], tmp_path: Path) -> Running:
    """A service with TLS and few places."""
    volume = certificates.SecretVolume(tmp_path)
    volume.put(*certificates.make("first"))
    tls = {"cert_file": volume.cert_file, "key_file": volume.key_file, "port": 0}
    return serve(tls=tls, limits={"max_connections": MOST, "linger_seconds": 0.5})


HALF_OPEN = {"silent": b"", "one byte": b"\x16", "half a hello": hello()[:60], "a hello, and no more": hello()}


@contextlib.contextmanager
def crowd(running: Running, port: int | None, count: int, says: bytes) -> Iterator[list[socket.socket]]:
    """Clients that connect to ``port``, say something and hold on."""
    clients: list[socket.socket] = []
    try:
        for _turn in range(count):
            clients.append(running.connect(port))
            with contextlib.suppress(ConnectionError):
                clients[-1].sendall(says)
        yield clients
    finally:
        for client in clients:
            client.close()


def wait_for(running: Running, sample: str, enough: Callable[[float], bool]) -> float:
    deadline = time.monotonic() + 5
    while not enough(value := running.metric(sample)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert enough(value), (sample, value)
    return value


def is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        while data := client.recv(65536):
            assert data
    except BlockingIOError:
        return True
    except ConnectionError:
        pass
    return False


@pytest.mark.parametrize("case", HALF_OPEN)
def test_a_flood_of_half_open_handshakes_keeps_nobody_out(secure: Running, case: str) -> None:
    """However many there are, they take the places that nobody else needs."""
    with (
        shake_hands(secure.connect(secure.ports.https)) as before,
        crowd(secure, secure.ports.https, 10 * MOST, HALF_OPEN[case]) as flood,
    ):
        wait_for(secure, REFUSED, lambda refused: refused >= 9 * MOST)
        assert secure.metric(CONNECTIONS) <= MOST
        assert secure.get("/healthz", operations=True) == (200, b"ok\n")
        assert secure.get("/ping") == (200, b"pong")
        for connection in (before, shake_hands(secure.connect(secure.ports.https))):
            connection.sendall(GET)
            assert statuses(connection.recv(4096)) == [200]
        # the oldest made room
        assert [is_open(client) for client in flood[: 8 * MOST]] == [False] * 8 * MOST
        assert is_open(flood[-1])


def test_no_connection_is_cut_for_a_handshake(secure: Running) -> None:
    with crowd(secure, None, MOST, b"") as clients, crowd(secure, secure.ports.https, 5 * MOST, hello()):
        wait_for(secure, REFUSED, lambda refused: refused >= 5 * MOST - OVER)
        assert secure.metric(CONNECTIONS) <= MOST + OVER
        for client in clients:
            client.sendall(GET)
            assert statuses(client.recv(4096)) == [200]
            assert is_open(client)


def test_one_over_the_limit_is_told_so_over_tls(secure: Running) -> None:
    with crowd(secure, None, MOST, GET):
        wait_for(secure, CONNECTIONS, lambda count: count == MOST)
        with shake_hands(secure.connect(secure.ports.https)) as client:
            assert statuses(client.recv(4096)) == [503]
    assert secure.metric(REFUSED) == 1


def test_a_handshake_has_a_place_like_any_connection(secure: Running) -> None:
    with crowd(secure, secure.ports.https, MOST // 2, hello()), crowd(secure, None, MOST // 2, GET):
        wait_for(secure, CONNECTIONS, lambda count: count == MOST)
        assert secure.metric(REFUSED) == 0
    wait_for(secure, CONNECTIONS, lambda count: count == 0)


def test_a_burst_of_honest_clients_is_served_whole(secure: Running) -> None:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(secure.connect(secure.ports.https)) for _turn in range(MOST)]
        connections = [stack.enter_context(shake_hands(client)) for client in sockets]
        for connection in connections:
            connection.sendall(GET)
        assert [statuses(connection.recv(4096)) for connection in connections] == [[200]] * MOST


@pytest.mark.parametrize("case", [*HALF_OPEN, "a byte at a time"])
def test_a_handshake_that_takes_too_long_is_cut(secure: Running, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.setattr(handshakes, "SECONDS", 0.4)
    with secure.connect(secure.ports.https) as client:
        started = time.monotonic()
        client.sendall(HALF_OPEN.get(case, b""))
        if case == "a byte at a time":
            with contextlib.suppress(ConnectionError):
                for byte in hello()[:60]:
                    client.sendall(bytes([byte]))
                    time.sleep(0.02)
        assert statuses(read_all(client)) == []
        assert 0.3 < time.monotonic() - started < 4
    wait_for(secure, CONNECTIONS, lambda count: count == 0)


def record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BHH", kind, 0x0301, len(content)) + content


def announced(size: int) -> bytes:
    """A hello that is announced as ``size`` bytes, and the first 160 KiB of it."""
    begin = b"\x01" + size.to_bytes(3, "big") + b"\x03\x03"
    return record(22, begin + b"a" * 16000) + record(22, b"a" * 16384) * 9


HOSTILE = {
    "plain text": GET,
    "a hello of SSL 2": b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80" + b"a" * 34,
    "a record larger than there are": b"\x16\x03\x01\xff\xff" + b"a" * 65535,
    "records without content": record(22, b"") * 2000,
    "warnings without end": record(21, b"\x01\x00") * 2000,
    "changes of the cipher without end": hello() + record(20, b"\x01") * 2000,
    "a hello of 16 MiB": announced(0xFFFFFF),
    "a hello of 128 KiB of junk": announced(0x1FFFF),
    "two hellos": hello() + hello(),
    "data before the handshake is done": hello() + record(23, GET),
    "a name with a NUL": hello("loca-host").replace(b"loca-host", b"loca\0host"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_handshake_ends_at_once_and_gets_nothing(secure: Running, case: str) -> None:
    started = time.monotonic()
    with secure.connect(secure.ports.https) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(HOSTILE[case])
        assert b"pong" not in read_all(client)
    assert time.monotonic() - started < 4
    wait_for(secure, CONNECTIONS, lambda count: count == 0)
    assert secure.get("/ping") == (200, b"pong")


RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: closed by a reset


@pytest.mark.parametrize("end", ["a reset", "a half close"])
@pytest.mark.parametrize("case", HALF_OPEN)
def test_clients_that_leave_a_handshake_leave_nothing(secure: Running, case: str, end: str) -> None:
    for _turn in range(3 * MOST):
        with secure.connect(secure.ports.https) as client:
            client.sendall(HALF_OPEN[case])
            if end == "a reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            else:
                client.shutdown(socket.SHUT_WR)
                assert statuses(read_all(client)) == []
    wait_for(secure, CONNECTIONS, lambda count: count == 0)
    with shake_hands(secure.connect(secure.ports.https)) as connection:
        connection.sendall(GET)
        assert statuses(connection.recv(4096)) == [200]


@pytest.mark.parametrize(
    ("sent", "expected"), [(GET[:20], []), (GET, [200]), (GET * 3, [200] * 3), (b"junk\r\n\r\n", [400])]
)
def test_a_half_close_behind_a_request_is_answered_first(secure: Running, sent: bytes, expected: list[int]) -> None:
    with shake_hands(secure.connect(secure.ports.https)) as client:
        client.sendall(sent)
        socket.socket.shutdown(client, socket.SHUT_WR)  # of the connection below, without a word of TLS
        assert statuses(read_all(client)) == expected
    wait_for(secure, CONNECTIONS, lambda count: count == 0)


def test_requests_that_come_with_the_end_of_the_handshake_are_read(secure: Running) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context().wrap_bio(incoming, outgoing)
    count = 900
    with secure.connect(secure.ports.https) as connection:
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(outgoing.read())
                incoming.write(connection.recv(65536))
        for _turn in range(count):
            client.write(GET)
        connection.sendall(outgoing.read())
        received = b""
        while received.count(b"pong") < count:
            incoming.write(connection.recv(65536))
            with contextlib.suppress(ssl.SSLWantReadError):
                while True:
                    received += client.read(65536)
    assert statuses(received) == [200] * count
