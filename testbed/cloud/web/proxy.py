"""A CONNECT proxy that leads every Google host to the local cloud, for clients whose URLs can't be changed.

Only the names of Google's APIs and of its Identity-Aware Proxy, of its registries, of clusters' DNS endpoints and of
what upstreams publish are accepted, and nothing is ever connected but the local server: no request leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import re

from testbed.cloud.published.upstreams import HOSTS

IAP = "tunnel.cloudproxy.app"
ALLOWED = re.compile(
    r"([a-z0-9-]+\.)*googleapis\.com|accounts\.google\.com|[a-z0-9-]+\.[a-z0-9-]+\.gke\.goog|"
    r"[a-z0-9-]+-docker\.pkg\.dev|" + "|".join(map(re.escape, sorted({*HOSTS, IAP})))
)
HEAD_LIMIT = 16 * 1024
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Proxy:
    """Listens on loopback and joins each CONNECT to `target`, which terminates TLS itself."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.server: asyncio.Server | None = None
        self.open: set[asyncio.StreamWriter] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (0 asks for a free one)."""
        self.server = await asyncio.start_server(self._serve, host, port, limit=HEAD_LIMIT)
        return int(self.server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and drop what is open."""
        if self.server:
            self.server.close()
            for writer in list(self.open):
                writer.close()
            await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            verb, _unused, rest = head.partition(" ")
            host, _unused, port = rest.partition(" ")[0].rpartition(":")
            if verb != "CONNECT" or port != "443" or not ALLOWED.fullmatch(host):
                writer.write(answered("403 Forbidden"))
                await writer.drain()
            else:
                await join(reader, writer, self.target, ESTABLISHED)
        self.open.discard(writer)
        writer.close()


def answered(status: str) -> bytes:
    """A proxy's last word."""
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


async def join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: tuple[str, int], greeting: bytes = b""
) -> None:
    """Hand all that a client sends to another server and back, after a greeting to the client."""
    inner_reader, inner_writer = await asyncio.open_connection(*target)
    writer.write(greeting)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_copy(reader, inner_writer))
            group.create_task(_copy(inner_reader, writer))
    finally:
        inner_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
        writer.close()
