"""A pod that stays for a limited time, and answers HTTP with the nonce that it was sent."""

from __future__ import annotations

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from pingpong.probe.client import BODY_LIMIT, NONCE_HEADER


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
    """Stay for a limited time, listening on ``port`` if there is one."""
    deadline = time.monotonic() + seconds
    if port is None:
        time.sleep(seconds)
        return
    with socket.create_server(("", port), backlog=128) as server, ThreadPoolExecutor(16) as pool:
        while (left := deadline - time.monotonic()) > 0:
            server.settimeout(left)
            with contextlib.suppress(TimeoutError):
                pool.submit(answer, server.accept()[0])
