"""Clients with which TLS is being agreed on: counted from the start, and the first to make room.

To begin a handshake and leave it there costs a client nothing. So each takes a connection's place, as any client
does, but gives it to whoever needs one: the oldest goes first, for who means it is done in two round trips.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from pingpong.http.connection import Connection

if TYPE_CHECKING:
    from pingpong.http.server import Server

SECONDS = 5.0


class Acceptor(asyncio.Protocol):
    """Takes the client's socket from the transport that accepted it, which would read before TLS could begin."""

    def __init__(self, server: Server, tls: Callable[[], ssl.SSLContext]) -> None:
        self._server = server
        self._tls = tls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        try:
            client = transport.get_extra_info("socket").dup()
        except OSError:  # no more files can be open
            return
        finally:
            cast("asyncio.Transport", transport).abort()
        self._server.greet(client, self._tls())


class Handshakes:
    """The ones under way. A connection whose handshake is done comes to its server by ``Server.add``."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._clients: dict[Connection, socket.socket] = {}  # the oldest first
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._clients)

    def begin(self, client: socket.socket, context: ssl.SSLContext) -> None:
        """Agree on TLS with ``client`` within ``SECONDS``, or close it."""
        connection = Connection(self._server)
        self._clients[connection] = client
        task = asyncio.get_running_loop().create_task(self._agree(connection, client, context))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _agree(self, connection: Connection, client: socket.socket, context: ssl.SSLContext) -> None:
        # refused by either side, gone or late: nothing that is ours to mend, and anybody could fill a log with it
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection, client, ssl=context, ssl_handshake_timeout=SECONDS
            )
        self.discard(connection)

    def discard(self, connection: Connection) -> None:
        self._clients.pop(connection, None)

    def end_oldest(self) -> None:
        """Make room for one. To the handshake it is as if its client had gone, wherever it stands."""
        client = self._clients.pop(next(iter(self._clients)))
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Make room for all."""
        while self._clients:
            self.end_oldest()
