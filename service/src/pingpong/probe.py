"""A small client that the platform's proofs run inside pods: it connects, speaks TLS and HTTP, and reports.

It judges nothing. ``python -m pingpong.probe`` reads one line of JSON from stdin and writes one to stdout::

    {"timeout": 5, "concurrency": 32, "trust": "PEM bundle",
     "identities": {"name": {"certificate": "PEM chain", "key": "PEM"}},
     "probes": [{"id": "1", "host": "192.0.2.7", "port": 8080, "nonce": "…",
                 "tls": {"identity": "name", "version": "1.3", "alpn": ["istio"], "server_name": null},
                 "request": {"method": "GET", "path": "/whoami", "host": "ping", "headers": {}}}]}

``tls: null`` is plain TCP; ``request: null`` only connects. The answer is ``{"results": […], "listening": [ports]}``.
Keys come in on stdin and live in anonymous memory files: never in arguments, environment or on a disk.

``--hold SECONDS [--listen PORT]`` keeps a probe pod alive, and answers HTTP on PORT with the nonce that it was sent.
Only the standard library is used, so that the program runs in any image that has a Python.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

NONCE_HEADER = "X-Probe-Nonce"
BODY_LIMIT = 16_384
VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
LISTEN_STATE = "0A"
Result = dict[str, Any]


@contextlib.contextmanager
def memory_file(text: str) -> Iterator[str]:
    """A path to text that is in no file system: OpenSSL reads certificates only from paths."""
    descriptor = os.memfd_create("identity", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def tls_context(options: dict[str, Any], identities: dict[str, Any], trust: str) -> ssl.SSLContext:
    """A client context of exactly one protocol version, which presents the named identity or none at all.

    The server's name is never checked here: a mesh peer has a SPIFFE identity, which the caller compares.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    version = VERSIONS[options.get("version") or "1.3"]
    if version < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL 3 offers these versions at no higher level
    context.minimum_version = context.maximum_version = version
    if options.get("alpn"):
        context.set_alpn_protocols(options["alpn"])
    if trust:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=trust)
    name = options.get("identity")
    if name is not None:
        with memory_file(identities[name]["certificate"] + identities[name]["key"]) as path:
            context.load_cert_chain(path)
    return context


def error_class(error: BaseException) -> str:
    """One word for what went wrong: the vocabulary that the verdicts are written in."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"unverified:{error.verify_message}"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "eof"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        _unused, alert, name = reason.partition("_ALERT_")
        return f"alert:{name.lower()}" if alert else f"tls:{reason.lower()}"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "reset"
    if isinstance(error, socket.gaierror):
        return "dns"
    if isinstance(error, OSError):
        return "unreachable"
    return f"error:{type(error).__name__}"


def certificates(connection: ssl.SSLSocket) -> list[str]:
    """The chain that the server sent, leaf first, base64 DER (the leaf alone where Python cannot tell more)."""
    chain = getattr(connection, "get_unverified_chain", None)
    if chain is None:  # public from Python 3.13 on
        inner = getattr(getattr(connection, "_sslobj", None), "get_unverified_chain", None)
        sent = inner() if inner else None
        ders = [certificate.public_bytes(ssl._ssl.ENCODING_DER) for certificate in sent or []]  # type: ignore[attr-defined]
    else:
        ders = list(chain())
    if not ders and (leaf := connection.getpeercert(binary_form=True)):
        ders = [leaf]
    return [base64.b64encode(der).decode() for der in ders]


def describe_tls(connection: ssl.SSLSocket) -> Result:
    """What the handshake agreed on, and who the server is according to its verified certificate."""
    verified = connection.context.verify_mode == ssl.CERT_REQUIRED
    peer = connection.getpeercert() or {}
    names = [str(pair[1]) for pair in peer.get("subjectAltName", ()) if len(pair) == 2]
    cipher = connection.cipher()
    return {
        "version": connection.version(),
        "cipher": cipher[0] if cipher else None,
        "alpn": connection.selected_alpn_protocol(),
        "verified": verified,
        "names": names,
        "not_after": peer.get("notAfter"),
        "chain": certificates(connection),
    }


def shake_hands(connection: ssl.SSLSocket, result: Result) -> None:
    """Tell the result what was agreed on; of a server that can't be verified, at least the chain that it sent."""
    try:
        connection.do_handshake()
    except ssl.SSLCertVerificationError:
        result["tls"] = {"verified": False, "chain": certificates(connection)}
        raise
    result["tls"] = describe_tls(connection)


def request_bytes(request: dict[str, Any], host: str, nonce: str) -> bytes:
    """An HTTP/1.1 request that asks for the connection to be closed after the answer."""
    headers = {"Host": request.get("host") or host, "Connection": "close", "User-Agent": "pingpong-probe"}
    if nonce:
        headers[NONCE_HEADER] = nonce
    headers.update(request.get("headers") or {})
    lines = [f"{request.get('method', 'GET')} {request.get('path', '/')} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_answer(connection: socket.socket, result: Result, nonce: str, deadline: float) -> None:
    """Read until the peer closes, counting what came even where the connection then breaks."""
    data = b""
    try:
        while len(data) < BODY_LIMIT:
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            piece = connection.recv(4096)
            if not piece:
                break
            data += piece
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        pass  # a peer that closes without a goodbye: an answer or none, as far as it came
    finally:
        head, _unused, body = data.partition(b"\r\n\r\n")
        text = body.decode("utf-8", "replace")
        words = head.split(None, 2)
        result["bytes"] = len(data)
        result["status"] = int(words[1]) if len(words) > 1 and words[1].isdigit() else None
        result["headers"] = head.decode("latin-1").split("\r\n")[1:]
        result["body"] = text
        result["nonce_returned"] = bool(nonce) and nonce.encode() in data
    if not data:
        result["error"] = "eof"


def run_probe(probe: dict[str, Any], document: dict[str, Any]) -> Result:
    """Connect, shake hands, ask, read; ``stage`` names the step that was under way when it ended."""
    result: Result = {
        "id": probe.get("id"), "stage": "connect", "connected": False, "tls": None, "bytes": 0, "status": None,
        "headers": [], "body": "", "nonce_returned": False, "error": None, "local": None,
    }  # fmt: skip
    nonce = str(probe.get("nonce") or "")
    limit = float(probe.get("timeout") or document.get("timeout") or 5)
    started = time.monotonic()
    deadline = started + limit
    connection: socket.socket | None = None
    try:
        connection = socket.create_connection((probe["host"], int(probe["port"])), timeout=limit)
        result["connected"] = True
        result["local"] = "{}:{}".format(*connection.getsockname()[:2])
        options = probe.get("tls")
        if options is not None:
            result["stage"] = "handshake"
            trust = str(document.get("trust") or "") if options.get("verify", True) else ""
            context = tls_context(options, document.get("identities") or {}, trust)
            connection = secured = context.wrap_socket(
                connection, server_hostname=options.get("server_name"), suppress_ragged_eofs=False,
                do_handshake_on_connect=False,
            )  # fmt: skip
            shake_hands(secured, result)
        if probe.get("request") is not None:
            result["stage"] = "read"
            connection.sendall(request_bytes(probe["request"], str(probe["host"]), nonce))
            read_answer(connection, result, nonce, deadline)
        result["stage"] = "done" if result["error"] is None else result["stage"]
    except Exception as error:
        result["error"] = error_class(error)
        # A reset, unlike a refusal, can only follow an established connection, even when connect() reports it.
        result["connected"] = result["connected"] or result["error"] == "reset"
    finally:
        if connection is not None:
            connection.close()
        result["seconds"] = round(time.monotonic() - started, 4)
    return result


def listening_ports(tables: tuple[str, ...] = ("/proc/net/tcp", "/proc/net/tcp6")) -> list[int]:
    """The TCP ports of this network namespace that listen on more than loopback."""
    ports: set[int] = set()
    for table in tables:
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                local, state = line.split()[1], line.split()[3]
                address, _unused, port = local.partition(":")
                loopback = address in ("0100007F", "00000000000000000000000001000000")
                if state == LISTEN_STATE and not loopback:
                    ports.add(int(port, 16))
    return sorted(ports)


def run(document: dict[str, Any]) -> dict[str, Any]:
    """All probes of a document, concurrently; results in the order of the probes."""
    probes = document.get("probes") or []
    workers = max(1, min(int(document.get("concurrency") or 32), len(probes) or 1))
    with ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(lambda probe: run_probe(probe, document), probes))
    return {"results": results, "listening": listening_ports()}


def answer(connection: socket.socket) -> None:
    """Answer one HTTP request with the nonce that it carried, so that the caller knows who it reached."""
    with contextlib.suppress(OSError), connection:
        connection.settimeout(5)
        data = b""
        while b"\r\n\r\n" not in data and len(data) < BODY_LIMIT:
            piece = connection.recv(4096)
            if not piece:
                return
            data += piece
        prefix = NONCE_HEADER.lower().encode() + b":"
        values = [line.split(b":", 1)[1].strip() for line in data.split(b"\r\n") if line.lower().startswith(prefix)]
        body = b"probe " + (values[0] if values else b"-")
        length = str(len(body)).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + length + b"\r\n\r\n" + body)


def hold(seconds: float, port: int | None) -> None:
    """Stay for a limited time, listening where asked to."""
    deadline = time.monotonic() + seconds
    if port is None:
        time.sleep(seconds)
        return
    with socket.create_server(("", port), backlog=128) as server, ThreadPoolExecutor(16) as pool:
        while (left := deadline - time.monotonic()) > 0:
            server.settimeout(left)
            with contextlib.suppress(TimeoutError):
                pool.submit(answer, server.accept()[0])


def main(arguments: list[str] | None = None) -> int:
    """Hold, or run the document on stdin."""
    parser = argparse.ArgumentParser(prog="pingpong.probe", description=__doc__.splitlines()[0])
    parser.add_argument("--hold", type=float, metavar="SECONDS")
    parser.add_argument("--listen", type=int, metavar="PORT")
    options = parser.parse_args(arguments)
    if options.hold is not None:
        hold(options.hold, options.listen)
        return 0
    try:
        document = json.loads(sys.stdin.readline())  # a line: exec's older protocols cannot close stdin
    except json.JSONDecodeError as error:
        print(f"pingpong.probe: the line on stdin is not JSON: {error}", file=sys.stderr)
        return 2
    json.dump(run(document), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
