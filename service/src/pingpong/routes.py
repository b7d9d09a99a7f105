"""What the service answers: the routes of the service port and of the metrics port."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from urllib.parse import parse_qsl

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from pingpong import identity, trace
from pingpong.faults import FaultPlan, Faults, InvalidPlanError
from pingpong.http.messages import Handler, Reply, Request, error_reply, json_reply
from pingpong.http.router import Router
from pingpong.lifecycle import Lifecycle
from pingpong.metrics import Metrics
from pingpong.peer import Peer, TooManyPingsError
from pingpong.settings import Settings

_log = structlog.get_logger()
_PONG = Reply(200, b"pong")
# 500 and not 503: proxies retry what they take for an outage, and a failure would be counted more than once
_SIMULATED = error_reply(500, "simulated failure")
_INJECTED = {status: error_reply(status, "injected failure") for status in (500, 502, 503, 504)}
_ALIVE = Reply(200, b"ok\n")
_NO_PEER = error_reply(404, "TARGET is not set: there is no peer to ping")
_NONCE_HEADER = b"x-probe-nonce"
_NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Context:
    """What handlers need."""

    settings: Settings
    metrics: Metrics
    faults: Faults
    lifecycle: Lifecycle
    peer: Peer | None


class Pings:
    """``/ping``: the path that has to be fast."""

    def __init__(self, context: Context) -> None:
        self._counts = context.metrics.requests
        self._faults = context.faults
        self._injected = context.metrics.faults

    def get(self, _request: Request) -> Reply | Awaitable[Reply]:
        self._counts.pings_received += 1
        if self._faults.armed is None or (plan := self._faults.plan) is None:
            return _PONG
        return self._faulty(plan) if plan.latency_seconds else self._outcome(plan)

    def post(self, request: Request) -> Reply:
        """A failure on demand."""
        self._counts.pings_received += 1
        self._counts.ping_failures += 1
        position = trace.parse(request.headers.get(b"traceparent"))
        _log.warning("ping_failed", reason="simulated", trace_id=position.trace_id if position else None)
        return _SIMULATED

    async def _faulty(self, plan: FaultPlan) -> Reply:
        self._injected.labels("latency").inc()
        await asyncio.sleep(plan.latency_seconds)
        return self._outcome(plan)

    def _outcome(self, plan: FaultPlan) -> Reply:
        if not self._faults.fails(plan):
            return _PONG
        self._counts.ping_failures += 1
        self._injected.labels("error").inc()
        return _INJECTED[plan.error_status]


def service_router(context: Context) -> Router:
    """The routes of the service port."""
    pings = Pings(context)

    def whoami(request: Request) -> Reply:
        # given back, so that a caller knows that this answer is the one to its own request
        nonce = dict(parse_qsl(request.query.decode("ascii", "replace"))).get("nonce")
        if nonce is None and _NONCE_HEADER in request.headers:
            nonce = request.headers[_NONCE_HEADER].decode("latin-1")
        if nonce is not None and not _NONCE.fullmatch(nonce):
            return error_reply(400, "nonce: expected 1 to 64 letters, digits, '-' or '_'")
        chain = identity.parse(request.headers.get(b"x-forwarded-client-cert"))
        return json_reply(
            {
                "peer": asdict(chain[-1]) if chain else None,
                "chain": [asdict(element) for element in chain],
                "nonce": nonce,
                "served_by": context.settings.place.model_dump(),
            }
        )

    async def peer(request: Request) -> Reply:
        if context.peer is None:
            return _NO_PEER
        headers = request.headers
        position = trace.parse(headers.get(b"traceparent"), headers.get(b"tracestate"))
        try:
            outcome = await context.peer.ping(position.child() if position else trace.new())
        except TooManyPingsError as error:
            return error_reply(503, str(error), {b"retry-after": b"1"})
        return json_reply(outcome.as_dict(), 200 if outcome.outcome == "ok" else 502)

    return Router(
        {
            "/ping": {b"GET": pings.get, b"POST": pings.post},
            "/whoami": {b"GET": whoami},
            "/peer": {b"GET": peer},
            **_health(context),
        }
    )


def operations_router(context: Context) -> Router:
    """The routes of the metrics port, which only the platform reaches."""
    faults = context.faults

    def metrics(_request: Request) -> Reply:
        context.metrics.ready.set(context.lifecycle.ready)
        return Reply(200, generate_latest(context.metrics.registry), CONTENT_TYPE_LATEST.encode())

    def get_faults(_request: Request) -> Reply:
        return json_reply(faults.describe())

    def set_faults(request: Request) -> Reply:
        try:
            plan = faults.set(request.body)
        except InvalidPlanError as error:
            return error_reply(400, str(error))
        _log.warning("faults_set", **plan.model_dump())
        return json_reply(faults.describe())

    def clear_faults(_request: Request) -> Reply:
        faults.clear()
        _log.warning("faults_cleared")
        return json_reply(faults.describe())

    routes: dict[str, dict[bytes, Handler]] = {"/-/metrics": {b"GET": metrics}, **_health(context)}
    if context.settings.faults.enabled:
        routes["/-/faults"] = {b"GET": get_faults, b"POST": set_faults, b"PUT": set_faults, b"DELETE": clear_faults}
    return Router(routes)


def _health(context: Context) -> dict[str, dict[bytes, Handler]]:
    """Health and version: on both ports, because the metrics port outlives the service port in a drain."""
    build, place = context.settings.build, context.settings.place
    version = json_reply({**build.model_dump(), "region": place.region, "cluster": place.cluster})
    ready = json_reply({"state": "ready"})
    not_ready = {
        state: json_reply({"state": state}, 503, {b"retry-after": b"1"}) for state in ("starting", "draining", "fault")
    }
    return {
        "/healthz": {b"GET": lambda _request: _ALIVE},
        "/readyz": {b"GET": lambda _request: not_ready.get(context.lifecycle.state, ready)},
        "/version": {b"GET": lambda _request: version},
    }
