"""The service as a whole: what is started, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ssl
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass

import structlog

from pingpong.faults import Faults
from pingpong.http.server import Server
from pingpong.lifecycle import Lifecycle
from pingpong.metrics import Metrics
from pingpong.peer import Peer
from pingpong.routes import Context, operations_router, service_router
from pingpong.settings import Settings
from pingpong.tls import Certificate

_log = structlog.get_logger()
# probes and scrapes get connections of their own, that no flood on the service port can take
_OPERATIONS_CONNECTIONS = 64


class CannotStartError(Exception):
    """A port or a file cannot be had; the message names the settings that asked for it."""


@dataclass(frozen=True)
class Ports:
    """Where the service listens, once it does."""

    http: int
    metrics: int
    https: int | None = None


class Service:
    """One instance. ``start``, then ``stop``; ``stop`` takes as long as the drain does."""

    def __init__(self, settings: Settings) -> None:
        """Raises ``CannotStartError`` for files that cannot be used."""
        self.settings = settings
        self._tasks: list[asyncio.Task[None]] = []
        self.metrics = Metrics(settings)
        self.faults = Faults()
        self.lifecycle = Lifecycle(self.faults)
        self._certificate: Certificate | None = None
        if settings.tls.cert_file is not None and settings.tls.key_file is not None:
            with _set_by(TLS__CERT_FILE=settings.tls.cert_file, TLS__KEY_FILE=settings.tls.key_file):
                self._certificate = Certificate(settings.tls.cert_file, settings.tls.key_file, self.metrics)
        with _set_by(PEER__CA_FILE=settings.peer.ca_file):
            self._peer = Peer(settings.target, settings, self.metrics) if settings.target else None
        context = Context(settings, self.metrics, self.faults, self.lifecycle, self._peer)
        limits = settings.limits
        few = limits.model_copy(update={"max_connections": min(limits.max_connections, _OPERATIONS_CONNECTIONS)})
        self.server = Server("http", service_router(context), limits, self.metrics, log_requests=settings.log.requests)
        self.operations = Server("metrics", operations_router(context), few, self.metrics)
        self._hurry = asyncio.Event()

    async def start(self) -> Ports:
        """Listen, then be ready. Raises ``CannotStartError`` for a port that cannot be had."""
        settings = self.settings
        host = settings.service.host
        with _set_by(SERVICE__HOST=host, SERVICE__METRICS_PORT=settings.service.metrics_port):
            metrics = await self.operations.listen(host, settings.service.metrics_port)
        https = None
        if self._certificate is not None:
            with _set_by(SERVICE__HOST=host, TLS__PORT=settings.tls.port):
                https = await self.server.listen(host, settings.tls.port, self._certificate.context)
            self._spawn("tls-watch", self._certificate.watch(settings.tls.poll_seconds))
        with _set_by(SERVICE__HOST=host, SERVICE__PORT=settings.service.port):
            http = await self.server.listen(host, settings.service.port)
        if self._peer is not None:
            self._spawn("peer", self._peer.run())
        # what lives now lives for ever: the collector need not look at it again
        gc.collect()
        gc.freeze()
        self.lifecycle.serve()
        ports = Ports(http, metrics, https)
        _log.info("started", http=http, metrics=metrics, https=https, target=settings.target, tls=ssl.OPENSSL_VERSION)
        return ports

    def hurry(self) -> None:
        """Skip what is left of the drain's delay."""
        self._hurry.set()

    async def stop(self) -> None:
        """Fail readiness, wait until nobody sends any more, finish what is under way, close."""
        drain = self.settings.drain
        self.lifecycle.drain()
        self.server.draining = True  # replies ask clients to move on, while new connections are still taken
        _log.info("draining", delay_seconds=drain.delay_seconds, timeout_seconds=drain.timeout_seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(drain.delay_seconds):
                await self._hurry.wait()
        cut = await self.server.drain(drain.timeout_seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.operations.stop()
        _log.info("stopped", connections_cut=cut)

    def _spawn(self, name: str, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        task.add_done_callback(_report)
        self._tasks.append(task)


@contextlib.contextmanager
def _set_by(**settings: object) -> Iterator[None]:
    """Names the settings that brought an error about."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise CannotStartError(
            ", ".join(f"{name}={value}" for name, value in settings.items()) + f": {error}"
        ) from None


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("task_failed", task=task.get_name(), error=repr(error))
