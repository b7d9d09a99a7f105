"""Identity-Aware Proxy's TCP forwarding: from a websocket to the HTTP proxy of a bastion, and on to a control plane."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
import socket

from aiohttp import WSMsgType, web

from testbed.cloud.access import bastion
from testbed.cloud.access.proxy import reached_at
from testbed.cloud.access.relay import (
    CANNOT_CONNECT,
    LOOKUP_FAILED,
    MOST,
    NOT_AUTHORIZED,
    PROTOCOL,
    Closed,
    Frames,
    connected,
)
from testbed.cloud.core import lateness, policies
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.protocol.values import moment
from testbed.cloud.core.state.store import Resource
from testbed.cloud.web.proxy import ESTABLISHED, answered, join

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Tunnels:
    """All tunnels to all machines."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Relay until either side ends it, or close with the code that says why not."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not self._known(token):
            return web.Response(status=401, text="Request had invalid authentication credentials.")
        websocket = web.WebSocketResponse(protocols=[PROTOCOL], max_msg_size=0)
        asked = request.headers.get("Sec-WebSocket-Protocol") == PROTOCOL
        # gcloud sends both; what IAP says without them is not known.
        if not (asked and request.headers.get("Origin") == "bot:iap-tunneler" and websocket.can_prepare(request)):
            return web.Response(status=400, text="Bad Request")
        await websocket.prepare(request)
        try:
            machine, proxy = self._reached(request, token)
            await self._relay(websocket, machine, proxy)
        except Closed as closed:
            await websocket.close(code=closed.code, message=str(closed).encode())
        return websocket

    def _known(self, token: str) -> bool:
        return self._owner(token) or self.cloud.grants.holder(token, self.cloud.clock()) is not None

    def _owner(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.cloud.token.encode())

    def _reached(self, request: web.BaseRequest, token: str) -> tuple[Resource, bastion.Proxy]:
        """The machine and its proxy; raises Closed."""
        project, zone, name, port = (request.query.get(key, "") for key in ("project", "zone", "instance", "port"))
        workload = self.cloud.grants.holder(token, self.cloud.clock())
        policy = f"cloudresourcemanager/projects/{project}"
        if not self._owner(token) and not (
            workload and policies.grants(self.cloud, policy, workload.members, bastion.ROLES)
        ):
            raise Closed(NOT_AUTHORIZED)
        machine = self.cloud.store.get(f"compute/projects/{project}/zones/{zone}/instances/{name}")
        if machine is None or machine.body["status"] != "RUNNING" or request.query.get("interface") != "nic0":
            raise Closed(LOOKUP_FAILED)
        rules = (rule.body for rule in self.cloud.store.of_kind("compute.firewalls", f"compute/projects/{project}/"))
        proxy = bastion.proxy(machine.body)
        address = str(machine.body["networkInterfaces"][0]["networkIP"])
        if (
            not bastion.admitted(machine.body, rules, int(port))
            or proxy is None
            or not proxy.listens(address, int(port))
            or self._starting(machine)
        ):
            raise Closed(CANNOT_CONNECT)
        return machine, proxy

    def _starting(self, machine: Resource) -> bool:
        began = moment(machine.body["lastStartTimestamp"])
        return lateness.late(self.cloud, lateness.effective(self.cloud, "startup", began))

    async def _relay(self, websocket: web.WebSocketResponse, machine: Resource, proxy: bastion.Proxy) -> None:
        near, far = [await asyncio.open_connection(sock=end) for end in socket.socketpair()]
        await websocket.send_bytes(connected(secrets.token_bytes(16)))
        frames, confirmed = Frames(), asyncio.Event()
        served = asyncio.create_task(self._serve(far, machine, proxy))
        down = asyncio.create_task(_down(near[0], websocket, frames, confirmed))
        try:
            await _up(websocket, near[1], frames, confirmed)
        finally:
            near[1].close()
            for task in (served, down):
                task.cancel()
            await asyncio.gather(served, down, return_exceptions=True)

    async def _serve(self, streams: Streams, machine: Resource, proxy: bastion.Proxy) -> None:
        """The bastion's HTTP proxy, for one connection."""
        reader, writer = streams
        with (
            contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError),
            contextlib.closing(writer),
        ):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split()
            host, _unused, port = head[1].rpartition(":")
            problem = proxy.refusal(host, int(port)) if head[0] == "CONNECT" else "Filtered"
            target = self._control_plane(machine, host, port)
            if problem:
                writer.write(answered(f"403 {problem}"))
            elif target is None:
                writer.write(answered("500 Unable to connect"))
            else:
                await join(reader, writer, target, ESTABLISHED)

    def _control_plane(self, machine: Resource, host: str, port: str) -> tuple[str, int] | None:
        """Where the private endpoint really is that a machine reaches at this address."""
        for cluster in self.cloud.store.of_kind("container.cluster"):
            found = cluster.body.get("endpoint") == host and port == "443"
            if found and bastion.reaches(machine.body, cluster.body):
                address, _unused, real = reached_at(cluster).partition(":")
                return address, int(real or 443)
        return None


async def _up(
    websocket: web.WebSocketResponse, writer: asyncio.StreamWriter, frames: Frames, confirmed: asyncio.Event
) -> None:
    async for message in websocket:
        if message.type != WSMsgType.BINARY:
            break
        writer.write(frames.take(message.data))
        confirmed.set()
        await writer.drain()
        if due := frames.acknowledgement():
            await websocket.send_bytes(due)


async def _down(
    reader: asyncio.StreamReader, websocket: web.WebSocketResponse, frames: Frames, confirmed: asyncio.Event
) -> None:
    while data := await reader.read(MOST):
        while frames.full:
            confirmed.clear()
            await confirmed.wait()
        frame = frames.wrapped(data)
        # A frame may be in two messages, as at Google.
        for part in (frame[: len(frame) // 2], frame[len(frame) // 2 :]):
            await websocket.send_bytes(part)
    await websocket.close()
