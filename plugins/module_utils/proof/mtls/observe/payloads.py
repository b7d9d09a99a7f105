# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What clients say first that do not speak HTTP/1.1, as bytes. Pure."""

from __future__ import annotations

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, HEADERS = 4, 1
END_OF_STREAM_AND_HEADERS = 0x5
# Neither HTTP nor TLS, with a line's end for servers that read lines, and with zeros for those that read lengths.
RAW = b"\x00\x00\x00\x01probe\r\n"


def http2_request(path: str, authority: str) -> bytes:
    """A connection's preface (RFC 9113) and one GET, its headers never-indexed literals (RFC 7541, 6.2.3)."""
    fields = ((":method", "GET"), (":scheme", "http"), (":path", path), (":authority", authority))
    block = b"".join(b"\x10" + _text(name) + _text(value) for name, value in fields)
    return PREFACE + _frame(SETTINGS, 0, 0, b"") + _frame(HEADERS, END_OF_STREAM_AND_HEADERS, 1, block)


def _text(value: str) -> bytes:
    data = value.encode()[:126]  # a length of one byte
    return bytes([len(data)]) + data


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload
