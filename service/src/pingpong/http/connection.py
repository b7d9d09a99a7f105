"""One client's connection: requests in, replies out in the same order, nothing unbounded.

Beyond what the reader holds there are the transport's write buffer and the requests that wait. Reading stops while
a reply is under way or the client does not take what was written, so no more than one read's worth of them wait.
Time is bounded by one deadline, which the server's sweep compares with the clock: a slow client costs no timer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from time import perf_counter
from typing import cast

from pingpong import trace
from pingpong.http.messages import RefusedError, Reply, Request, error_reply
from pingpong.http.reader import BODY, CLOSING, IDLE, RequestReader
from pingpong.http.shared import Shared

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FAILED = error_reply(500)
_TOO_SLOW = RefusedError(408, "the request took too long")


class Connection(RequestReader, asyncio.BufferedProtocol):
    """The protocol of one connection."""

    def __init__(self, server: Shared) -> None:
        super().__init__(server.limits)
        self._server = server
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._served = 0
        self._max_requests = server.limits.max_requests_per_connection
        self._queue: deque[Request] = deque()
        self._refusal: RefusedError | None = None  # the answer after those to the queue
        self._waiting: asyncio.Task[None] | None = None
        self._write_paused = False
        self._stalled = False  # one of these two holds, so that a reply must wait and requests queue
        self._unread = b""
        self._eof = False

    # --- the transport calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._server.add(self):
            # to connect and say nothing is not idleness between requests
            self.deadline = perf_counter() + self.limits.head_seconds
        else:
            self._transport.write(self._server.overloaded())
            self._close(linger=not self._server.flooded)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.discard(self)
        self.phase = CLOSING
        self._queue.clear()
        if self._waiting is not None:
            self._waiting.cancel()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._server.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.phase == CLOSING:
            self._wire += nbytes
            if self._wire > self.limits.max_head_bytes:
                self._transport.abort()  # that the client could still read our answer was a courtesy
        elif self.last:
            pass  # nothing that follows is acted on
        elif self._stalled:
            # a transport may hand over once more what it had read before it was told to pause
            self._unread += bytes(self._server.buffer[:nbytes])
        else:
            self._read(self._server.buffer[:nbytes])

    def eof_received(self) -> bool:
        self._eof = True
        # half closed: what is under way is still answered, where the transport can (TLS cannot)
        return self._stalled and self._transport.can_write_eof()

    def pause_writing(self) -> None:
        self._write_paused = self._stalled = True
        self._transport.pause_reading()
        self.deadline = perf_counter() + self.limits.write_seconds

    def resume_writing(self) -> None:
        self._write_paused = False
        self._stalled = self._waiting is not None
        if self.phase != CLOSING:
            self._advance()

    # --- the server calls these

    def expire(self) -> None:
        """The deadline passed."""
        if self.phase == CLOSING or self._write_paused:
            self._transport.abort()
        elif self.phase == IDLE:
            self._close()
        else:
            self._refuse(_TOO_SLOW)

    def drain(self, *, patient: bool) -> None:
        """Close if nothing is under way; else the reply that is, is the last, as the server is draining.

        While ``patient``, a client that has not asked for anything yet is waited for.
        """
        if self.phase == IDLE and not self._stalled and (self._served or not patient):
            self._close()

    def abort(self) -> None:
        self._transport.abort()

    @property
    def queued(self) -> int:
        """How many requests wait for the reply to an earlier one."""
        return len(self._queue)

    # --- reading

    def _read(self, data: memoryview) -> None:
        try:
            self.feed(data, perf_counter())
        except RefusedError as refusal:
            self._refuse(refusal)
            return
        if self._stalled:
            if self.phase != CLOSING:
                self._pause()
        elif self.phase == IDLE:
            self.deadline = self._now + self._idle_seconds

    def _pause(self) -> None:
        self._transport.pause_reading()
        if not self._write_paused:
            self.deadline = float("inf")  # handlers end by themselves

    def body_awaited(self) -> None:
        if not self._stalled:  # else it would overtake a reply, which it follows then
            self._expectant = False
            self._transport.write(_CONTINUE)

    # --- answering

    def received(self, request: Request) -> None:
        if self._stalled:
            self._queue.append(request)
            return
        route, handler = self._server.router.find(request)
        try:
            result = handler(request)
        except Exception:
            self._server.handler_failed(request)
            result = _FAILED
        if isinstance(result, Reply):
            self._send(request, route.name, result)
        else:
            self._stalled = True
            self._waiting = asyncio.get_running_loop().create_task(self._answer_later(request, route.name, result))

    async def _answer_later(self, request: Request, route: str, result: Awaitable[Reply]) -> None:
        try:
            reply = await result
        except Exception:
            self._server.handler_failed(request)
            reply = _FAILED
        self._waiting = None
        self._stalled = self._write_paused
        self._send(request, route, reply)
        if self.phase != CLOSING:
            self._advance()

    def _send(self, request: Request, route: str, reply: Reply) -> None:
        server = self._server
        self._served += 1
        close = not request.keep_alive or server.draining or self._served >= self._max_requests
        head_only = request.method == b"HEAD"
        if close or head_only or b"traceparent" in request.headers:
            self._transport.write(reply.wire(server.date, close, head_only, trace.echo(request.headers)))
        else:
            self._transport.write(reply.head + server.date + reply.tail)
        server.observe(request.method, route, reply.status, perf_counter() - request.arrived)
        if server.log_requests:
            server.log_request(request, route, reply.status)
        if close:
            self._close(linger=request.keep_alive)

    def _advance(self) -> None:
        """Answer what waits, then read on."""
        while self._queue and not self._stalled:
            self.received(self._queue.popleft())
            if self.phase == CLOSING:
                return
        if self._stalled:
            return
        if self._refusal is not None:
            self._refuse(self._refusal)
            return
        if self._unread:
            data, self._unread = self._unread, b""
            self._read(memoryview(data))
            if self.phase == CLOSING or self._stalled:
                return
        if self._eof:
            self._close()
            return
        if self.phase == BODY and self._expectant:
            self.body_awaited()
        self.rearm(perf_counter())
        self._transport.resume_reading()

    def _refuse(self, refusal: RefusedError) -> None:
        """Answer with an error, after what is under way, and end the connection."""
        self.last = True
        if self._stalled:
            self._refusal = refusal
            self._pause()
            return
        self._transport.write(refusal.reply.wire(self._server.date, close=True, head_only=self.head_only))
        self._server.refused(refusal.status)
        self._close(linger=True)

    def _close(self, *, linger: bool = False) -> None:
        """Close once everything is written. With ``linger`` the client is heard out for a moment first.

        To close a socket with unread data resets the connection, which can take the answer from the client.
        """
        self.phase = CLOSING
        self._queue.clear()
        self._wire = 0
        limits = self.limits
        self.deadline = perf_counter() + (limits.write_seconds if self._write_paused else limits.linger_seconds)
        if linger and not self._eof and self._transport.can_write_eof():
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._transport.close()
