"""A region as clients meet it: HTTPS that answers as ping does, at an address of its own, started and stopped."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster = ""
    status = 200  # another one answers every request, as a load balancer without backends does
    answers_at_most = 1000  # on one connection, which is then closed without a word
    answered = 0

    def do_GET(self) -> None:
        body = {"/ping": b"pong", "/version": json.dumps({"cluster": self.cluster}).encode()}.get(self.path)
        self.send_response(self.status if body or self.status != 200 else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")
        self.answered += 1
        self.close_connection = self.close_connection or self.answered >= self.answers_at_most

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


class Server(http.server.ThreadingHTTPServer):
    """HTTPS whose handshakes wait for nobody else's."""

    daemon_threads = True
    request_queue_size = 128  # clients come many at a time
    context: ssl.SSLContext

    def __init__(self, address: tuple[str, int], handler: type[Handler], context: ssl.SSLContext) -> None:
        self.context = context
        self.open: set[ssl.SSLSocket] = set()
        super().__init__(address, handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        with contextlib.suppress(OSError), self.context.wrap_socket(request, server_side=True) as secured:
            self.open.add(secured)
            try:
                super().finish_request(secured, client_address)
            finally:
                self.open.discard(secured)

    def server_close(self) -> None:
        """Close the connections that are open as well."""
        super().server_close()
        for connection in tuple(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Gateway:
    """A site's gateway, which can be stopped and started at the same address."""

    def __init__(self, address: str, port: int, cluster: str, pair: Path) -> None:
        self.address, self.port, self.server = address, port, None  # type: tuple[str, int, Server | None]
        self.handler = type("Named", (Handler,), {"cluster": cluster})
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pair)
        self.since = 0.0
        self.start()
        self.since = 0.0  # up ever since

    def start(self) -> None:
        if self.server is None:
            self.since = time.monotonic()
            self.server = Server((self.address, self.port), self.handler, self.context)
            threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def serves(self) -> bool:
        """Whether clients are served as they should be."""
        return self.server is not None and self.handler.status == 200

    def answer(self, status: int) -> None:
        """From now on answer everything with this status."""
        if self.handler.status != status:
            self.handler.status, self.since = status, time.monotonic()

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server, self.since = None, time.monotonic()
