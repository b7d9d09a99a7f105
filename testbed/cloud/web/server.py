"""The HTTPS server: one aiohttp handler for every host and path."""

from __future__ import annotations

import asyncio
import hmac
import json
import ssl
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from testbed.cloud.access import admission
from testbed.cloud.access.iap import Tunnels
from testbed.cloud.access.proxy import ControlPlanes
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.protocol.errors import ApiError, Style, unauthenticated
from testbed.cloud.core.state.identity import Workload
from testbed.cloud.published.upstreams import HOSTS, Upstreams
from testbed.cloud.registry import names
from testbed.cloud.registry.server import Registries
from testbed.cloud.repositories.server import PREFIX, Repositories
from testbed.cloud.services.binaryauthorization import webhook
from testbed.cloud.web import tokens
from testbed.cloud.web.admin import Admin
from testbed.cloud.web.dispatch import Dispatcher, Target
from testbed.cloud.web.faults import BROKEN_FAULTS, Fault
from testbed.cloud.web.listeners import listening
from testbed.cloud.web.log import RequestLog
from testbed.cloud.web.proxy import IAP

NOT_FOUND_PAGE = (
    "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title>"
    "<p><b>404.</b> <ins>That&rsquo;s an error.</ins>"
    "<p>The requested URL was not found on this server: <code>{path}</code>"
)


class Reset(Exception):
    """The connection is to be cut without an answer."""


class Server:
    """Answers requests; `tokens` are the accepted bearer tokens, `registries` keep the images.

    `upstreams` is what others publish, `repositories` are Git's.
    """

    def __init__(
        self,
        cloud: Cloud,
        tokens: set[str],
        upstreams: Upstreams,
        registries: Registries,
        repositories: Repositories,
    ) -> None:
        self.cloud = cloud
        self.repositories = repositories
        self.upstreams = upstreams
        self.registries = registries
        self.tokens = tokens
        self.dispatcher = Dispatcher(cloud)
        self.log = RequestLog()
        self.faults: list[Fault] = []
        self.admin = Admin(cloud, self.log, self.faults)
        self.control_planes = ControlPlanes(cloud)
        self.tunnels = Tunnels(cloud)
        self.recent: dict[str, list[float]] = {}
        self.runner: web.ServerRunner | None = None

    async def start(self, hosts: Sequence[str], port: int, context: ssl.SSLContext) -> int:
        """Listen at one port (0 asks for a free one) of these addresses and no other; returns the port."""
        self.runner = web.ServerRunner(
            web.Server(self.handle), handle_signals=False, shutdown_timeout=1.0, access_log=None
        )
        await self.runner.setup()
        for host in hosts:
            listener = listening(host, port)
            port = int(listener.getsockname()[1])
            await web.SockSite(self.runner, listener, ssl_context=context).start()
        return port

    async def stop(self) -> None:
        """Stop listening; what is under way is cut after a second."""
        await self.control_planes.stop()
        if self.runner:
            await self.runner.cleanup()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, or break the connection when a fault says so."""
        began = time.monotonic()
        path, verb = request.path, request.method
        if path.startswith("/_testbed/"):
            return await self._answer_admin(request)
        if admission.is_cluster_name(request.host):
            return await self.control_planes.answer(request)
        if (request.host, path) == (IAP, "/v4/connect"):
            return await self.tunnels.answer(request)
        if request.host.partition(":")[0] in HOSTS:
            return self._answer_published(request)
        if path.startswith(PREFIX):
            return await self.repositories.answer(request)
        if path.startswith(webhook.PREFIX):
            cluster = path.removeprefix(webhook.PREFIX)
            return web.json_response(webhook.reviewed(self.cloud.store, cluster, await request.json()))
        if place := names.locate(request.host, path, request.query.get("ns", "")):
            return await self._answer_registry(request, place)
        target = self.dispatcher.locate(request.host, path, verb)
        api = target.method.id if target and target.method else ""
        if tokens.is_token_request(request.host, path):
            target, api = None, "oauth2.token"
        fault = next((fault for fault in self.faults if fault.hits(verb, api, path)), None)
        status = 0
        try:
            response = await self._faulty(request, target, fault)
            status = response.status
            return response
        except Reset:
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError("injected reset") from None
        finally:
            self.log.add(
                at=time.time(),
                verb=verb,
                path=path,
                api=api,
                status=status,
                fault=fault.fault if fault else None,
                seconds=time.monotonic() - began,
            )

    async def _faulty(self, request: web.BaseRequest, target: Target | None, fault: Fault | None) -> web.StreamResponse:
        if fault is None:
            return await self._answer(request, target)
        if fault.fault not in BROKEN_FAULTS:
            return _json(fault.error(), target.service.style if target else "rpc")
        if fault.fault == "reset":
            raise Reset
        if fault.fault == "stall":
            await asyncio.sleep(self.cloud.settings.stall_seconds)
            raise Reset
        response = await self._answer(request, target)
        if fault.fault == "reset_after_commit":
            raise Reset
        body = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b"{}"
        if fault.fault == "bad_json":
            return web.Response(body=b'{"kind": ' + body[:20], content_type="application/json")
        return await self._truncated(request, body)

    @staticmethod
    async def _truncated(request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        broken = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
        await broken.prepare(request)
        await broken.write(body[: len(body) // 2])
        raise Reset

    async def _answer(self, request: web.BaseRequest, target: Target | None) -> web.Response:
        if tokens.is_token_request(request.host, request.path):
            status, body = await tokens.answer(self.cloud, request.method, await request.read())
            return web.json_response(body, status=status)
        if target is None or target.method is None:
            page = NOT_FOUND_PAGE.format(path=request.path.replace("<", "&lt;"))
            return web.Response(status=404, text=page, content_type="text/html")
        style = target.service.style
        try:
            workload = self._authenticate(request)
            self._limit(request.path)
            query = {name: request.query.getall(name) for name in request.query}
            payload = await request.read()
            result = await self.dispatcher.run(target, query, payload, request.content_type, workload)
        except ApiError as error:
            return _json(error, style)
        if result is None:
            return web.Response(status=204)
        if isinstance(result, web.Response):
            return result
        return web.json_response(result, headers={"Cache-Control": "private", "Vary": "Origin, X-Origin"})

    def _authenticate(self, request: web.BaseRequest) -> Workload | None:
        """The workload that asks, None for the one who runs the local cloud; raises 401 for anybody else."""
        scheme, _unused, token = request.headers.get("Authorization", "").partition(" ")
        if not token:
            raise unauthenticated(missing=True)
        accepted = any(hmac.compare_digest(token.encode(), known.encode()) for known in self.tokens)
        workload = None if accepted else self.cloud.grants.holder(token, self.cloud.clock())
        if scheme.lower() != "bearer" or not (accepted or workload):
            raise unauthenticated(missing=False)
        return workload

    def _limit(self, path: str) -> None:
        """429 beyond `rate_limit` requests a second and project."""
        rate = self.cloud.settings.rate_limit
        if not rate:
            return
        project = path.partition("/projects/")[2].partition("/")[0]
        now = time.monotonic()
        window = [moment for moment in self.recent.get(project, []) if moment > now - 1.0]
        if len(window) >= rate:
            raise ApiError(
                429,
                "Quota exceeded for quota metric 'Queries' and limit 'Queries per second' of service for consumer "
                f"'project:{project}'.",
                details=[
                    {
                        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                        "reason": "RATE_LIMIT_EXCEEDED",
                        "domain": "googleapis.com",
                        "metadata": {"quota_metric": "Queries", "consumer": f"projects/{project}"},
                    }
                ],
            )
        self.recent[project] = [*window, now]

    def _answer_published(self, request: web.BaseRequest) -> web.Response:
        found = self.upstreams.find(request.host.partition(":")[0], request.path)
        if found is None:
            return web.Response(status=404, text="404: Not Found")
        return web.Response(body=found)

    async def _answer_registry(self, request: web.BaseRequest, place: names.Place) -> web.StreamResponse:
        began = time.monotonic()
        response = await self.registries.answer(request, place)
        self.log.add(
            at=time.time(),
            verb=request.method,
            path=place.path,
            api="oauth2.token" if place.path == "/v2/token" else "artifactregistry.docker",
            status=response.status,
            fault=None,
            seconds=time.monotonic() - began,
        )
        return response

    async def _answer_admin(self, request: web.BaseRequest) -> web.Response:
        try:
            if self._authenticate(request):
                raise ApiError(403, "The test hooks are not for workloads.")
            payload = await request.read()
            return web.json_response(self.admin.run(request.method, request.path, request.query, payload))
        except ApiError as error:
            return _json(error, "rpc")
        except (ValueError, TypeError, KeyError) as error:
            return _json(ApiError(400, str(error)), "rpc")


def _json(error: ApiError, style: Style) -> web.Response:
    body: dict[str, Any] = error.body(style)
    return web.Response(
        status=error.code, body=json.dumps(body).encode(), content_type="application/json", headers=error.headers
    )
