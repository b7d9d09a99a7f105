"""Pinging the peer that ``TARGET`` names, at an interval and on demand."""

from __future__ import annotations

import asyncio
import random
import ssl
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import structlog

from pingpong import trace
from pingpong.http.client import Fetched, FetchError, fetch
from pingpong.metrics import Metrics
from pingpong.settings import Settings

_log = structlog.get_logger()
_MAX_AT_ONCE = 8


class TooManyPingsError(Exception):
    """Pings on demand are bounded: the service must not multiply what it is sent."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a ping came to: ``ok``, ``status`` (another than 200), or why there was no reply."""

    outcome: str
    seconds: float
    status: int | None
    detail: str
    trace_id: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome, "status": self.status, "seconds": round(self.seconds, 6),
            "detail": self.detail, "trace_id": self.trace_id,
        }  # fmt: skip


class Peer:
    """The peer at ``target``, an http or https URL."""

    def __init__(self, target: str, settings: Settings, metrics: Metrics) -> None:
        self.target = target
        self._interval = settings.peer.interval_seconds
        self._timeout = settings.peer.timeout_seconds
        self._metrics = metrics
        self._tls: ssl.SSLContext | None = None
        if urlsplit(target).scheme == "https":  # in whatever case it was written
            self._tls = ssl.create_default_context(cafile=settings.peer.ca_file)
        self._at_once = 0

    async def ping(self, position: trace.Trace) -> Outcome:
        """One ping, counted and logged. Raises ``TooManyPingsError``."""
        if self._at_once >= _MAX_AT_ONCE:
            raise TooManyPingsError(f"{_MAX_AT_ONCE} pings are under way")
        self._at_once += 1
        started = perf_counter()
        fetched, outcome, detail = None, "ok", ""
        try:
            fetched = await fetch(self.target, position.headers(), self._timeout, self._tls)
            outcome, detail = _judge(fetched)
        except FetchError as error:
            outcome, detail = error.outcome, str(error)
        finally:
            self._at_once -= 1
        seconds = perf_counter() - started
        result = Outcome(outcome, seconds, fetched.status if fetched else None, detail, position.trace_id)
        self._metrics.peer_pings.labels(outcome).inc()
        self._metrics.peer_seconds.observe(seconds)
        self._metrics.peer_up.set(outcome == "ok")
        log = _log.info if outcome == "ok" else _log.warning
        log("peer_ping", target=self.target, **result.as_dict())
        return result

    async def run(self) -> None:
        """Ping for ever. Intervals vary by a tenth, so that replicas do not fall into step."""
        while True:
            await asyncio.sleep(self._interval * random.uniform(0.9, 1.1))  # noqa: S311  # spreads load, hides nothing
            try:
                await self.ping(trace.new())
            except TooManyPingsError as error:
                _log.warning("peer_ping_skipped", target=self.target, detail=str(error))


def _judge(fetched: Fetched) -> tuple[str, str]:
    if fetched.status != 200:
        return "status", f"found status {fetched.status}, expected 200"
    if fetched.body.strip() != b"pong":
        return "body", f"found {fetched.body[:40]!r}, expected b'pong'"
    return "ok", ""
