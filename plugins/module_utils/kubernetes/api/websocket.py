# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The little of RFC 6455 that exec and tunnels need: binary messages over a connection that is upgraded."""

from __future__ import annotations

import base64
import os
import struct
import threading
from collections.abc import Callable
from typing import Protocol

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_LIMIT = 32 * 1024 * 1024


class ProtocolError(Exception):
    """The peer broke the framing, or ended the connection without a close."""


class Reader(Protocol):
    """What bytes are read from."""

    def read(self, count: int, /) -> bytes:
        """So many bytes, fewer at the end of the connection alone."""


def upgrade(protocols: str) -> dict[str, str]:
    """The headers of a request that asks for a websocket that speaks one of these."""
    return {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Protocol": protocols,
    }


class WebSocket:
    """A client's end; one thread may read while others send. ``closed`` is the peer's code for its close, and why."""

    def __init__(self, reader: Reader, send: Callable[[bytes], None]) -> None:
        self.closed = (0, "")
        self._reader = reader
        self._send = send
        self._lock = threading.Lock()

    def send(self, payload: bytes, opcode: int = BINARY) -> None:
        """Send one whole message, masked as a client must."""
        mask = os.urandom(4)
        with self._lock:
            self._send(_header(opcode, len(payload)) + mask + _masked(payload, mask))

    def receive(self) -> bytes | None:
        """The next message, None when the peer closed; pings are answered on the way."""
        message = b""
        while True:
            final, opcode, payload = self._frame()
            if opcode == CLOSE:
                self.closed = (int.from_bytes(payload[:2], "big"), payload[2:].decode("utf-8", "replace"))
                return None
            if opcode == PING:
                self.send(payload, PONG)
            elif opcode in (TEXT, BINARY, CONTINUATION):
                message += payload
                if len(message) > _LIMIT:
                    raise ProtocolError("a message is too long")
                if final:
                    return message
            elif opcode != PONG:
                raise ProtocolError(f"unknown opcode {opcode}")

    def _frame(self) -> tuple[bool, int, bytes]:
        first, second = self._exactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._exactly(8))
        if length > _LIMIT:
            raise ProtocolError("a frame is too long")
        if second & 0x80:
            raise ProtocolError("the server masked a frame")
        return bool(first & 0x80), first & 0x0F, self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = self._reader.read(count)
        if len(data) != count:
            raise ProtocolError("the connection ended in the middle of a message")
        return data


def _header(opcode: int, length: int) -> bytes:
    first = 0x80 | opcode
    if length < 126:
        return struct.pack("!BB", first, 0x80 | length)
    if length < 1 << 16:
        return struct.pack("!BBH", first, 0x80 | 126, length)
    return struct.pack("!BBQ", first, 0x80 | 127, length)


def _masked(payload: bytes, mask: bytes) -> bytes:
    if not payload:
        return b""
    count = len(payload)
    key = (mask * (count // 4 + 1))[:count]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(count, "big")
