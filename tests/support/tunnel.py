"""An HTTP proxy on loopback that only tunnels (CONNECT), and remembers where to."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator


class Tunnel:
    """``targets`` are the addresses that were asked for; with ``user`` (``name:password``) only that one may."""

    def __init__(self, user: str | None = None) -> None:
        self.targets: list[str] = []
        self._expected = f"Basic {base64.b64encode(user.encode()).decode()}".encode() if user else b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @contextlib.contextmanager
    def running(self) -> Iterator[Tunnel]:
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _unused = self._socket.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        if self._expected not in head:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        target = head.split()[1].decode()
        self.targets.append(target)
        host, _unused, port = target.rpartition(":")
        upstream = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=_copy, args=(client, upstream), daemon=True).start()
        _copy(upstream, client)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
