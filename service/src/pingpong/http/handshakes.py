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

from pingpong.http.connection import Connection

SECONDS = 5.0
BACKLOG = 1024
_BURST = 64  # clients that are taken before anybody else has a turn
_PAUSE_SECONDS = 0.2


class Acceptor:
    """Takes the clients of a listening socket; a transport would begin to read before they can be counted."""

    def __init__(self, listening: socket.socket, greet: Callable[[socket.socket], None]) -> None:
        self._listening = listening
        self._greet = greet
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        self._begin()

    def close(self) -> None:
        """Close the socket, and take the clients that the kernel has accepted already: it would reset them."""
        self._end()
        self._accept(BACKLOG)
        self._end()
        self._listening.close()

    def _begin(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listening, self._accept, _BURST)

    def _end(self) -> None:
        self._loop.remove_reader(self._listening)
        if self._pause is not None:
            self._pause.cancel()

    def _accept(self, most: int) -> None:
        for _turn in range(most):
            try:
                client, _address = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:  # no more files can be open: the socket would ask again and again
                self._end()
                self._pause = self._loop.call_later(_PAUSE_SECONDS, self._begin)
                return
            client.setblocking(False)
            self._greet(client)


class Handshakes:
    """The ones under way. A connection whose handshake is done comes to its server by ``Server.add``."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._clients: dict[Connection, socket.socket] = {}  # the oldest first
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._clients)

    def begin(self, client: socket.socket, context: ssl.SSLContext) -> None:
        """Agree on TLS with ``client`` within ``SECONDS``, or close it."""
        connection = self._connect()
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
