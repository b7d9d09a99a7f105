from __future__ import annotations

import io
import struct

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    ProtocolError,
    WebSocket,
)
from hypothesis import given
from hypothesis import strategies as st


def frame(payload: bytes, opcode: int = BINARY, *, final: bool = True) -> bytes:
    """As a server sends it: unmasked, with the shortest length."""
    first = (0x80 if final else 0) | opcode
    if len(payload) < 126:
        return struct.pack("!BB", first, len(payload)) + payload
    if len(payload) < 1 << 16:
        return struct.pack("!BBH", first, 126, len(payload)) + payload
    return struct.pack("!BBQ", first, 127, len(payload)) + payload


def unmasked(sent: bytes) -> tuple[int, bytes]:
    """What a server reads from a client's frame."""
    first, second = sent[:2]
    assert second & 0x80, "a client must mask"
    length, start = second & 0x7F, 2
    if length == 126:
        (length,), start = struct.unpack("!H", sent[2:4]), 4
    elif length == 127:
        (length,), start = struct.unpack("!Q", sent[2:10]), 10
    mask, payload = sent[start : start + 4], sent[start + 4 :]
    assert len(payload) == length
    return first, bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def receiving(data: bytes) -> tuple[WebSocket, list[bytes]]:
    sent: list[bytes] = []
    return WebSocket(io.BytesIO(data), sent.append), sent


@pytest.mark.parametrize("size", [0, 1, 3, 125, 126, 65535, 65536])
def test_sizes(size: int) -> None:
    payload = bytes(place % 251 for place in range(size))
    socket, sent = receiving(frame(payload))
    assert socket.receive() == payload
    socket.send(payload)
    assert unmasked(sent[0]) == (0x80 | BINARY, payload)


def test_a_message_in_parts_with_a_ping_between() -> None:
    data = frame(b"one ", TEXT, final=False) + frame(b"hello", PING) + frame(b"two", CONTINUATION)
    socket, sent = receiving(data)
    assert socket.receive() == b"one two"
    assert unmasked(sent[0]) == (0x80 | PONG, b"hello")


def test_a_close_ends_it() -> None:
    socket, _unused = receiving(frame(b"\x0f\xc1not authorized", CLOSE))
    assert socket.receive() is None
    assert socket.closed == (4033, "not authorized")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        frame(b"whole")[:-1],
        b"\x82\x85....",
        struct.pack("!BBQ", 0x82, 127, 1 << 40),
        frame(b"x", 0x3),
    ],
    ids=["nothing", "cut off", "masked by the server", "too long", "an unknown opcode"],
)
def test_broken_framing(data: bytes) -> None:
    socket, _unused = receiving(data)
    with pytest.raises(ProtocolError):
        socket.receive()


@given(st.binary(max_size=64))
def test_any_bytes_end_in_a_message_or_a_protocol_error(data: bytes) -> None:
    socket, _unused = receiving(data)
    try:
        message = socket.receive()
    except ProtocolError:
        return
    assert message is None or isinstance(message, bytes)
