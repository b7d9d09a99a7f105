"""TLS at the application: certificates are replaced while connections live."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import certificates
import pytest
from cryptography import x509
from running import Running, shake_hands, statuses

GET = b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def secure(serve: Callable[..., Running], tmp_path: Path) -> tuple[Running, certificates.SecretVolume]:
    """A service with a certificate named ``first``, and the volume it comes from."""
    volume = certificates.SecretVolume(tmp_path)
    volume.put(*certificates.make("first"))
    tls = {"cert_file": volume.cert_file, "key_file": volume.key_file, "port": 0, "poll_seconds": 0.05}
    return serve(
        tls=tls, limits={"linger_seconds": 0.5, "head_seconds": 0.5, "write_seconds": 0.5, "idle_seconds": 1}
    ), volume


def connect(running: Running, ciphers: str = "DEFAULT", **options: ssl.TLSVersion) -> ssl.SSLSocket:
    return shake_hands(running.connect(running.ports.https), ciphers, **options)


def served_name(connection: ssl.SSLSocket) -> str:
    der = connection.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).subject.rfc4514_string().removeprefix("CN=")


def ping(connection: ssl.SSLSocket) -> list[int]:
    connection.sendall(GET)
    return statuses(connection.recv(4096))


def wait_for_name(running: Running, expected: str) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with connect(running) as connection:
            if served_name(connection) == expected:
                return
        time.sleep(0.02)
    raise AssertionError(f"{expected} was not served within 5 s")


def test_a_new_certificate_is_served_without_a_restart(secure: tuple[Running, certificates.SecretVolume]) -> None:
    running, volume = secure
    with connect(running) as old:
        assert served_name(old) == "first"
        volume.put(*certificates.make("second"))
        wait_for_name(running, "second")
        assert ping(old) == [200]  # what was connected stays so
        with connect(running) as new:
            assert ping(new) == [200]
    assert running.metric('tls_reloads_total{outcome="ok"}') == 1


@pytest.mark.parametrize("broken", ["another's key", "no PEM", "a key with a password", "no file"])
def test_a_broken_pair_leaves_the_old_one_in_use(
    secure: tuple[Running, certificates.SecretVolume], broken: str
) -> None:
    running, volume = secure
    certificate, key = certificates.make("second")
    if broken == "another's key":
        volume.put(certificate, certificates.make("third")[1])
    elif broken == "no PEM":
        volume.put(b"junk", key)
    elif broken == "a key with a password":
        volume.put(certificate, certificates.locked(key))
    else:
        volume.cert_file.unlink()
    deadline = time.monotonic() + 5
    while not running.metric('tls_reloads_total{outcome="failed"}') and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running.metric('tls_reloads_total{outcome="failed"}') > 0
    with connect(running) as connection:
        assert served_name(connection) == "first"
        assert ping(connection) == [200]


def test_old_protocol_versions_are_refused(secure: tuple[Running, certificates.SecretVolume]) -> None:
    with pytest.warns(DeprecationWarning), pytest.raises((ssl.SSLError, ConnectionError)):
        connect(secure[0], minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize(("ciphers", "agreed"), [("ECDHE+AESGCM", True), ("ECDHE+AES:!AESGCM:!AESCCM", False)])
def test_only_modern_ciphers_are_agreed_on(
    secure: tuple[Running, certificates.SecretVolume], ciphers: str, agreed: bool
) -> None:
    try:
        with connect(secure[0], ciphers, maximum_version=ssl.TLSVersion.TLSv1_2) as connection:
            assert agreed, connection.cipher()
    except (ssl.SSLError, ConnectionError):
        assert not agreed


def test_large_and_pipelined_requests_work_over_tls(secure: tuple[Running, certificates.SecretVolume]) -> None:
    with connect(secure[0]) as connection:
        head = GET[:-2] + b"X: " + b"a" * 10_000 + b"\r\n\r\n"
        connection.sendall(head * 5 + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert statuses(received) == [200] * 6


def test_errors_and_slow_clients_end_over_tls_too(secure: tuple[Running, certificates.SecretVolume]) -> None:
    with connect(secure[0]) as connection:
        connection.sendall(b"junk\r\n\r\n")
        assert statuses(connection.recv(4096)) == [400]
        assert connection.recv(4096) == b""
    with connect(secure[0]) as connection:
        connection.sendall(b"GET /")
        assert statuses(connection.recv(4096)) == [408]


def test_a_client_that_does_not_read_over_tls_is_cut(secure: tuple[Running, certificates.SecretVolume]) -> None:
    request = GET.replace(b"/ping", b"/version") * 400
    with connect(secure[0]) as connection:
        connection.settimeout(5)
        sent = 0
        with pytest.raises((ConnectionError, ssl.SSLEOFError)):
            while sent < 200_000_000:
                sent += connection.send(request)
    assert sent < 40_000_000
    assert secure[0].get("/ping") == (200, b"pong")


def test_a_client_that_does_not_close_after_an_error_over_tls_is_cut(
    secure: tuple[Running, certificates.SecretVolume],
) -> None:
    with connect(secure[0]) as connection:
        connection.sendall(b"junk\r\n\r\n")
        assert statuses(connection.recv(4096)) == [400]
        with pytest.raises((ConnectionError, ssl.SSLEOFError)):
            for _turn in range(200):
                time.sleep(0.02)
                connection.send(b"more")


@pytest.mark.parametrize(("said", "answered"), [(GET[:5], []), (GET, [200])], ids=["in a head", "between requests"])
def test_half_a_record_is_no_sign_of_life(
    secure: tuple[Running, certificates.SecretVolume], said: bytes, answered: list[int]
) -> None:
    """What TLS itself still waits for moves no deadline."""
    with connect(secure[0]) as connection:
        connection.sendall(said)
        if answered:
            assert statuses(connection.recv(4096)) == answered
        raw = socket.socket(fileno=connection.detach())
        with raw:
            started = time.monotonic()
            with pytest.raises(ConnectionError):
                for byte in b"\x17\x03\x03\x40\x00" + b"a" * 500:
                    raw.send(bytes([byte]))
                    time.sleep(0.02)
            assert time.monotonic() - started < 5


def test_no_client_can_ask_for_another_handshake(secure: tuple[Running, certificates.SecretVolume]) -> None:
    """Each costs a signature, and none of them would be counted."""
    ended = subprocess.run(
        ["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{secure[0].ports.https}"],
        input="R\n", capture_output=True, text=True, timeout=10, check=False,
    )  # fmt: skip
    assert "RENEGOTIATING" in ended.stdout + ended.stderr
    assert "no renegotiation" in ended.stdout + ended.stderr
