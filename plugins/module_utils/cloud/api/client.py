# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP to Google's APIs: one pool of connections, one token, retries for what is safe to send again."""

from __future__ import annotations

import json
import os
import re
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import getproxies, proxy_bypass

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.auth import Tokens
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import (
    ApiError,
    BrokenError,
    excerpt,
    parse_error,
)
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import (
    Retry,
    is_transient,
    parse_retry_after,
)

ENDPOINT = "https://{service}.googleapis.com"
_ENDPOINT = re.compile(r"https?://(?=.*\{service\})(?:[^/{}\s]|\{service\})+(?:/(?:[^{}\s]|\{service\})*)?")
_POOL = 16
# What stays as it is in a path; a name's ? and # do not.
_PATH = "/:@*!$&'()+,;=~"
# Where a LIST says that it is not whole.
_LOST = ("unreachable", "unreachables", "missingZones")


@dataclass
class Counts:
    """Requests that were sent, and how many of them could change something."""

    requests: int = 0
    mutations: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, mutating: bool) -> None:
        with self._lock:
            self.requests += 1
            self.mutations += mutating


class CloudClient:
    """One task's requests: JSON objects in, JSON objects out, over one pool of connections.

    ``endpoint`` is a template with {service}; ``ca_file`` a PEM file of authorities; ``timeout`` in seconds is for one
    answer; ``retry`` for reads. Every method raises ApiError (Google refused), RateError (refused before it did
    anything), BrokenError (not known what it did), or PlatformError (no Google there). Threads may share a client.
    """

    def __init__(
        self,
        tokens: Tokens,
        *,
        endpoint: str = ENDPOINT,
        ca_file: str | None = None,
        timeout: float = 60.0,
        retry: Retry | None = None,
    ) -> None:
        if not _ENDPOINT.fullmatch(endpoint):
            raise OptionError(f"cloud.endpoint is {endpoint!r}, expected an URL with {{service}}, as in {ENDPOINT}")
        self.tokens = tokens
        self._endpoint = endpoint
        self._timeout = timeout
        self.retry = retry or Retry()
        self.counts = Counts()
        self._pool = _pool(endpoint.format(service="compute"), ca_file)

    def read(
        self, service: str, path: str, query: dict[str, str] | None = None, *, method: str = "GET", body: Any = None
    ) -> dict[str, Any]:
        """A request that changes nothing, sent again after whatever may pass."""
        return self.retry.call(lambda: self._send(service, method, path, query, body, False), _passes)

    def change(self, service: str, method: str, path: str, query: dict[str, str], body: Any) -> dict[str, Any]:
        """A request that changes something, sent once: after a BrokenError the caller reads before it decides."""
        return self._send(service, method, path, query, body, True)

    def pages(self, service: str, path: str, items: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """All elements of a LIST, over all of its pages."""
        return [item for answer in self._answers(service, path, query) for item in answer.get(items) or ()]

    def aggregated(self, service: str, path: str, items: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """All elements of compute's LIST over all regions and zones, whose answers are by place."""
        places = [
            place for answer in self._answers(service, path, query) for place in (answer.get("items") or {}).values()
        ]
        return [item for place in places for item in place.get(items) or ()]

    def _answers(self, service: str, path: str, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        token: str | None = None
        while True:
            page = {**query, **({"pageToken": token} if token else {})}
            answer = self.retry.call(partial(self._page, service, path, page), _passes)
            yield answer
            token = answer.get("nextPageToken")
            if not token:
                return

    def _page(self, service: str, path: str, query: dict[str, str]) -> dict[str, Any]:
        answer = self._send(service, "GET", path, query, None, False)
        lost = [str(place) for name in _LOST for place in answer.get(name) or ()]
        if lost:
            # A resource that is live would be taken for absent.
            raise BrokenError(f"GET {path}: the list is not whole, {', '.join(lost)} could not be reached")
        return answer

    def _send(
        self, service: str, method: str, path: str, query: dict[str, str] | None, body: Any, mutating: bool
    ) -> dict[str, Any]:
        token = self.tokens.get()
        status, headers, data = self._exchange(service, method, path, query, body, mutating, token)
        if status == 401:
            # Expired or revoked: once with a fresh one, then it is a real refusal.
            self.tokens.refused(token)
            token = self.tokens.get()
            status, headers, data = self._exchange(service, method, path, query, body, mutating, token)
        if 300 <= status < 400:
            raise PlatformError(
                f"{method} {path}: {status}, expected an answer of Google's and not to be sent to "
                f"{headers.get('Location') or 'nowhere'}: is there a proxy in between?"
            )
        if status >= 400:
            raise parse_error(method, path, status, data, parse_retry_after(headers.get("Retry-After")))
        if not data:
            return {}
        try:
            answer = json.loads(data)
        except ValueError:
            raise BrokenError(f"{method} {path}: {status} with malformed JSON{excerpt(data)}") from None
        if not isinstance(answer, dict):
            raise BrokenError(f"{method} {path}: {status} with {type(answer).__name__}, expected an object")
        return answer

    def _exchange(
        self, service: str, method: str, path: str, query: Any, body: Any, mutating: bool, token: str
    ) -> tuple[int, Any, bytes]:
        import urllib3

        # A name of the user's must not end the path.
        url = f"{self._endpoint.format(service=service)}/{quote(path, safe=_PATH)}" + (
            f"?{urlencode(query)}" if query else ""
        )
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        self.counts.add(mutating)
        try:
            answer = self._pool.request(method, url, body=data, headers=headers, timeout=self._timeout, redirect=False)
        except urllib3.exceptions.SSLError as error:
            raise PlatformError(f"{method} {url}: the server's certificate was not accepted: {error}") from None
        except urllib3.exceptions.HTTPError as error:
            raise BrokenError(f"{method} {path}: {_reason(error)}") from None
        return answer.status, answer.headers, answer.data


def _passes(error: Exception) -> bool:
    """A read that met a conflict met somebody's change: Google asks to send it again."""
    return is_transient(error) or (isinstance(error, ApiError) and error.status in (409, 412))


def _reason(error: Exception) -> str:
    text = str(getattr(error, "reason", None) or error)
    return text if len(text) < 300 else text[:300] + "…"


def _pool(url: str, ca_file: str | None) -> Any:
    try:
        import urllib3
    except ImportError as error:
        raise PlatformError("the Python library urllib3 is missing where this runs; pip install urllib3") from error
    if ca_file is not None:
        if not os.path.exists(ca_file):  # noqa: PTH110 - os is there, pathlib costs an import
            raise OptionError(f"cloud.ca_file: {ca_file} does not exist")
        try:
            ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise OptionError(f"cloud.ca_file: {ca_file} holds no certificates in PEM: {error.strerror}") from None
    options: dict[str, Any] = {"maxsize": _POOL, "block": True, "retries": False, "cert_reqs": "CERT_REQUIRED"}
    if ca_file is not None:
        options["ca_certs"] = ca_file
    host = url.split("/")[2]
    proxy = getproxies().get("https")
    if proxy and not proxy_bypass(host):
        return urllib3.ProxyManager(proxy, **options)
    return urllib3.PoolManager(num_pools=_POOL, **options)
