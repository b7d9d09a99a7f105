# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A TCP connection to a port of a virtual machine, through Google's Identity-Aware Proxy, as a socket of this process.

dial (websocket to IAP, until it is connected) → a thread each way between that websocket and a pair of sockets, of
which the caller gets one. A tunnel that breaks is a connection that ends; it is never resumed.
"""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.proxies import (
    environment_proxy,
    parse_proxy,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.relay import (
    MOST,
    NOT_AUTHORIZED,
    PROTOCOL,
    REAUTHENTICATION_REQUIRED,
    Bastion,
    Relay,
    refusal,
    wrapped,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.websocket import (
    CLOSE,
    ProtocolError,
    WebSocket,
    upgrade,
)

HOST = "tunnel.cloudproxy.app"

S = TypeVar("S")
T = TypeVar("T")


def dial(bastion: Bastion, token: str, timeout: float) -> socket.socket:
    """A connection to a port of a machine; ``timeout`` in seconds for each wait until it stands.

    A PlatformError for who may not, an OSError for what may be otherwise the next time.
    """
    connection = _connection(timeout)
    try:
        stream = _Stream(*_upgraded(connection, bastion, token), timeout)
        websocket, relay, first = WebSocket(stream, stream.send), Relay(), b""
        while not relay.connected:
            message = websocket.receive()
            if message is None:
                code, said = websocket.closed
                refused = PlatformError if code in (NOT_AUTHORIZED, REAUTHENTICATION_REQUIRED) else ConnectionError
                raise refused(refusal(bastion, code, said))
            first += relay.take(message)
    except ssl.SSLCertVerificationError as error:
        connection.close()
        raise PlatformError(f"the certificate of {HOST} was refused: {error.verify_message}") from None
    except (ProtocolError, http.client.HTTPException) as error:
        connection.close()
        raise ConnectionError(f"IAP, {bastion}: {error or type(error).__name__}") from None
    except BaseException:
        connection.close()
        raise
    stream.timeout = None
    near, far = socket.socketpair()
    threading.Thread(target=_carry, args=(far, stream, websocket, relay, first), daemon=True).start()
    return near


def _connection(timeout: float) -> http.client.HTTPSConnection:
    context = ssl.create_default_context()
    proxy = environment_proxy(HOST)
    if not proxy:
        return http.client.HTTPSConnection(HOST, timeout=timeout, context=context)
    way, headers = parse_proxy(proxy, "HTTPS_PROXY")
    connection = http.client.HTTPSConnection(str(way.hostname), way.port or 3128, timeout=timeout, context=context)
    connection.set_tunnel(HOST, 443, headers)
    return connection


def _upgraded(connection: http.client.HTTPSConnection, bastion: Bastion, token: str) -> tuple[ssl.SSLSocket, bytes]:
    """The websocket's connection, and what came with the answer already."""
    query = urlencode(
        {"project": bastion.project, "zone": bastion.zone, "instance": bastion.instance, "interface": "nic0",
         "port": bastion.port, "newWebsocket": "True"}
    )  # fmt: skip
    headers = {**upgrade(PROTOCOL), "Authorization": f"Bearer {token}", "Origin": "bot:iap-tunneler",
               "User-Agent": "pingpong.platform"}  # fmt: skip
    connection.request("GET", f"/v4/connect?{query}", headers=headers)
    response = connection.getresponse()
    if response.status != 101:
        problem = f"IAP, {bastion}: it answered {response.status} {response.reason}"
        raise (PlatformError if response.status in (401, 403) else ConnectionError)(problem)
    # Waits for the first message, which says how it went, and takes all that is buffered.
    return connection.sock, response.fp.peek()


class _Stream:
    """A TLS connection that one thread reads and another one writes, though OpenSSL takes one call at a time."""

    def __init__(self, connection: ssl.SSLSocket, first: bytes, timeout: float | None) -> None:
        self.timeout = timeout
        self._connection = connection
        self._first = first
        self._lock = threading.Lock()
        connection.setblocking(False)

    def read(self, count: int, /) -> bytes:
        data, self._first = self._first[:count], self._first[count:]
        while len(data) < count:
            piece = self._when_ready(self._connection.recv, count - len(data))
            if not piece:
                break
            data += piece
        return data

    def send(self, data: bytes) -> None:
        while data:
            data = data[self._when_ready(self._connection.send, data) :]

    def end(self) -> None:
        """Wake whoever waits for this connection."""
        with self._lock, contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._connection.close()

    def _when_ready(self, call: Callable[[S], T], argument: S) -> T:
        while True:
            reads, writes = [self._connection], []
            with self._lock:
                try:
                    return call(argument)
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLWantWriteError:
                    reads, writes = [], [self._connection]
            if not any(select.select(reads, writes, [], self.timeout)):
                raise TimeoutError


def _carry(far: socket.socket, stream: _Stream, websocket: WebSocket, relay: Relay, first: bytes) -> None:
    """Both ways, until either end is closed."""
    sender = threading.Thread(target=_send, args=(far, stream, websocket), daemon=True)
    sender.start()
    with contextlib.suppress(OSError, ProtocolError):
        far.sendall(first)
        while (message := websocket.receive()) is not None:
            far.sendall(relay.take(message))
            if due := relay.acknowledgement():
                websocket.send(due)
    with contextlib.suppress(OSError):
        far.shutdown(socket.SHUT_RDWR)
    sender.join()
    far.close()
    stream.close()


def _send(far: socket.socket, stream: _Stream, websocket: WebSocket) -> None:
    with contextlib.suppress(OSError):
        while data := far.recv(MOST):
            websocket.send(wrapped(data))
        websocket.send(b"", CLOSE)
    stream.end()
