# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP to one API server: a pool of kept-alive connections that threads share."""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import socket
import ssl
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
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
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.proxies import (
    environment_proxy,
    parse_proxy,
)

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
        self._authorization: str | None = None
        self.set_credential(connection.credential.current())

    def set_credential(self, credential: Credential) -> None:
        """Go on with this credential; connections made with another one are dropped."""
        token = checked_token(credential.token)
        context = _ssl_context(self._connection, credential) if self._target.scheme == "https" else None
        with self._lock:
            self._ssl = context
            self._authorization = f"Bearer {token}" if token else None
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
        if self._authorization:
            merged["Authorization"] = self._authorization
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
        proxy, headers = parse_proxy(self._proxy, self._proxy_option)
        connection = _HTTPSConnection(str(proxy.hostname), proxy.port or 3128, timeout, self._ssl, name or host)
        connection.set_tunnel(host, port or 443, headers)
        return connection


class _HTTPSConnection(http.client.HTTPSConnection):
    """Verifies the server under another name than it is dialled by, where a kubeconfig says so."""

    def __init__(self, host: str, port: int, timeout: float, context: ssl.SSLContext, name: str | None) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._tls = context
        self._name = name or host

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError | socket.timeout):
        return "no answer in time"
    # What a proxy refuses with has its words in the text only.
    text = getattr(error, "strerror", None) or (isinstance(error, OSError) and str(error))
    return str(text) if text else type(error).__name__


def _ssl_context(connection: Connection, credential: Credential) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=connection.ca_certificate)
    except (ssl.SSLError, ValueError):
        raise PlatformError("connection.ca_certificate: expected PEM certificates") from None
    if bool(credential.client_certificate) != bool(credential.client_key):
        raise OptionError("connection.client_certificate and connection.client_key: expected both, found only one")
    if credential.client_certificate and credential.client_key:
        _load_client(context, credential.client_certificate, credential.client_key)
    return context


def _refused_password() -> str:
    raise OptionError(
        "the connection's client key is encrypted, expected one without a passphrase; "
        "decrypt it with openssl pkey, or use a token or a credential plugin"
    )


def _load_client(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Python's ssl reads a client's key only from a path: give it one in memory where the system can."""
    pem = f"{certificate}\n{key}\n".encode()
    if hasattr(os, "memfd_create"):
        descriptor, path = os.memfd_create("client", os.MFD_CLOEXEC), None
    else:
        descriptor, path = tempfile.mkstemp()
    try:
        os.write(descriptor, pem)
        # With a password at hand OpenSSL never asks for one on the terminal.
        context.load_cert_chain(path or f"/proc/self/fd/{descriptor}", password=_refused_password)
    except (ssl.SSLError, OSError):
        raise PlatformError("the client certificate and key of the connection do not fit or are not PEM") from None
    finally:
        os.close(descriptor)
        if path is not None:
            with contextlib.suppress(OSError):
                Path(path).unlink()
