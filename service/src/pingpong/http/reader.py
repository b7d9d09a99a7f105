"""From bytes to requests, within limits, with no transport: what a connection and the fuzzer drive.

Memory is bounded by the head (``max_head_bytes``), one body (``max_body_bytes``) and the piece that is fed.
"""

from __future__ import annotations

import httptools

from pingpong.http.framing import SINGLE, check_head, check_host, check_line, wants_continue
from pingpong.http.messages import RefusedError, Request
from pingpong.http.repeats import Repeats
from pingpong.http.upgrade import OfferError
from pingpong.settings import Limits

# what the next byte belongs to
IDLE, HEAD, BODY, CLOSING = range(4)
# headers that decide about framing: most requests have none
_SPECIAL = frozenset((b"content-length", b"transfer-encoding", b"expect"))
# a chunked body of one-byte chunks takes six bytes on the wire for one; more than that is a game with extensions
_CHUNK_OVERHEAD = 8


class _ClosedError(Exception):
    """The connection was closed by the answer to a request."""


class RequestReader:
    """Feeds llhttp and checks what it finds. Subclasses say what happens with a request.

    ``deadline`` is when the phase must have ended, on the clock of ``feed``'s ``now``; ``last`` says that no
    request may follow the one that was parsed last.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._head_seconds = limits.head_seconds
        self._idle_seconds = limits.idle_seconds
        self.phase = IDLE
        self.last = False
        self.deadline = float("inf")
        self._parser = httptools.HttpRequestParser(self)
        self._now = 0.0
        self._size = 0  # of the piece that is being fed
        self._wire = 0  # bytes read in this phase
        self._method = b""
        self._persistent = True
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._head_size = 0
        self._repeated = 0  # header lines whose name was there already
        self._body = b""
        self._expectant = False  # the client of a body that is being read has yet to be told to send it
        self._host: bytes | None = None  # the last one that was well formed: clients rarely change it
        self._repeats = Repeats(limits.max_head_bytes)
        self._between = True  # the parser stands between two messages
        self._line: bytes | None = b""  # a request line as far as it came, None behind it
        self._length = -1  # of the body, where its head says it
        self._of_body = False  # the parser is one of OfferError's
        self._latest = Request(b"", b"", {}, b"", keep_alive=False, arrived=0.0)

    def received(self, request: Request) -> None:
        """A request is complete."""
        raise NotImplementedError

    def body_awaited(self) -> None:
        """The client waits for ``100 Continue`` before it sends the body."""

    def feed(self, data: memoryview, now: float) -> None:
        """Parse ``data``, which arrived at ``now``. Raises ``RefusedError`` for what must not be acted on."""
        self._now = now
        piece = bytes(data)
        if self.phase == IDLE:
            repeated = self._repeats.find(piece) if self._between else None
            if repeated is not None:
                repeated.arrived = now
                self.received(repeated)
                return
            self._begin(0)
            line, _unused, rest = piece.partition(b"\r\n")
            if self._between and line and rest.find(b"\r\n\r\n") == len(rest) - 4 >= 0:
                self._feed_head(line, piece)
                return
        # By lines, for the parser says neither which protocol a request line names nor where a message ends: each ends
        # with a line, or with as many bytes as its head says.
        at = 0
        while at < len(piece) and not self.last:
            left = self._length - len(self._body) if self.phase == BODY else 0
            end = at + left if left > 0 else piece.find(b"\n", at) + 1 or len(piece)
            part = piece[at:end]
            if self._line is not None:
                self._line = (self._line + part).lstrip(b"\r\n")
                if self._line.endswith(b"\n"):
                    check_line(self._line)
                    self._line = None
            if not self._feed(part):
                return
            at = end
        self._between = self.phase == IDLE and piece.endswith(b"\n")

    def _feed_head(self, line: bytes, piece: bytes) -> None:
        """Parse a piece that is one head and nothing else, as most are."""
        check_line(line)
        self._line = None
        self._between = self._feed(piece) and self.phase == IDLE
        if self._between and not self.last:
            self._repeats.learn(piece, self._latest)

    def _feed(self, part: bytes) -> bool:
        """Give the parser what ends where a message does, if one ends there; False when its answer was the last."""
        self._size = len(part)
        try:
            self._parser.feed_data(part)
        except httptools.HttpParserUpgrade:
            pass  # an offer to switch protocols is ignored, as it may be: what follows is HTTP/1.1
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if isinstance(cause, _ClosedError):
                return False
            if not isinstance(cause, OfferError):
                raise cause or error from None
            self._parser, self._of_body = cause.parser, True
        except httptools.HttpParserError as error:
            if not self.last:  # else it is data behind the last request, which nobody reads
                raise RefusedError(400, f"malformed request: {error}") from None
        if self._of_body and self.phase != BODY:
            self._parser, self._of_body = httptools.HttpRequestParser(self), False
        self._wire += self._size
        if self.phase == HEAD and self._wire > self.limits.max_head_bytes:
            raise self._head_too_large()
        if self.phase == BODY and self._wire > _CHUNK_OVERHEAD * self.limits.max_body_bytes + self._size:
            raise RefusedError(413, f"the body takes too much space for {self.limits.max_body_bytes} bytes")
        return True

    def rearm(self, now: float) -> None:
        """Give the current phase its whole time again, from ``now``."""
        limits = self.limits
        seconds = (limits.idle_seconds, limits.head_seconds, limits.body_seconds, limits.linger_seconds)
        self.deadline = now + seconds[self.phase]

    @property
    def head_only(self) -> bool:
        """Whether the request that is being read, as far as it came, is to be answered without a body."""
        return self.phase != IDLE and self._method == b"HEAD"

    def _begin(self, wire: int) -> None:
        self.phase = HEAD
        self.deadline = self._now + self._head_seconds
        self._wire = wire
        self._method = b""
        self._target = b""
        self._headers = {}
        self._head_size = 0
        self._repeated = 0
        self._body = b""

    def _head_too_large(self) -> RefusedError:
        if len(self._target) > self.limits.max_head_bytes // 2:  # else it is the headers that take the most of it
            return RefusedError(414, "the request's target is too long")
        return RefusedError(431, "the head of the request is too large")

    # --- the parser calls these

    def on_url(self, url: bytes) -> None:
        if self.phase == IDLE:
            # Pipelined behind another request. Where in the piece it starts is not known: none of it is counted.
            self._begin(-self._size)
        self._method = self._parser.get_method()
        self._target += url
        self._head_size += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.phase == BODY:
            return  # trailers are dropped: merged into the headers they would be a way around every proxy
        self._head_size += len(name) + len(value) + 4
        name = name.lower()
        headers = self._headers
        if name not in headers:
            headers[name] = value.rstrip(b" \t")
        elif name in SINGLE:
            raise RefusedError(400, f"more than one {name.decode()} header")
        else:
            self._repeated += 1
            headers[name] += b", " + value.rstrip(b" \t")

    def on_headers_complete(self) -> None:
        limits = self.limits
        headers = self._headers
        if self._head_size > limits.max_head_bytes or len(headers) + self._repeated > limits.max_headers:
            raise self._head_too_large()
        parser = self._parser
        # of the versions that the parser lets through, only 1.1 stays open where neither of these headers asks for it:
        # the quick way to know it
        quick = parser.should_keep_alive() and b"connection" not in headers and b"proxy-connection" not in headers
        version = "1.1" if quick else parser.get_http_version()
        host = headers.get(b"host")
        if host is None or host != self._host:
            check_host(version, host)
            self._host = host
        self._persistent = version == "1.1"  # HTTP/1.0 clients get one reply a connection
        if self._persistent and _SPECIAL.isdisjoint(headers) and self._method != b"CONNECT":
            return
        has_body = check_head(self._method, version, headers, limits.max_body_bytes)
        continues = wants_continue(version, headers)
        if has_body:
            self.phase = BODY
            self._wire = 0
            self._length = int(headers.get(b"content-length", -1))
            self.deadline = self._now + limits.body_seconds
            self._expectant = continues
            if continues:
                self.body_awaited()
            if parser.should_upgrade():
                raise OfferError(self, headers, keep_alive=parser.should_keep_alive())

    def on_body(self, data: bytes) -> None:
        self._body += data
        if len(self._body) > self.limits.max_body_bytes:
            raise RefusedError(413, f"the body is larger than {self.limits.max_body_bytes} bytes")

    def on_message_complete(self) -> None:
        if not (self._persistent and self._parser.should_keep_alive()):
            self.last = True
        self.phase = IDLE
        self._line = b""
        self._latest = Request(self._method, self._target, self._headers, self._body, not self.last, self._now)
        self.received(self._latest)
        if self.phase == CLOSING:
            raise _ClosedError  # the only way to make the parser leave the rest of the piece alone
