"""What connections share: limits, routes, the clock, and the sweep that ends the ones that are late."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Callable
from email.utils import formatdate
from time import perf_counter

import structlog

from pingpong.http.connection import Connection
from pingpong.http.handshakes import BACKLOG, Acceptor, Handshakes
from pingpong.http.messages import Request, error_reply
from pingpong.http.router import Router
from pingpong.metrics import Metrics
from pingpong.settings import Limits

_log = structlog.get_logger()
_OVERLOADED = error_reply(503, "too many connections", {b"retry-after": b"1"})
# Room for an ordinary request and for no more than 79 of the shortest ones, which bounds how many can wait.
_BUFFER = 2048


class Server:
    """One set of listeners with its connections. ``name`` is the label that metrics use."""

    def __init__(self, name: str, router: Router, limits: Limits, metrics: Metrics, *, log_requests: bool = False):
        self.router = router
        self.limits = limits
        self.draining = False
        # every connection parses what it reads at once, so that one buffer serves them all
        self.buffer = memoryview(bytearray(_BUFFER))
        self.date = b""
        self._name = name
        self.observe = metrics.requests.observe
        self.log_requests = log_requests
        self._open: set[Connection] = set()
        self._handshakes = Handshakes(lambda: Connection(self))
        self._gauge = metrics.connections.labels(name)
        self._gauge.set_function(lambda: self._taken)
        self._over_limit = metrics.refused.labels(name)
        self._listeners: list[asyncio.Server] = []
        self._acceptors: list[Acceptor] = []
        self._timers: list[asyncio.TimerHandle] = []
        shortest = min(limits.head_seconds, limits.body_seconds, limits.idle_seconds, limits.linger_seconds)
        self._sweep_seconds = min(max(shortest / 4, 0.02), 1.0)

    async def listen(self, host: str, port: int, tls: Callable[[], ssl.SSLContext] | None = None) -> int:
        """Accept connections; returns the port, which is the system's choice for port 0.

        With ``tls``, each connection starts with a handshake in the context that it gives at that time.
        """
        loop = asyncio.get_running_loop()
        if not self._timers:
            self._every(loop, 1.0, self._tick)
            self._every(loop, self._sweep_seconds, self._sweep)

        listener = await loop.create_server(lambda: Connection(self), host, port, backlog=BACKLOG, reuse_address=True)
        port = int(listener.sockets[0].getsockname()[1])
        if tls is None:
            self._listeners.append(listener)
        else:
            self._acceptors += [
                Acceptor(listening, lambda client: self._greet(client, tls())) for listening in _duplicates(listener)
            ]
            listener.close()
        return port

    def _greet(self, client: socket.socket, context: ssl.SSLContext) -> None:
        """Start TLS with a client, be it only to say that there are too many."""
        # to few, as it takes ten times the memory that a plain connection does
        if self._taken >= self.limits.max_connections * 9 // 8:
            self._over_limit.inc()
            client.close()
            return
        self._handshakes.begin(client, context)
        self._make_room()

    async def drain(self, timeout: float) -> int:
        """Stop accepting, let what is under way finish within ``timeout`` seconds, cut the rest; returns how many."""
        self.draining = True
        while self._acceptors:
            self._acceptors.pop().close()
        for listener in self._listeners:
            await self._close_last(listener)
        began = perf_counter()
        while self._taken and perf_counter() < began + timeout:
            # who has just connected is about to ask
            patient = perf_counter() < began + self.limits.linger_seconds
            if not patient:
                self._handshakes.end()
            for connection in self.connections():
                connection.drain(patient=patient)
            await asyncio.sleep(min(0.02, timeout))
        return self.stop()

    async def _close_last(self, listener: asyncio.Server) -> None:
        """Close a listener, and take the connections that the kernel has accepted already: it would reset them."""
        loop = asyncio.get_running_loop()
        waiting: list[socket.socket] = []
        kept = _duplicates(listener)
        listener.close()
        for last in kept:
            with last, contextlib.suppress(OSError):
                last.setblocking(False)
                while True:
                    waiting.append(last.accept()[0])
        for connection in waiting:
            connection.setblocking(False)
            with contextlib.suppress(OSError):
                await loop.connect_accepted_socket(lambda: Connection(self), connection)

    def stop(self) -> int:
        """Close everything now; returns how many connections were cut."""
        while self._acceptors:
            self._acceptors.pop().close()
        for listener in self._listeners:
            listener.close()
        for timer in self._timers:
            timer.cancel()
        self._handshakes.end()
        cut = self.connections()
        for connection in cut:
            connection.abort()
        return len(cut)

    def connections(self) -> list[Connection]:
        """The open connections."""
        return list(self._open)

    # --- connections call these

    def add(self, connection: Connection) -> bool:
        """Register; False when there are too many already (it is registered all the same, to be swept)."""
        self._handshakes.discard(connection)
        self._open.add(connection)
        self._make_room()
        if len(self._open) <= self.limits.max_connections:
            return True
        self._over_limit.inc()
        return False

    def _make_room(self) -> None:
        """Let a handshake go if it is in the way of one that came later, while not all places are truly taken."""
        if 0 < self.limits.max_connections - len(self._open) < len(self._handshakes):
            self._over_limit.inc()
            self._handshakes.end_oldest()

    @property
    def _taken(self) -> int:
        return len(self._open) + len(self._handshakes)

    @property
    def flooded(self) -> bool:
        """Whether so many are over the limit that they cannot all be told so gently."""
        return self._taken > 2 * self.limits.max_connections

    def discard(self, connection: Connection) -> None:
        self._open.discard(connection)

    def overloaded(self) -> bytes:
        return _OVERLOADED.wire(self.date, close=True)

    def log_request(self, request: Request, route: str, status: int) -> None:
        # a terminal may take bytes beyond ASCII for orders, and the console's format leaves them as they are
        _log.info(
            "request", port=self._name, method=request.method.decode(), route=route, status=status,
            traceparent=request.headers.get(b"traceparent", b"").decode("ascii", "backslashreplace"),
        )  # fmt: skip

    def refused(self, status: int) -> None:
        """Something was answered that never became a request."""
        self.observe(b"other", "refused", status, 0.0)

    def handler_failed(self, request: Request) -> None:
        _log.exception("handler_failed", port=self._name, target=request.target.decode("latin-1"))

    # --- timers

    def _every(self, loop: asyncio.AbstractEventLoop, seconds: float, action: Callable[[], None]) -> None:
        place = len(self._timers)

        def again() -> None:
            action()
            self._timers[place] = loop.call_later(seconds, again)

        self._timers.append(loop.call_later(seconds, again))
        action()

    def _tick(self) -> None:
        self.date = b"date: %b\r\n" % formatdate(usegmt=True).encode()

    def _sweep(self) -> None:
        now = perf_counter()
        for connection in [c for c in self._open if c.deadline < now]:
            connection.expire()


def _duplicates(listener: asyncio.Server) -> list[socket.socket]:
    """The listening sockets, to be kept when the listener is closed."""
    return [socket.socket(fileno=os.dup(listening.fileno())) for listening in listener.sockets]
