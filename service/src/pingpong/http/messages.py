"""Requests as they were parsed and replies as they go over the wire."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

TEXT = b"text/plain; charset=utf-8"
JSON = b"application/json"

_CLOSE = b"connection: close\r\n"


class Request:
    """One request whose framing was checked. Header names are lower case; a repeated header is joined by commas."""

    __slots__ = ("arrived", "body", "headers", "keep_alive", "method", "query", "target")

    def __init__(
        self, method: bytes, target: bytes, headers: dict[bytes, bytes], body: bytes, keep_alive: bool, arrived: float
    ) -> None:
        self.method = method
        self.target = target
        self.query = b""
        self.headers = headers
        self.body = body
        self.keep_alive = keep_alive
        self.arrived = arrived


class Reply:
    """A reply whose bytes are laid out once, so that a constant reply costs one concatenation a request.

    On the wire it is ``head``, the line with the date, any further header lines, and ``tail``.
    """

    __slots__ = ("body", "head", "status", "tail")

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        content_type: bytes = TEXT,
        headers: Mapping[bytes, bytes] | None = None,
    ) -> None:
        self.status = status
        self.body = body
        fixed = {
            b"content-type": content_type,
            b"content-length": b"%d" % len(body),
            b"cache-control": b"no-store",
            **(headers or {}),
        }
        self.head = b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode()) + header_lines(fixed)
        self.tail = b"\r\n" + body

    def wire(self, date: bytes, close: bool, head_only: bool = False, extra: bytes = b"") -> bytes:
        """The whole reply. ``date`` and ``extra`` are complete header lines; ``head_only`` answers a HEAD."""
        return b"".join((self.head, date, extra, _CLOSE if close else b"", b"\r\n" if head_only else self.tail))


def header_lines(headers: Mapping[bytes, bytes]) -> bytes:
    """Headers as they go over the wire, each line ended."""
    return b"".join(b"%b: %b\r\n" % header for header in headers.items())


def json_reply(value: Any, status: int = 200, headers: Mapping[bytes, bytes] | None = None) -> Reply:
    """``value`` as JSON, with a final newline for people who use curl."""
    return Reply(status, json.dumps(value, separators=(",", ":")).encode() + b"\n", JSON, headers)


def error_reply(status: int, detail: str = "", headers: Mapping[bytes, bytes] | None = None) -> Reply:
    """A plain text reply that says what was wrong."""
    return Reply(status, (detail or HTTPStatus(status).phrase).encode() + b"\n", TEXT, headers)


Handler = Callable[[Request], Reply | Awaitable[Reply]]


class RefusedError(Exception):
    """A request that is answered with an error before it reaches a handler; the connection ends with it."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status

    @property
    def reply(self) -> Reply:
        return error_reply(self.status, str(self))
