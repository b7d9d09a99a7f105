"""A real server on loopback, and a client that speaks bytes."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pingpong.service import Ports, Service
from pingpong.settings import Settings


@dataclass
class Running:
    """A service in a thread with a loop of its own."""

    service: Service
    ports: Ports
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread

    def connect(self, port: int | None = None) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", port or self.ports.http), timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def exchange(self, data: bytes, port: int | None = None, *, half_close: bool = True) -> bytes:
        """Everything that comes back for ``data`` until the server closes."""
        with self.connect(port) as connection:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return read_all(connection)

    def get(self, path: str, *, operations: bool = False, headers: str = "") -> tuple[int, bytes]:
        """Status and body of a GET on the service port, or the metrics port."""
        return self.request("GET", path, operations=operations, headers=headers)

    def request(
        self, method: str, path: str, body: bytes = b"", *, operations: bool = False, headers: str = ""
    ) -> tuple[int, bytes]:
        head = f"{method} {path} HTTP/1.1\r\nHost: test\r\n{headers}Connection: close\r\n"
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        port = self.ports.metrics if operations else self.ports.http
        reply = self.exchange(f"{head}{length}\r\n".encode() + body, port, half_close=False)
        top, _unused, content = reply.partition(b"\r\n\r\n")
        return int(top.split(b" ")[1]), content

    def metric(self, sample: str) -> float:
        """The value of one sample, named with its labels as the exposition writes them; 0 where it is absent."""
        for line in self.get("/-/metrics", operations=True)[1].decode().splitlines():
            if line.startswith(sample + " "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def call(self, function: Callable[[], Any]) -> None:
        self.loop.call_soon_threadsafe(function)

    def stop(self) -> None:
        if self.thread.is_alive():
            self.call(self.service.hurry)
            asyncio.run_coroutine_threadsafe(self.service.stop(), self.loop).result(20)
            self.call(self.loop.stop)
            self.thread.join(10)


def shake_hands(connection: socket.socket, ciphers: str = "DEFAULT", **options: ssl.TLSVersion) -> ssl.SSLSocket:
    """TLS over ``connection``, whatever the server's certificate is."""
    context = client_context()
    context.set_ciphers(ciphers)
    for name, value in options.items():
        setattr(context, name, value)
    return context.wrap_socket(connection, server_hostname="localhost")


def client_context() -> ssl.SSLContext:
    """For a client that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def hello(name: str = "localhost") -> bytes:
    """What a client of TLS says first."""
    said = ssl.MemoryBIO()
    client = client_context().wrap_bio(ssl.MemoryBIO(), said, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return said.read()


def read_all(connection: socket.socket) -> bytes:
    """What the server sends until it closes; a reset ends it too."""
    received = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            return received
        if not piece:
            return received
        received += piece


def statuses(replies: bytes) -> list[int]:
    """The status of each reply in a stream of replies."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", replies)]


def make_settings(**sections: Any) -> Settings:
    """Settings for loopback, with free ports, without any ``.env`` file."""
    sections.setdefault("service", {})
    sections["service"] = {"host": "127.0.0.1", "port": 0, "metrics_port": 0, **sections["service"]}
    sections.setdefault("drain", {"delay_seconds": 0, "timeout_seconds": 2})
    # mypy does not see the arguments that pydantic-settings adds
    return Settings(_env_file=None, **sections)  # type: ignore[call-arg]
