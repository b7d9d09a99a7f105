"""Connect, shake hands, request, read: one probe after its options, and all of a document at once."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pingpong.probe.sockets import socket_tables
from pingpong.probe.tls import certificates, describe_tls, error_class, note_requests, tls_context

NONCE_HEADER = "X-Probe-Nonce"
BODY_LIMIT = 16_384
Result = dict[str, Any]


def shake_hands(connection: ssl.SSLSocket, requests: list[bool], result: Result, *, chain: bool) -> None:
    """Put into the result what was agreed on; of a server that can't be verified, at least the chain that it sent."""
    try:
        connection.do_handshake()
    except ssl.SSLCertVerificationError:
        result["tls"] = {"verified": False, "chain": certificates(connection)}
        raise
    result["tls"] = {**describe_tls(connection, chain=chain), "certificate_requested": bool(requests)}


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
            requests = note_requests(context)
            connection = secured = context.wrap_socket(
                connection, server_hostname=options.get("server_name"), suppress_ragged_eofs=False,
                do_handshake_on_connect=False,
            )  # fmt: skip
            shake_hands(secured, requests, result, chain=options.get("chain", True))
        if probe.get("request") is not None:
            result["stage"] = "read"
            connection.sendall(request_bytes(probe["request"], str(probe["host"]), nonce))
            read_answer(connection, result, nonce, deadline)
        elif probe.get("send") is not None:
            result["stage"] = "read"
            if said := base64.b64decode(probe["send"]):
                connection.sendall(said)
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


def run(document: dict[str, Any]) -> dict[str, Any]:
    """All probes of a document, concurrently; results in the order of the probes."""
    probes = document.get("probes") or []
    workers = max(1, min(int(document.get("concurrency") or 32), len(probes) or 1))
    with ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(lambda probe: run_probe(probe, document), probes))
    return {"results": results, **({"sockets": socket_tables()} if document.get("sockets") else {})}
