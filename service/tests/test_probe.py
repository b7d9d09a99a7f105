"""The probe program against live sockets: what each kind of peer looks like from the client's side."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import io
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pingpong.probe.__main__ import main
from pingpong.probe.client import run
from pingpong.probe.hold import answer
from pingpong.probe.sockets import socket_tables
from pingpong.probe.tls import VERSIONS

SERVER_ID = "spiffe://pingpong.local/ns/pingpong-b/sa/pingpong-b"
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


class Authority:
    """A throwaway CA that signs leaves with one URI name."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self.name, self.key.public_key(), NOW - DAY, NOW + DAY)
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        self.certificate = builder.add_extension(constraints, critical=True).sign(self.key, hashes.SHA256())

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, start: dt.datetime, end: dt.datetime
    ) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
        return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def leaf(self, uri: str, start: dt.datetime = NOW - DAY, end: dt.datetime = NOW + DAY) -> dict[str, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")])
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])
        builder = self._builder(subject, key.public_key(), start, end).add_extension(names, critical=False)
        pem = builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {"certificate": pem, "key": secret.decode()}


@contextlib.contextmanager
def serving(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """A loopback server that gives each connection to handle; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def loop() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection = server.accept()[0]
                    with contextlib.suppress(OSError), connection:
                        handle(connection)

        threading.Thread(target=loop, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def mesh_ca() -> Authority:
    return Authority("mesh")


@pytest.fixture(scope="module")
def strict_port(mesh_ca: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server as a sidecar in STRICT mode is one: TLS with a required, verified client certificate."""
    identity = mesh_ca.leaf(SERVER_ID)
    path = Path(tmp_path_factory.mktemp("server")) / "pair.pem"
    path.write_text(identity["certificate"] + identity["key"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.load_verify_locations(cadata=mesh_ca.pem)
    context.verify_mode = ssl.CERT_REQUIRED

    def handle(connection: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as secured:
            answer(secured)

    with serving(handle) as port:
        yield port


def one(port: int, *, tls: dict[str, Any] | None, timeout: float = 3, **document: Any) -> dict[str, Any]:
    probes = [
        {"id": "x", "host": "127.0.0.1", "port": port, "tls": tls, "nonce": "n-42", "request": {"path": "/whoami"}}
    ]
    result: dict[str, Any] = run({"probes": probes, "timeout": timeout, **document})["results"][0]
    return result


GOOD, EARLY, LATE = "good", "not_yet_valid", "expired"


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize(
    ("identity", "answered", "errors"),  # in TLS 1.3 the alert may lose the race against the closing connection
    [
        (GOOD, True, {None}),
        (None, False, {"alert:handshake_failure", "alert:certificate_required", "eof", "reset"}),
        ("stranger", False, {"alert:unknown_ca", "eof", "reset"}),
        (LATE, False, {"alert:certificate_expired", "eof", "reset"}),
        (EARLY, False, {"alert:bad_certificate", "alert:certificate_unknown", "eof", "reset"}),
    ],
)
def test_a_strict_server_answers_only_the_good_identity(
    mesh_ca: Authority, strict_port: int, version: str, identity: str | None, answered: bool, errors: set[str | None]
) -> None:
    identities = {
        GOOD: mesh_ca.leaf("spiffe://pingpong.local/ns/pingpong-a/sa/pingpong-a"),
        LATE: mesh_ca.leaf("spiffe://x/ns/a/sa/a", NOW - DAY, NOW - DAY / 2),
        EARLY: mesh_ca.leaf("spiffe://x/ns/a/sa/a", NOW + DAY / 2, NOW + DAY),
        "stranger": Authority("other").leaf("spiffe://x/ns/a/sa/a"),
    }
    result = one(strict_port, tls={"identity": identity, "version": version}, identities=identities, trust=mesh_ca.pem)
    assert result["connected"]
    assert result["nonce_returned"] is answered
    assert (result["bytes"] > 0) is answered
    assert result["error"] in errors, result
    if answered:
        assert result["stage"] == "done" and result["status"] == 200
        assert result["tls"]["version"] == f"TLSv{version}"
        assert result["tls"]["names"] == [SERVER_ID]
        assert result["tls"]["verified"] and result["tls"]["chain"]


def test_tls_1_3_hides_a_refusal_until_the_first_read(mesh_ca: Authority, strict_port: int) -> None:
    """The reason why a finished handshake is never taken for an admission."""
    refused = {v: one(strict_port, tls={"identity": None, "version": v}, trust=mesh_ca.pem) for v in ("1.2", "1.3")}
    assert {version: result["stage"] for version, result in refused.items()} == {"1.2": "handshake", "1.3": "read"}


def test_a_server_of_another_authority_is_unverified(strict_port: int) -> None:
    result = one(strict_port, tls={"version": "1.3"}, trust=Authority("other").pem)
    assert result["error"].startswith("unverified:") and result["stage"] == "handshake"
    assert result["tls"]["verified"] is False and len(result["tls"]["chain"]) >= 1, "what it sent is evidence"


def test_old_protocol_versions_are_offered_and_refused(mesh_ca: Authority, strict_port: int) -> None:
    result = one(strict_port, tls={"version": "1.1"}, trust=mesh_ca.pem)
    assert result["connected"] and result["bytes"] == 0
    assert result["error"] == "alert:protocol_version"


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def swallow(connection: socket.socket) -> None:
    connection.recv(4096)


def stall(connection: socket.socket) -> None:
    connection.settimeout(2)
    with contextlib.suppress(TimeoutError):
        while connection.recv(4096):
            pass


@pytest.mark.parametrize(
    ("handle", "error", "answered"),
    [(answer, None, True), (reset, "reset", False), (swallow, "eof", False), (stall, "timeout", False)],
)
def test_plain_peers(handle: Callable[[socket.socket], None], error: str | None, answered: bool) -> None:
    with serving(handle) as port:
        result = one(port, tls=None, timeout=0.5)
    assert result["connected"] and result["error"] == error
    assert result["nonce_returned"] is answered


def test_a_closed_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert one(port, tls=None)["error"] == "refused"


def test_probes_run_side_by_side_and_keep_their_order() -> None:
    with serving(answer) as port:
        probes = [{"id": str(n), "host": "127.0.0.1", "port": port, "nonce": f"n{n}", "request": {}} for n in range(20)]
        results = run({"probes": probes})["results"]
    assert [result["id"] for result in results] == [str(n) for n in range(20)]
    assert all(f"probe n{n}" == result["body"] for n, result in enumerate(results))


def test_the_tables_of_sockets_come_as_the_kernel_writes_them_and_only_when_asked_for(tmp_path: Path) -> None:
    table = tmp_path / "tcp"
    table.write_text("  sl  local_address rem_address   st\n   0: 00000000:1F90 00000000:0000 0A\n")
    assert socket_tables((str(table), str(tmp_path / "absent"))) == table.read_text()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = f"{server.getsockname()[1]:04X}"
        assert f"0100007F:{port}" in run({"probes": [], "sockets": True})["sockets"]
    assert "sockets" not in run({"probes": []})


def test_bytes_are_sent_as_they_are_and_what_comes_back_is_counted() -> None:
    def echo(connection: socket.socket) -> None:
        connection.sendall(b"got " + connection.recv(100))

    with serving(echo) as port:
        sent = base64.b64encode(b"\x00raw").decode()
        result = run({"probes": [{"host": "127.0.0.1", "port": port, "send": sent}]})["results"][0]
    assert (result["bytes"], result["stage"], result["error"]) == (8, "done", None)


@pytest.mark.parametrize(("greeting", "received", "error"), [(b"220 hello\r\n", 11, None), (b"", 0, "timeout")])
def test_a_client_that_says_nothing_hears_a_server_that_speaks_first_and_no_other(
    greeting: bytes, received: int, error: str | None
) -> None:
    def speak(connection: socket.socket) -> None:
        connection.sendall(greeting)
        if not greeting:
            connection.recv(1)

    with serving(speak) as port:
        silent = {"host": "127.0.0.1", "port": port, "send": "", "timeout": 0.3}
        result = run({"probes": [silent]})["results"][0]
    assert (result["connected"], result["bytes"], result["error"]) == (True, received, error)


@pytest.mark.parametrize("version", ["1.2", "1.3", "any"])
def test_whether_a_server_asks_for_a_certificate_is_seen(
    mesh_ca: Authority, strict_port: int, tmp_path: Path, version: str
) -> None:
    good = mesh_ca.leaf("spiffe://pingpong.local/ns/a/sa/a")
    tls = {"identity": GOOD, "version": version}
    assert one(strict_port, tls=tls, identities={GOOD: good})["tls"]["certificate_requested"] is True
    path = tmp_path / "pair.pem"
    path.write_text(good["certificate"] + good["key"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def handle(connection: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as secured:
            answer(secured)

    with serving(handle) as port:
        found = one(port, tls=tls, identities={GOOD: good})
    assert found["nonce_returned"] and found["tls"]["certificate_requested"] is False


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
def test_a_client_of_every_version_is_taken_by_a_server_of_one(
    mesh_ca: Authority, tmp_path: Path, version: str
) -> None:
    pair = mesh_ca.leaf(SERVER_ID)
    path = tmp_path / "pair.pem"
    path.write_text(pair["certificate"] + pair["key"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(path)
    context.minimum_version = context.maximum_version = VERSIONS[version]

    def handle(connection: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as secured:
            answer(secured)

    with serving(handle) as port:
        assert one(port, tls={"identity": None, "version": "any"})["nonce_returned"]


def test_the_program_reads_a_line_and_writes_a_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(answer) as port:
        document = {"probes": [{"id": "1", "host": "127.0.0.1", "port": port, "request": {}, "nonce": "n"}]}
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(document) + "\n"))
        assert main([]) == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["status"] == 200


def test_a_malformed_document_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("{"))
    assert main([]) == 2
    assert "not JSON" in capsys.readouterr().err


def test_hold_listens_for_its_time_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    holder = threading.Thread(target=main, args=(["--hold", "1", "--listen", str(port)],))
    holder.start()
    results = [one(port, tls=None) for _turn in range(3)]
    holder.join(timeout=5)
    assert not holder.is_alive()
    assert results[-1]["nonce_returned"]
