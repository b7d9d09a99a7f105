"""DNS over UDP and TCP: on loopback, and for the clusters' nodes on this machine's end of their network."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import random
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any

from dnslib import QTYPE, RCODE, RR, TXT, DNSError, DNSRecord, EDNSOption

from testbed.cloud.core.call import Cloud
from testbed.cloud.resolver import answers
from testbed.cloud.resolver.health import HealthMonitor
from testbed.cloud.resolver.routing import choose
from testbed.cloud.services.dns.rules.text import strings
from testbed.cloud.web.listeners import listening

UDP_SIZE = 1232
CLIENT_SUBNET = 8
TCP_IDLE = 10.0


class Datagrams(asyncio.DatagramProtocol):
    """One socket: too long an answer is cut and marked, so that the client asks again over TCP."""

    def __init__(self, reply: Callable[[bytes, str], Any]) -> None:
        self.reply = reply
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        if isinstance(transport, asyncio.DatagramTransport):
            self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer one packet."""
        reply = self.reply(data, str(addr[0]))
        if reply is None or self.transport is None:
            return
        packed = reply.pack()
        if len(packed) > UDP_SIZE:
            packed = reply.truncate().pack()
        self.transport.sendto(packed, addr)


class Resolver:
    """Answers for every managed zone of every project; refuses everything else."""

    def __init__(self, cloud: Cloud, monitor: HealthMonitor, draw: Callable[[], float] = random.random) -> None:
        self.cloud = cloud
        self.monitor = monitor
        self.draw = draw
        self.transports: list[asyncio.BaseTransport] = []
        self.servers: list[asyncio.Server] = []

    async def start(self, hosts: Sequence[str], port: int) -> int:
        """Listen on the same port of all addresses with UDP and TCP; returns it (0 asks for a free one)."""
        loop = asyncio.get_running_loop()
        for host in hosts:
            stream = listening(host, port)
            port = int(stream.getsockname()[1])
            self.servers.append(await asyncio.start_server(self._serve, sock=stream))
            datagrams = listening(host, port, socket.SOCK_DGRAM)
            transport, _unused = await loop.create_datagram_endpoint(lambda: Datagrams(self.reply), sock=datagrams)
            self.transports.append(transport)
        return port

    async def stop(self) -> None:
        """Stop listening."""
        for transport in self.transports:
            transport.close()
        for server in self.servers:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            while True:
                async with asyncio.timeout(TCP_IDLE):
                    (length,) = struct.unpack("!H", await reader.readexactly(2))
                    data = await reader.readexactly(length)
                reply = self.reply(data, str(writer.get_extra_info("peername")[0]))
                if reply is None:
                    break
                packed = reply.pack()
                writer.write(struct.pack("!H", len(packed)) + packed)
                await writer.drain()
        writer.close()

    def reply(self, data: bytes, client: str) -> Any:
        """The reply to one message; None for what is no question."""
        try:
            request = DNSRecord.parse(data)
        except (DNSError, ValueError, IndexError, struct.error):
            return None
        if request.header.qr or not request.questions:
            return None
        reply = request.reply(ra=0, aa=1)
        with self.cloud.store.transaction():
            self.cloud.operations.settle()
        region = self._region(request, client)
        question = request.q
        found = answers.answer(
            str(question.qname),
            str(QTYPE[question.qtype]),
            [item.body | {"key": item.key} for item in self.cloud.store.of_kind("dns.managedZone")],
            lambda zone: [item.body for item in self.cloud.store.children(f"{zone['key']}/rrsets")],
            lambda record: self._data(record, region),
        )
        reply.header.rcode = getattr(RCODE, found.code)
        reply.header.aa = int(found.code != "REFUSED")
        for name, kind, ttl, texts in found.records:
            reply.add_answer(*(_record(name, kind, ttl, text) for text in texts))
        for name, kind, ttl, texts in found.authority:
            reply.add_auth(*(_record(name, kind, ttl, text) for text in texts))
        return reply

    def _data(self, record: answers.Body, region: str) -> list[str]:
        policy = record.get("routingPolicy")
        if not policy:
            return list(record["rrdatas"])
        check = str(policy.get("healthCheck") or "")
        return choose(policy, region, lambda address: self.monitor.healthy(check, address), self.draw)

    def _region(self, request: Any, client: str) -> str:
        """Where a client is: by its subnet as EDNS carries it, or its own address."""
        for additional in request.ar:
            for option in getattr(additional, "rdata", None) or [] if additional.rtype == QTYPE.OPT else []:
                if isinstance(option, EDNSOption) and option.code == CLIENT_SUBNET:
                    client = _subnet(option.data) or client
        settings = self.cloud.settings
        for text, region in settings.client_regions.items():
            if ipaddress.ip_address(client) in ipaddress.ip_network(text):
                return region
        return settings.default_client_region


def _subnet(data: bytes) -> str | None:
    """The address of an EDNS client subnet option, RFC 7871; IPv4 only."""
    family, _source, _scope = struct.unpack("!HBB", data[:4])
    return str(ipaddress.IPv4Address(data[4:8].ljust(4, b"\0"))) if family == 1 else None


def _record(name: str, kind: str, ttl: int, text: str) -> Any:
    if kind in ("TXT", "SPF"):
        return RR(name, getattr(QTYPE, kind), ttl=ttl, rdata=TXT(strings(text)))
    return RR.fromZone(f"{name} {ttl} IN {kind} {text}")[0]
