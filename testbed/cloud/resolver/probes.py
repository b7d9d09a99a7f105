"""One probe of one endpoint: HTTP, HTTPS or TCP, as a health check asks for it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from typing import Any

MESSAGES = {"HTTP": "httpHealthCheck", "HTTPS": "httpsHealthCheck", "TCP": "tcpHealthCheck"}
# The expected text is looked for in the first 1024 bytes of the body: compute.v1.json, HTTPHealthCheck.response
READ_LIMIT = 64 * 1024
BODY_LIMIT = 1024


def _unverified() -> ssl.SSLContext:
    """Google's probers do not verify certificates: https://cloud.google.com/load-balancing/docs/health-check-concepts"""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def probe(check: Mapping[str, Any], address: str, timeout: float, server_name: bool = True) -> str | None:
    """None when the endpoint passes, else why not; `timeout` in seconds covers everything.

    With `server_name` the health check's host is also what TLS asks for.
    """
    kind = str(check["type"])
    config = check[MESSAGES[kind]]
    try:
        async with asyncio.timeout(timeout):
            return await _probe(kind, config, address, server_name)
    except TimeoutError:
        return f"no answer in {timeout:g} s"
    except (OSError, ssl.SSLError, asyncio.IncompleteReadError) as error:
        return f"{type(error).__name__}: {error}"


async def _probe(kind: str, config: Mapping[str, Any], address: str, server_name: bool) -> str | None:
    context = _unverified() if kind == "HTTPS" else None
    port = int(config.get("port") or (443 if kind == "HTTPS" else 80))
    name = (config.get("host") if server_name else None) if context else None
    reader, writer = await asyncio.open_connection(
        address, port, ssl=context, server_hostname=(name or "") if context else None
    )
    try:
        if kind == "TCP":
            return None
        path, host = config.get("requestPath") or "/", config.get("host") or address
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: GoogleHC/1.0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        status = (await reader.readline()).decode("latin-1").split()
        if len(status) < 2 or status[1] != "200":
            return f"HTTP {status[1] if len(status) > 1 else 'without a status'}, expected 200"
        wanted = config.get("response")
        if wanted and wanted.encode() not in await _body(reader):
            return "the expected response text is missing"
        return None
    finally:
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()


async def _body(reader: asyncio.StreamReader) -> bytes:
    """The start of a body: what follows the headers."""
    read = b""
    while len(read) < READ_LIMIT and (more := await reader.read(READ_LIMIT)):
        read += more
    return read.partition(b"\r\n\r\n")[2][:BODY_LIMIT]
