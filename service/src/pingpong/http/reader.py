"""From bytes to requests, within limits, with no transport: what a connection and the fuzzer drive.

Memory is bounded by the head (``max_head_bytes``), one body (``max_body_bytes``) and the piece that is fed.
"""

from __future__ import annotations

import httptools

from pingpong.http.framing import SINGLE, check_head, check_host, wants_continue
from pingpong.http.messages import RefusedError, Request
from pingpong.settings import Limits

# what the next byte belongs to
IDLE, HEAD, BODY, CLOSING = range(4)
# headers that decide about framing: most requests have none
_SPECIAL = frozenset((b"content-length", b"transfer-encoding", b"expect"))
# with one of these in its head a request is more than its head, or asks for more than an answer
_NOT_REPEATED = _SPECIAL | {b"upgrade"}
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
        # A client that repeats itself byte for byte, as pingers and probes do, is parsed once: what was accepted
        # as exactly one request is that request again, where the parser again stands between two messages.
        self._between = True
        self._piece: bytes | None = None
        self._latest = self._request = Request(b"", b"", {}, b"", keep_alive=False, arrived=0.0)

    def received(self, request: Request) -> None:
        """A request is complete."""
        raise NotImplementedError

    def body_awaited(self) -> None:
        """The client waits for ``100 Continue`` before it sends the body."""

    def feed(self, data: memoryview, now: float) -> None:
        """Parse ``data``, which arrived at ``now``. Raises ``RefusedError`` for what must not be acted on."""
        self._now = now
        piece = None  # what may be one request and nothing else
        if self.phase == IDLE:
            if self._between:
                piece = bytes(data)
                if piece == self._piece:
                    self._request.arrived = now
                    self.received(self._request)
                    return
            self._begin(0)
        while True:
            self._size = len(data)
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # an offer to switch protocols is ignored, as it may be: what follows is HTTP/1.1
                data = data[upgrade.args[0] :]
                piece = None
                continue
            except httptools.HttpParserCallbackError as error:
                if isinstance(error.__context__, _ClosedError):
                    return
                raise error.__context__ or error from None
            except httptools.HttpParserError as error:
                if not self.last:  # else it is data behind the last request, which nobody reads
                    raise RefusedError(400, f"malformed request: {error}") from None
            break
        # what is left behind a message, and no part of a head yet, can end in a newline only where it is blank lines
        self._between = self.phase == IDLE and bytes(data[-1:]) == b"\n"
        if piece and self._between and self._wire == 0 and _NOT_REPEATED.isdisjoint(self._headers) and not self.last:
            self._piece, self._request = piece, self._latest
        self._wire += self._size
        if self.phase == HEAD and self._wire > self.limits.max_head_bytes:
            raise self._head_too_large()
        if self.phase == BODY and self._wire > _CHUNK_OVERHEAD * self.limits.max_body_bytes + self._size:
            raise RefusedError(413, f"the body takes too much space for {self.limits.max_body_bytes} bytes")

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
        if has_body and parser.should_upgrade():
            # the parser would take the body for the next request, while any proxy takes it for a body
            raise RefusedError(400, "an upgrade cannot be offered with a body")
        if has_body:
            self.phase = BODY
            self._wire = 0
            self.deadline = self._now + limits.body_seconds
            self._expectant = continues
            if continues:
                self.body_awaited()

    def on_body(self, data: bytes) -> None:
        self._body += data
        if len(self._body) > self.limits.max_body_bytes:
            raise RefusedError(413, f"the body is larger than {self.limits.max_body_bytes} bytes")

    def on_message_complete(self) -> None:
        if not (self._persistent and self._parser.should_keep_alive()):
            self.last = True
        self.phase = IDLE
        self._latest = Request(self._method, self._target, self._headers, self._body, not self.last, self._now)
        self.received(self._latest)
        if self.phase == CLOSING:
            raise _ClosedError  # the only way to make the parser leave the rest of the piece alone
