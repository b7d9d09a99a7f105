"""A reverse proxy on loopback that breaks one request in the way that a test asks for.

It speaks plain HTTP to the client (HTTPS when it is given a certificate) and HTTPS to the API server behind it,
passes everything through, counts, and at the chosen request injects the fault once.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

STALL = 4.0
_HOP_BY_HOP = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})


def status(code: int, reason: str, message: str, **extra: object) -> bytes:
    """A ``Status`` object as an API server answers it."""
    return json.dumps(
        {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}
        | extra
    ).encode()


@dataclass(frozen=True)
class Fault:
    """What happens to one request.

    ``code``/``body``/``headers`` answer instead of the server; ``cut`` is ``reset``, ``truncate``, ``garble`` or
    ``stall``; ``commit`` says whether the server carries the request out before the fault; ``then`` is called when
    it strikes, e.g. to kill the client.
    """

    code: int = 0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: str = ""
    commit: bool = False
    then: Callable[[], object] | None = None


FAULTS: dict[str, Fault] = {
    "429 with Retry-After": Fault(429, status(429, "TooManyRequests", "slow down"), {"Retry-After": "1"}),
    "429 without Retry-After": Fault(429, status(429, "TooManyRequests", "slow down")),
    "500": Fault(500, status(500, "InternalError", "etcdserver: leader changed")),
    "500 from a load balancer": Fault(500, b"<html>oops</html>"),
    "502": Fault(502, b"<html>bad gateway</html>"),
    "503": Fault(503, status(503, "ServiceUnavailable", "the server is currently unable to handle the request")),
    "504 after commit": Fault(504, status(504, "Timeout", "the request timed out"), commit=True),
    "reset before commit": Fault(cut="reset"),
    "reset after commit": Fault(cut="reset", commit=True),
    "stall before commit": Fault(cut="stall"),
    "stall after commit": Fault(cut="stall", commit=True),
    "truncated body": Fault(cut="truncate", commit=True),
    "bad JSON": Fault(cut="garble", commit=True),
    "401": Fault(401, status(401, "Unauthorized", "Unauthorized")),
    "409 of a concurrent write": Fault(
        409, status(409, "Conflict", "the object has been modified; please apply your changes to the latest version")
    ),
    "webhook timeout": Fault(
        500,
        status(
            500,
            "InternalError",
            'failed calling webhook "validation.example.org": context deadline exceeded',
        ),
    ),
}


class Proxy:
    """Counts requests; ``arm`` sets the fault for the nth request from now that ``match`` accepts."""

    def __init__(self, target: str, ca_certificate: str, certificate: tuple[Path, Path] | None = None) -> None:
        self._target = urlsplit(target)
        self._context = ssl.create_default_context(cadata=ca_certificate)
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._countdown = 0
        self._match: Callable[[str, str], bool] = lambda method, path: True
        self.seen: list[str] = []
        self.fired = False
        # Seconds that each request takes longer, as over a network.
        self.delay = 0.0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet a response: a body in a second one would wait for the client's delayed acknowledgement.
            wbufsize = -1

            def log_message(self, *_: object) -> None:
                return

            def handle_one_request(self) -> None:
                with contextlib.suppress(ConnectionError):
                    super().handle_one_request()
                    return
                self.close_connection = True

            def serve(self) -> None:
                proxy.handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if certificate is not None:
            serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            serving.load_cert_chain(*certificate)
            # The handshake is left to the connection's own thread.
            self._server.socket = serving.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if certificate is None else "https"
        self.endpoint = f"{scheme}://127.0.0.1:{self._server.server_port}"

    def arm(self, fault: Fault, at: int = 5, match: Callable[[str, str], bool] | None = None) -> None:
        """Inject ``fault`` at the ``at``-th matching request (by method and path) from now."""
        with self._lock:
            self._fault, self._countdown, self.fired = fault, at, False
            self._match = match or (lambda method, path: True)
            self.seen = []

    def _due(self, method: str, path: str) -> Fault | None:
        with self._lock:
            self.seen.append(f"{method} {path}")
            if self._fault is None or not self._match(method, path):
                return None
            self._countdown -= 1
            if self._countdown:
                return None
            fault, self._fault, self.fired = self._fault, None, True
            return fault

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Serve one request."""
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length) if length else None
        fault = self._due(handler.command, handler.path)
        if self.delay:
            time.sleep(self.delay)
        if fault is None:
            self._answer(handler, *self._forward(handler, body))
            return
        code, headers, data = self._forward(handler, body) if fault.commit else (200, {}, b"{}")
        if fault.then is not None:
            fault.then()
        if fault.code:
            self._answer(handler, fault.code, {"Content-Type": "application/json", **fault.headers}, fault.body)
        elif fault.cut == "garble":
            self._answer(handler, code, headers, data[: len(data) // 2])
        elif fault.cut == "truncate":
            self._answer(handler, code, headers, data[: len(data) // 2], claimed=len(data))
            handler.close_connection = True
        else:
            if fault.cut == "stall":
                time.sleep(STALL)
            # Linger 0: the close is a reset.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True

    def _forward(self, handler: BaseHTTPRequestHandler, body: bytes | None) -> tuple[int, dict[str, str], bytes]:
        upstream = http.client.HTTPSConnection(
            str(self._target.hostname), self._target.port, context=self._context, timeout=30
        )
        try:
            headers = {name: value for name, value in handler.headers.items() if name.lower() != "host"}
            upstream.request(handler.command, handler.path, body, headers)
            answer = upstream.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
            return answer.status, kept, answer.read()
        finally:
            upstream.close()

    def _answer(
        self, handler: BaseHTTPRequestHandler, code: int, headers: dict[str, str], body: bytes, claimed: int = -1
    ) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body) if claimed < 0 else claimed))
        handler.end_headers()
        handler.wfile.write(body)
        handler.wfile.flush()

    @contextlib.contextmanager
    def running(self) -> Iterator[Proxy]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
