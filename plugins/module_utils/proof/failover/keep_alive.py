# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A client that holds on to its connection, as browsers and connection pools do."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import TracebackType

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Sample
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.observe import Client
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.observe import (
    Answer,
    Endpoint,
    ask,
    reason,
    verified_connection,
)

# What a connection that the server has closed meanwhile meets, before a byte of an answer.
CLOSED = (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
CLOSED_ANSWERS = (http.client.RemoteDisconnected.__name__, http.client.NotConnected.__name__)


class KeepAliveClient:
    """Asks at an interval while it is entered, one request at a time; DNS only when it needs a connection.

    A request that meets a connection that was closed meanwhile is sent once more on a new one, as RFC 9110, section
    9.2.2, has clients do: that is no loss. After an answer that is not as it should be, the connection is given up, as
    connection pools do with a server that fails. ``now`` is the clock of the samples.
    """

    def __init__(self, client: Client, endpoint: Endpoint, interval: float, now: Callable[[], float]) -> None:
        self.client, self.endpoint, self.interval, self.now = client, endpoint, interval, now
        self.connections = 0
        self._samples: list[Sample] = []
        self._connection: http.client.HTTPSConnection | None = None
        self._address = ""
        self._version: list[Answer] = []
        self._fault: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> KeepAliveClient:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._close()

    def samples(self) -> tuple[Sample, ...]:
        """All samples; the exception that ended the thread, if one did."""
        if self._fault is not None:
            raise self._fault
        return tuple(self._samples)

    def _run(self) -> None:
        try:
            while True:
                began = self.now()
                self._samples.append(replace(self._sample(began), ended=self.now()))
                if self._stop.wait(self.interval):
                    return
        except Exception as error:  # a thread has nobody to raise to; ``samples`` does it
            self._fault = error

    def _sample(self, began: float) -> Sample:
        sample = Sample(host=self.endpoint.server_name, began=began, ended=began)
        try:
            answer = self._kept() or ask(self._open(), self.endpoint.path)
        except OSError as error:
            self._close()
            return replace(sample, address=self._address, error=reason(error))
        judged = self.client.judged(replace(sample, address=self._address), [answer, *self._version])
        if judged.error:
            self._close()
        return judged

    def _kept(self) -> Answer | None:
        """The answer over the connection that is kept; None where there is none any more."""
        if self._connection is None:
            return None
        with suppress(*CLOSED):
            answer = ask(self._connection, self.endpoint.path)
            if answer.error not in CLOSED_ANSWERS:
                return answer
        self._close()
        return None

    def _open(self) -> http.client.HTTPSConnection:
        """Connect to what DNS names now, and learn who is there; an OSError where that fails."""
        named = self.client.resolve(self.endpoint.server_name, self.endpoint.timeout)
        if len(named.addresses) != 1:
            raise ConnectionError(0, named.error or f"{len(named.addresses)} addresses instead of one")
        self._address = named.addresses[0]
        self._connection = connection = verified_connection(replace(self.endpoint, address=self._address))
        self.connections += 1
        self._version = [ask(connection, path) for path in self.client.paths(self.endpoint)[1:]]
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
