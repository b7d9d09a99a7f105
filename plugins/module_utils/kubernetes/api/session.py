# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Requests to one API server: authorised, retried where that is safe, counted."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import TransientError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry, is_transient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.connection import Connection, Credential
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError, refusal
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.transport import Response, Transport
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object, Objects

JSON = "application/json"

T = TypeVar("T")

# The server reads applied objects as YAML, which knows no escaped surrogates and wants these escaped.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def _json(body: Any) -> bytes:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode("utf-8", "surrogatepass")


class Session:
    """One API server; may be shared by threads.

    ``requests`` counts what was sent, retries included. ``refresh`` is called once when the server no longer
    accepts the token (401) and returns a new one; without it a token file or credential plugin is read again.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        timeout: float = 30.0,
        retry: Retry | None = None,
        refresh: Callable[[], str] | None = None,
    ) -> None:
        self.connection = connection
        self.retry = retry or Retry()
        self.requests = 0
        self.transport = Transport(connection, timeout=timeout)
        self._refresh = refresh
        self._lock = threading.Lock()
        self._generation = 0

    def close(self) -> None:
        """Close the idle connections."""
        self.transport.close()

    def request(self, method: str, path: str, body: Object | Objects | None = None, **options: Any) -> Object:
        """Send a request whose answer is a JSON object; the options are those of ``send``."""
        return self._send(method, path, body, _parsed, **options)

    def send(self, method: str, path: str, body: Object | None = None, **options: Any) -> Response:
        """Send a request and return the whole response; an ApiError when the server refuses.

        Broken connections and transient answers are retried. That is safe for what this client sends: reads,
        applies, deletes, replacements and patches to a fixed state, and creations under a fixed name.
        ``what`` names the request in errors; ``accept`` and ``content_type`` are media types; ``timeout`` is in
        seconds for each wait on the network; ``conflicts`` retries a 409 that is no conflict of field managers (that of
        a read or a delete always is retried); ``on_failure`` is called with each failed attempt that is
        followed by another one.
        """
        return self._send(method, path, body, lambda response, _: response, **options)

    def _send(
        self,
        method: str,
        path: str,
        body: Object | Objects | None,
        read: Callable[[Response, str], T],
        *,
        content_type: str = JSON,
        accept: str = JSON,
        what: str | None = None,
        timeout: float | None = None,
        conflicts: bool = False,
        on_failure: Callable[[Exception], None] | None = None,
    ) -> T:
        data = None if body is None else _json(body)
        headers = {"Accept": accept} if data is None else {"Accept": accept, "Content-Type": content_type}
        secret = "/secrets" in path or (isinstance(body, dict) and body.get("kind") == "Secret")
        name = what or f"{method} {path.partition('?')[0]}"

        def attempt() -> T:
            self.count()
            response = self.transport.send(method, path, data, headers, timeout)
            if not 200 <= response.status < 300:
                raise refusal(name, response.status, response.headers, response.body, secret=secret)
            return read(response, name)

        def failed(error: Exception, *_: Any) -> None:
            if on_failure is not None:
                on_failure(error)

        retryable = _transient_or_conflict if conflicts or method in ("GET", "DELETE") else is_transient
        return self.authorized(lambda: self.retry.call(attempt, retryable, failed))

    def authorized(self, call: Callable[[], T]) -> T:
        """What ``call`` returns; after a 401 the token is renewed and it is called once more."""
        generation = self._generation
        try:
            return call()
        except ApiError as error:
            if error.status != 401:
                raise
        with self._lock:
            # Of many threads that find the token expired, the first renews it.
            if generation == self._generation:
                self.transport.set_credential(self._fresh_credential())
                self._generation += 1
        return call()

    def count(self) -> None:
        """Note that a request is sent."""
        with self._lock:
            self.requests += 1

    def _fresh_credential(self) -> Credential:
        if self._refresh is not None:
            return Credential(token=self._refresh())
        return self.connection.credential.current()


def _transient_or_conflict(error: Exception) -> bool:
    # A conflict of field managers is for the caller (apply.conflicts). Any other conflict of an apply is the
    # server's: the object moved between its own read and write, or came into being meanwhile.
    conflict = isinstance(error, ApiError) and error.status == 409 and not error.ownership
    return conflict or is_transient(error)


def _parsed(response: Response, what: str) -> Object:
    try:
        answer = json.loads(response.body)
    except ValueError:
        raise TransientError(f"{what}: the answer of the API server is not JSON") from None
    if not isinstance(answer, dict):
        raise TransientError(f"{what}: the answer of the API server is not a JSON object")
    return answer
