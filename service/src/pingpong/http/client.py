"""One GET over a connection of its own: so that every ping resolves the name anew and sees what a new client sees."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools

from pingpong.http.messages import header_lines

_MAX_REPLY = 65536


class FetchError(Exception):
    """No reply. ``outcome`` is one of a closed set, fit for a metric's label."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome


@dataclass(slots=True)
class Fetched:
    status: int
    headers: dict[bytes, bytes]
    body: bytes


class _ReplyReader:
    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.fetched = Fetched(0, {}, b"")
        self.complete = False
        self.until_end = False  # of the connection: nothing else says where the body ends

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fetched.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        headers = self.fetched.headers
        self.until_end = self.parser.get_status_code() >= 200 and not (
            b"content-length" in headers or b"transfer-encoding" in headers
        )

    def on_body(self, data: bytes) -> None:
        self.fetched.body += data

    def end(self) -> None:
        """The connection ended. Raises ``FetchError`` where a reply is still under way."""
        if not self.until_end:
            raise FetchError("reset", "the connection ended before the reply did")
        self.on_message_complete()

    def on_message_complete(self) -> None:
        status = self.parser.get_status_code()
        if status >= 200:  # an interim reply has the final one behind it
            self.fetched.status = status
            self.complete = True


async def fetch(url: str, headers: Mapping[bytes, bytes], timeout: float, tls: ssl.SSLContext | None = None) -> Fetched:
    """GET ``url`` (http or https) within ``timeout`` seconds, whole. Raises ``FetchError``."""
    try:
        async with asyncio.timeout(timeout):
            return await _fetch(url, headers, tls)
    except TimeoutError:
        raise FetchError("timeout", f"no reply within {timeout:g} s") from None
    except socket.gaierror as error:
        raise FetchError("dns", str(error)) from None
    except ssl.SSLError as error:
        raise FetchError("tls", str(error)) from None
    except ConnectionRefusedError as error:
        raise FetchError("refused", str(error)) from None
    except ConnectionError as error:
        raise FetchError("reset", str(error)) from None
    except OSError as error:
        raise FetchError("unreachable", str(error)) from None
    except UnicodeError as error:  # a name that cannot be asked for: a label of it is empty or too long
        raise FetchError("dns", str(error)) from None
    except httptools.HttpParserUpgrade:
        raise FetchError("protocol", "the reply switches protocols, which nobody asked for") from None
    except httptools.HttpParserError as error:
        raise FetchError("protocol", str(error)) from None


async def _fetch(url: str, headers: Mapping[bytes, bytes], tls: ssl.SSLContext | None) -> Fetched:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host = parts.hostname or ""
    reader, writer = await asyncio.open_connection(
        host, parts.port or (443 if secure else 80), ssl=(tls or ssl.create_default_context()) if secure else None
    )
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fixed = {b"host": parts.netloc.encode(), b"user-agent": b"pingpong", b"connection": b"close", **headers}
        writer.write(b"GET %b HTTP/1.1\r\n%b\r\n" % (target.encode(), header_lines(fixed)))
        answer = _ReplyReader()
        size = 0
        while not answer.complete:
            data = await reader.read(_MAX_REPLY)
            size += len(data)
            if not data:
                answer.end()
                break
            if size > _MAX_REPLY:
                raise FetchError("protocol", f"the reply is larger than {_MAX_REPLY} bytes")
            answer.parser.feed_data(data)
        return answer.fetched
    finally:
        writer.transport.abort()
