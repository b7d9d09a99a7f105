# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP to one API server: a pool of kept-alive connections that threads share."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import (
    OptionError,
    PlatformError,
    TransientError,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.connection import (
    Connection,
    Credential,
    checked_token,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.iap import dial
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.proxies import (
    environment_proxy,
    parse_bastion,
    parse_proxy,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.tls import ssl_context

_MAX_IDLE = 16


class Response(NamedTuple):
    """A whole response; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ConnectionLost(TransientError):
    """The connection broke or stalled: the request may or may not have been carried out.

    ``sent`` is False when it certainly was not, because no connection came about.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Transport:
    """Sends one request at a time per connection, with ``timeout`` seconds for each wait on the network."""

    def __init__(self, connection: Connection, *, timeout: float = 30.0) -> None:
        self.endpoint = connection.endpoint
        self.timeout = timeout
        self._target = urlsplit(connection.endpoint)
        self._connection = connection
        self._proxy = connection.proxy or environment_proxy(str(self._target.hostname))
        self._proxy_option = "connection.proxy" if connection.proxy else "HTTPS_PROXY"
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._ssl: ssl.SSLContext | None = None
        self._token: str | None = None
        self.set_credential(connection.credential.current())

    def set_credential(self, credential: Credential) -> None:
        """Go on with this credential; connections made with another one are dropped."""
        token = checked_token(credential.token)
        context = ssl_context(self._connection, credential) if self._target.scheme == "https" else None
        with self._lock:
            self._ssl = context
            self._token = token
            stale, self._idle = self._idle, []
        for connection in stale:
            connection.close()

    def send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], timeout: float | None = None
    ) -> Response:
        """The response to one request, whatever its status; ConnectionLost when there is none."""
        connection = self._acquire(timeout or self.timeout)
        try:
            connection.request(method, self._target.path + path, body, self._headers(headers))
            answer = connection.getresponse()
            data = answer.read()
            response = Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, data)
            keep = not answer.will_close
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionLost(f"the connection to {self.endpoint} broke: {_reason(error)}", sent=True) from None
        except BaseException:
            connection.close()
            raise
        self._release(connection) if keep else connection.close()
        return response

    def upgrade(
        self, path: str, headers: Mapping[str, str], timeout: float
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """A connection of its own for a protocol upgrade, and the response to it; the caller closes both."""
        connection = self._connect(timeout)
        try:
            connection.request("GET", self._target.path + path, headers=self._headers(headers))
            return connection, connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionLost(f"the connection to {self.endpoint} broke: {_reason(error)}", sent=True) from None

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        merged = {"User-Agent": "pingpong.platform", **headers}
        if self._token:
            merged["Authorization"] = f"Bearer {self._token}"
        return merged

    def _acquire(self, timeout: float) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._connect(timeout)
            # Something to read on an idle connection is the server's goodbye.
            if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                connection.sock.settimeout(timeout)
                return connection
            connection.close()

    def _release(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < _MAX_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        host, port = str(self._target.hostname), self._target.port
        connection = self._open(host, port, timeout)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            connection.close()
            raise PlatformError(
                f"the certificate of {self.endpoint} was refused: {error.verify_message}; "
                "connection.ca_certificate must hold the cluster's CA"
            ) from None
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            way = f" through {self._proxy_option}" if self._proxy else ""
            raise ConnectionLost(f"cannot connect to {self.endpoint}{way}: {_reason(error)}", sent=False) from None
        return connection

    def _open(self, host: str, port: int | None, timeout: float) -> http.client.HTTPConnection:
        if self._ssl is None:
            return http.client.HTTPConnection(host, port or 80, timeout=timeout)
        name = self._connection.server_name
        if not self._proxy:
            return _HTTPSConnection(host, port or 443, timeout, self._ssl, name)
        if bastion := parse_bastion(self._proxy, self._proxy_option):
            if not (token := self._token):
                raise OptionError("connection.token: found none, expected Google's access token, which IAP asks for")
            connection = _HTTPSConnection(
                bastion.instance, bastion.port, timeout, self._ssl, name or host, lambda: dial(bastion, token, timeout)
            )
            connection.set_tunnel(host, port or 443)
            return connection
        proxy, headers = parse_proxy(self._proxy, self._proxy_option)
        connection = _HTTPSConnection(str(proxy.hostname), proxy.port or 3128, timeout, self._ssl, name or host)
        connection.set_tunnel(host, port or 443, headers)
        return connection


class _HTTPSConnection(http.client.HTTPSConnection):
    """Verifies the server under another name than it is dialled by, where a kubeconfig says so.

    ``dialled`` opens the connection to the proxy, where an address does not lead there.
    """

    def __init__(
        self, host: str, port: int, timeout: float, context: ssl.SSLContext, name: str | None,
        dialled: Callable[[], socket.socket] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(host, port, timeout=timeout, context=context)
        self._dialled = dialled
        self._tls = context
        self._name = name or host

    def connect(self) -> None:
        if self._dialled is None:
            http.client.HTTPConnection.connect(self)
        else:
            self.sock = self._dialled()
            self._tunnel()  # type: ignore[attr-defined]
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError | socket.timeout):
        return "no answer in time"
    # What a proxy refuses with has its words in the text only.
    text = getattr(error, "strerror", None) or (isinstance(error, OSError) and str(error))
    return str(text) if text else type(error).__name__
