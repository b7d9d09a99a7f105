"""From a cluster's DNS endpoint to its API server: ordinary requests, watches that stream, and upgrades."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import ssl
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp import web

from testbed.cloud.access.admission import ROLES, Credential, Refusal, decide
from testbed.cloud.core import policies
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.state.store import Resource
from testbed.cloud.web import jwt
from testbed.cloud.web.relay import handed_on

PAGE = (
    "<!DOCTYPE html><html lang=en><title>Error {status} (Forbidden)!!1</title>"
    "<p><b>{status}.</b> <ins>That&rsquo;s an error.</ins><p>{message}"
)
# Of one connection alone: RFC 9110, section 7.6.1
HOP = frozenset({"connection", "keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
                 "host", "content-length"})  # fmt: skip
PIECE = 64 * 1024


class ControlPlanes:
    """The DNS endpoints of all clusters."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.sessions: dict[str, aiohttp.ClientSession] = {}

    async def stop(self) -> None:
        """Close what is open to the API servers."""
        for session in self.sessions.values():
            await session.close()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The API server's answer, or a refusal in Google's words."""
        cluster = self._cluster(request.host.partition(":")[0])
        if cluster is None:
            return _refused(Refusal(404, "The requested URL was not found on this server.", page=True))
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        refusal = decide(cluster.body, self._credential(token), lambda: self._connects(cluster, token))
        if refusal:
            return _refused(refusal)
        backend = reached_at(cluster)
        if not backend:
            return _refused(Refusal(503, "The control plane does not answer yet.", page=True))
        url = f"https://{backend}{request.raw_path}"
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._upgraded(request, cluster, url)
            return await self._streamed(request, cluster, url)
        except (aiohttp.ClientConnectionError, TimeoutError):
            return _refused(Refusal(503, "The control plane does not answer.", page=True))

    def _cluster(self, host: str) -> Resource | None:
        for item in self.cloud.store.of_kind("container.cluster"):
            config = (item.body.get("controlPlaneEndpointsConfig") or {}).get("dnsEndpointConfig") or {}
            if config.get("endpoint") == host:
                return item
        return None

    def _credential(self, token: str) -> Credential:
        if not token:
            return "none"
        if hmac.compare_digest(token.encode(), self.cloud.token.encode()):
            return "owner"
        if self.cloud.grants.holder(token, self.cloud.clock()):
            return "workload"
        with contextlib.suppress(jwt.InvalidToken):
            return "kubernetes" if "kubernetes.io" in jwt.parse(token).claims else "unknown"
        return "unknown"

    def _connects(self, cluster: Resource, token: str) -> bool:
        workload = self.cloud.grants.holder(token, self.cloud.clock())
        project = f"cloudresourcemanager/projects/{cluster.path.split('/')[1]}"
        return workload is not None and policies.grants(self.cloud, project, workload.members, ROLES)

    def _session(self, cluster: Resource) -> aiohttp.ClientSession:
        """One pool of connections a cluster, which trusts the cluster's own authority."""
        key = f"{cluster.key}/{cluster.body['id']}"
        if key not in self.sessions:
            authority = base64.b64decode(cluster.body["masterAuth"]["clusterCaCertificate"]).decode()
            context = ssl.create_default_context(cadata=authority)
            self.sessions[key] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context),
                timeout=aiohttp.ClientTimeout(total=None, connect=10),
                auto_decompress=False,
            )
        return self.sessions[key]

    async def _streamed(self, request: web.BaseRequest, cluster: Resource, url: str) -> web.StreamResponse:
        body = await request.read()
        async with self._session(cluster).request(
            request.method, _as_is(url), headers=_forwarded(request.headers), data=body or None, allow_redirects=False
        ) as answer:
            kept = {
                name: value for name, value in answer.headers.items() if name.lower() not in HOP - {"content-encoding"}
            }
            return await handed_on(request, answer, kept, PIECE)

    async def _upgraded(self, request: web.BaseRequest, cluster: Resource, url: str) -> web.StreamResponse:
        """A websocket (exec, attach, port-forward), message by message."""
        asked = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if name.strip()]
        headers = {
            name: value
            for name, value in _forwarded(request.headers).items()
            if not name.lower().startswith("sec-websocket")
        }
        try:
            inner = await self._session(cluster).ws_connect(
                _as_is(url), protocols=asked, headers=headers, max_msg_size=0
            )
        except aiohttp.WSServerHandshakeError as error:
            return _refused(Refusal(error.status, error.message))
        outer = web.WebSocketResponse(protocols=[inner.protocol] if inner.protocol else (), max_msg_size=0)
        await outer.prepare(request)
        async with inner:
            tasks = [asyncio.create_task(_copy(outer, inner)), asyncio.create_task(_copy(inner, outer))]
            _done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in left:
                task.cancel()
            await outer.close()
        return outer


def reached_at(cluster: Resource) -> str:
    """Where a control plane really is, ``host`` or ``host:port``, whatever address it shows; empty for none yet."""
    return str(cluster.meta.get("backend", ""))


def _as_is(url: str) -> Any:
    """A URL whose escapes are kept: a path or query may hold escaped slashes."""
    from yarl import URL

    return URL(url, encoded=True)


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in HOP}


async def _copy(source: Any, target: Any) -> None:
    async for message in source:
        if message.type == aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type == aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)


def _refused(refusal: Refusal) -> web.Response:
    if refusal.page:
        text = PAGE.format(status=refusal.status, message=refusal.message)
        return web.Response(status=refusal.status, text=text, content_type="text/html")
    error = {"code": refusal.status, "message": refusal.message,
             "status": {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}.get(refusal.status, "UNKNOWN")}  # fmt: skip
    return web.json_response({"error": error}, status=refusal.status)
