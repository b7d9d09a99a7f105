"""What the service counts, in the Prometheus text format.

The request path observes into plain Python numbers: one thread, one process, so no lock is needed, and an
observation costs a third of ``prometheus_client``'s. The library still writes the exposition format.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pingpong.settings import Settings

BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BOUNDS = [repr(bound) for bound in BUCKETS] + ["+Inf"]
_METHODS = {b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH"}


class _Latency:
    """One histogram child: a count for each bucket (not cumulative) and the sum of seconds."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * len(_BOUNDS)
        self.total = 0.0


class RequestMetrics(Collector):
    """Pings received and failed, and the latency of every request by method, route and code."""

    def __init__(self) -> None:
        self.pings_received = 0
        self.ping_failures = 0
        # the series that alerts divide by exists before the first ping does
        self._latency: dict[tuple[bytes, str, int], _Latency] = {(b"GET", "/ping", 200): _Latency()}

    def observe(self, method: bytes, route: str, status: int, seconds: float) -> None:
        """Count one answered request. ``route`` is one of ours, so the number of series is bounded."""
        child = self._latency.get((method, route, status))
        if child is None:
            # llhttp knows some fifty methods: only the ones in use get a series of their own
            key = (method if method in _METHODS else b"other", route, status)
            child = self._latency.setdefault(key, _Latency())
        child.counts[bisect_left(BUCKETS, seconds)] += 1
        child.total += seconds

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "ping_requests_received", "Requests for /ping that were received.", value=self.pings_received
        )
        yield CounterMetricFamily("ping_failures", "Requests for /ping that were failed.", value=self.ping_failures)
        labels = ["method", "route", "code"]
        took = "Time from the last byte of a request to its answer"
        pings = HistogramMetricFamily("ping_request_duration_seconds", f"{took}, for /ping.", labels=labels)
        others = HistogramMetricFamily("http_request_duration_seconds", f"{took}, for other routes.", labels=labels)
        for (method, route, status), child in self._latency.items():
            family = pings if route == "/ping" else others
            family.add_metric([method.decode(), route, str(status)], _cumulative(child.counts), child.total)
        yield pings
        yield others


def _cumulative(counts: list[int]) -> list[tuple[str, float]]:
    total = 0
    buckets: list[tuple[str, float]] = []
    for bound, count in zip(_BOUNDS, counts, strict=True):
        total += count
        buckets.append((bound, total))
    return buckets


class Metrics:
    """The registry and everything that reports into it."""

    def __init__(self, settings: Settings) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # one more series for each, that nobody reads
        self.registry = CollectorRegistry()
        self.requests = RequestMetrics()
        self.registry.register(self.requests)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.connections = Gauge("http_connections", "Open connections.", ["port"], registry=self.registry)
        self.refused = Counter(
            "http_connections_refused", "Connections over the limit.", ["port"], registry=self.registry
        )
        self.peer_pings = Counter("peer_pings", "Pings sent to the peer.", ["outcome"], registry=self.registry)
        self.peer_seconds = Histogram(
            "peer_ping_duration_seconds", "Time a ping to the peer took.", buckets=BUCKETS, registry=self.registry
        )
        self.peer_up = Gauge("peer_up", "Whether the last ping to the peer was answered.", registry=self.registry)
        self.faults = Counter("faults_injected", "Faults injected.", ["kind"], registry=self.registry)
        self.tls_reloads = Counter(
            "tls_reloads", "Certificate files that changed.", ["outcome"], registry=self.registry
        )
        self.ready = Gauge("service_ready", "Whether the service says that it is ready.", registry=self.registry)
        build = Gauge(
            "pingpong_build_info", "Build and place.", ["version", "revision", "region", "cluster"],
            registry=self.registry,
        )  # fmt: skip
        build.labels(
            settings.build.version, settings.build.revision, settings.place.region, settings.place.cluster
        ).set(1)
