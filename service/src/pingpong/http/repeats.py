"""A client that repeats itself, as pingers, probes and proxies do, is parsed once.

What was parsed as exactly one request without a body is that request again when it comes again byte for byte. It is
that request but for some values where lines differ that frame and route nothing, and the new values are printable
ASCII; or where the target differs, and the new one is a plain path and query. Everything else is parsed.
"""

from __future__ import annotations

import string
from itertools import pairwise

from pingpong.http.messages import Request

# with one of these a request is more than its head, or asks for more than an answer
_MORE_THAN_A_HEAD = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))
# what llhttp or this server acts on
_ACTED_ON = _MORE_THAN_A_HEAD | {b"host", b"connection", b"proxy-connection"}
_PRINTABLE = b"\t" + bytes(range(0x20, 0x7F))
_PATH = (string.ascii_letters + string.digits + "/._~!$&'()*+,;=:@%?-").encode()
_GET, _HTTP = b"GET /", b" HTTP/1.1"


class Repeats:
    """The latest request of a connection that can be repeated, and which of its lines have varied since."""

    __slots__ = ("_begin", "_max_head_bytes", "_piece", "_places", "_request", "_varying")

    def __init__(self, max_head_bytes: int) -> None:
        self._max_head_bytes = max_head_bytes
        self._request: Request | None = None
        self._piece = b""
        self._begin = b""  # up to the first value that varies
        # the values that vary: name (empty: the target), bytes that may be in it, what ends it, what follows it
        self._varying: list[tuple[bytes, bytes, bytes, bytes]] = []
        self._places: set[int] = set()  # their lines

    def learn(self, piece: bytes, request: Request) -> None:
        """``piece`` was parsed as ``request`` and nothing else, which is not the last of its connection."""
        if _MORE_THAN_A_HEAD.isdisjoint(request.headers):
            self._request, self._piece, self._begin = request, piece, piece
            self._varying, self._places = [], set()

    def find(self, piece: bytes) -> Request | None:
        """The request that ``piece`` is, None where it must be parsed. It is the same object each time."""
        if piece == self._piece:
            return self._request
        request = self._request
        if request is None or len(piece) > self._max_head_bytes:
            return None
        values = self._values(piece)
        if values is None and self._vary(piece, request):
            values = self._values(piece)
        if values is None:
            return None
        for name, value in values:
            if name:
                request.headers[name] = value.strip(b" \t")
            else:
                request.target, request.query = b"/" + value, b""
        self._piece = piece
        return request

    def _values(self, piece: bytes) -> list[tuple[bytes, bytes]] | None:
        """The values in the places of those that vary; None where anything else is different."""
        at = len(self._begin)
        if not piece.startswith(self._begin):
            return None
        values = []
        for name, allowed, end, rest in self._varying:
            stop = piece.find(end, at)
            value = piece[at:stop]
            if not piece.startswith(rest, stop) or value.translate(None, allowed):
                return None
            values.append((name, value))
            at = stop + len(rest)
        return values if at == len(piece) else None

    def _vary(self, piece: bytes, request: Request) -> bool:
        """Have the lines vary in which ``piece`` differs; False where it is another request."""
        # a name that came twice was joined: then there are fewer headers than lines
        if not piece.count(b"\r\n") == self._piece.count(b"\r\n") == len(request.headers) + 2:
            return False
        known = self._piece.split(b"\r\n")
        places = {at for at, new in enumerate(piece.split(b"\r\n")) if new != known[at]} - self._places
        for at in places:
            name, colon, _value = known[at].partition(b":")
            if at == 0:
                if not known[0].startswith(_GET) or not known[0].endswith(_HTTP):
                    return False
            elif not colon or name.lower() in _ACTED_ON:
                return False
        self._places |= places
        self._lay_out(known)
        return bool(places)

    def _lay_out(self, known: list[bytes]) -> None:
        """Cut the request where its values vary."""
        cut = [b""]
        names = []
        for at, line in enumerate(known):
            if at == 0 and at in self._places:
                cut = [_GET, _HTTP + b"\r\n"]
                names.append((b"", _PATH, b" "))
            elif at in self._places:
                name, colon, _value = line.partition(b":")
                cut[-1] += name + colon
                cut.append(b"\r\n")
                names.append((name.lower(), _PRINTABLE, b"\r\n"))
            else:
                cut[-1] += line + b"\r\n"
        cut[-1] = cut[-1].removesuffix(b"\r\n")
        self._begin = cut[0]
        self._varying = [(*name, rest) for name, (_before, rest) in zip(names, pairwise(cut), strict=True)]
