"""A Galaxy on loopback, as far as a collection is published to it."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self


class Galaxy(ThreadingHTTPServer):
    """What ``ansible-galaxy collection publish`` asks of Galaxy; it keeps what it is sent and takes everything."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tokens: set[str | None] = set()
        self.tarballs: list[bytes] = []
        self.arguments: list[bytes] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def server_close(self) -> None:
        self.shutdown()
        super().server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/"


class _Handler(BaseHTTPRequestHandler):
    server: Galaxy

    def do_GET(self) -> None:
        imported = {"id": "1", "state": "completed", "messages": [], "finished_at": "2026-01-01T00:00:00Z"}
        self._answer(imported if "/imports/" in self.path else {"available_versions": {"v3": "v3/"}})

    def do_POST(self) -> None:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = message_from_bytes(head + self.rfile.read(int(self.headers["Content-Length"])))
        for part in form.walk():
            if part.get_filename():
                self.server.tarballs.append(b64decode(str(part.get_payload())))
        running = Path("/proc").glob("[0-9]*/cmdline")
        self.server.arguments += [found for path in running if b"galaxy" in (found := _read(path))]
        self._answer({"task": "/api/v3/imports/collections/1/"}, 202)

    def _answer(self, document: dict[str, Any], status: int = 200) -> None:
        self.server.tokens.add(self.headers["Authorization"])
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_unused: Any) -> None:
        pass


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""
