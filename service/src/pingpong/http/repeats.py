"""A client that repeats itself, as pingers, probes and proxies do, is parsed once.

What was parsed as exactly one request without a body is that request again when it comes again byte for byte. It is
that request but for one value where a line differs that frames and routes nothing, and the new value is printable
ASCII; or where the target differs, and the new one is a plain path and query. Everything else is parsed.
"""

from __future__ import annotations

import re

from pingpong.http.messages import Request

# with one of these a request is more than its head, or asks for more than an answer
_MORE_THAN_A_HEAD = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))
# what llhttp or this server acts on
_ACTED_ON = _MORE_THAN_A_HEAD | {b"host", b"connection", b"proxy-connection"}
_VALUE = re.compile(rb"[\t -~]*")
_LINE = re.compile(rb"GET (/[A-Za-z0-9/._~!$&'()*+,;=:@%?-]*) HTTP/1\.1")


class Repeats:
    """The latest request of a connection that can be repeated."""

    __slots__ = ("_lines", "_max_head_bytes", "_piece", "_request")

    def __init__(self, max_head_bytes: int) -> None:
        self._max_head_bytes = max_head_bytes
        self._piece = b""
        self._lines: list[bytes] | None = None  # of the piece; split when they are first needed
        self._request: Request | None = None

    def learn(self, piece: bytes, request: Request) -> None:
        """``piece`` was parsed as ``request`` and nothing else, which is not the last of its connection."""
        if _MORE_THAN_A_HEAD.isdisjoint(request.headers):
            self._piece, self._lines, self._request = piece, None, request

    def find(self, piece: bytes) -> Request | None:
        """The request that ``piece`` is, None where it must be parsed. It is the same object each time."""
        request = self._request
        if piece == self._piece:
            return request
        if request is None or len(piece) > self._max_head_bytes:
            return None
        lines, known = piece.split(b"\r\n"), self._lines or self._piece.split(b"\r\n")
        # a name that came twice was joined: then there are fewer headers than lines
        if len(lines) != len(known) or len(lines) != len(request.headers) + 3:
            return None
        changed: list[tuple[bytes, bytes]] = []
        target = request.target
        for new, old in zip(lines, known, strict=True):
            if new == old:
                continue
            if old is known[0]:
                line = _LINE.fullmatch(new)
                if line is None or request.method != b"GET":
                    return None
                target = line[1]
                continue
            name, colon, value = new.partition(b":")
            lower = name.lower()
            if not colon or lower in _ACTED_ON or not old.startswith(name + colon) or not _VALUE.fullmatch(value):
                return None
            changed.append((lower, value.strip(b" \t")))
        request.headers.update(changed)
        request.target, request.query = target, b""
        self._piece, self._lines = piece, lines
        return request
