"""The health of endpoints: each probed from three source regions at the health check's interval.

An endpoint is healthy when most regions see it so; a region changes its mind after as many probes in a row as the
health check's threshold says. Intervals are multiplied by the testbed's time factor.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from testbed.cloud.core.call import Cloud
from testbed.cloud.resolver import probes
from testbed.cloud.resolver.routing import endpoints

# https://cloud.google.com/dns/docs/routing-policies-overview#health-checks: with a majority of three
MAJORITY = 2
LOOK_AROUND = 0.25
SHORTEST_TIMEOUT = 0.5
MAX_EVENTS = 200


@dataclass
class Region:
    """What one source region thinks of an endpoint."""

    healthy: bool | None = None
    passes: int = 0
    failures: int = 0
    reason: str | None = None

    def record(self, reason: str | None, check: Mapping[str, Any]) -> None:
        """Take in one probe; the first one decides at once."""
        self.reason = reason
        self.passes, self.failures = (self.passes + 1, 0) if reason is None else (0, self.failures + 1)
        if self.healthy is None:
            self.healthy = reason is None
        elif self.passes >= int(check["healthyThreshold"]):
            self.healthy = True
        elif self.failures >= int(check["unhealthyThreshold"]):
            self.healthy = False


@dataclass
class Endpoint:
    """One address under one health check; `check` is the health check's body."""

    check_key: str
    address: str
    check: Mapping[str, Any]
    regions: dict[str, Region] = field(default_factory=dict)
    probes: int = 0
    changed: float | None = None

    @property
    def healthy(self) -> bool:
        """Healthy by majority; an endpoint that nobody has probed yet counts as healthy."""
        votes = [region.healthy for region in self.regions.values() if region.healthy is not None]
        return sum(votes) >= MAJORITY if len(votes) >= MAJORITY else all(votes)


class HealthMonitor:
    """Probes what the record sets ask for; follows changes of record sets and health checks by itself."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.found: dict[tuple[str, str], Endpoint] = {}
        self.tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.events: list[dict[str, Any]] = []
        self.watcher: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to look around."""
        self.watcher = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self) -> None:
        """Stop probing."""
        tasks = [*self.tasks.values(), *([self.watcher] if self.watcher else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def healthy(self, check_url: str, address: str) -> bool:
        """Whether an address is healthy under the health check of this URL."""
        found = self.found.get((_key(check_url), address))
        return found.healthy if found else True

    def show(self) -> dict[str, Any]:
        """Every endpoint's state, and the latest changes."""
        return {
            "time_factor": self.cloud.settings.time_factor,
            "endpoints": [
                {
                    "health_check": item.check_key.partition("/")[2],
                    "address": item.address,
                    "healthy": item.healthy,
                    "probes": item.probes,
                    "changed": item.changed,
                    "regions": {name: vars(region) for name, region in item.regions.items()},
                }
                for item in self.found.values()
            ],
            "events": self.events[-MAX_EVENTS:],
        }

    async def _watch(self) -> None:
        while True:
            self._update(self._wanted())
            await asyncio.sleep(LOOK_AROUND)

    def _wanted(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        wanted: dict[tuple[str, str], Mapping[str, Any]] = {}
        for record in self.cloud.store.of_kind("dns.rrset"):
            policy = record.body.get("routingPolicy") or {}
            key = _key(str(policy.get("healthCheck") or ""))
            check = self.cloud.store.get(key) if policy.get("healthCheck") else None
            if check is not None:
                wanted |= {(key, address): check.body for address in endpoints(policy)}
        return wanted

    def _update(self, wanted: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
        for key in set(self.found) - set(wanted):
            self.tasks.pop(key).cancel()
            del self.found[key]
        for key, check in wanted.items():
            if key not in self.found:
                self.found[key] = Endpoint(key[0], key[1], check)
                self.tasks[key] = asyncio.get_running_loop().create_task(self._probe_on(self.found[key]))
            self.found[key].check = check

    async def _probe_on(self, endpoint: Endpoint) -> None:
        while True:
            began = time.monotonic()
            factor = self.cloud.settings.time_factor
            timeout = max(SHORTEST_TIMEOUT, float(endpoint.check["timeoutSec"]) * min(1.0, factor))
            named = self.cloud.settings.probe_server_name
            regions = list(endpoint.check.get("sourceRegions") or [])
            results = await asyncio.gather(
                *(probes.probe(endpoint.check, endpoint.address, timeout, named) for _unused in regions)
            )
            self._record(endpoint, dict(zip(regions, results, strict=True)))
            interval = float(endpoint.check["checkIntervalSec"]) * factor
            await asyncio.sleep(max(0.05, interval - (time.monotonic() - began)))

    def _record(self, endpoint: Endpoint, results: Mapping[str, str | None]) -> None:
        before = endpoint.healthy if endpoint.probes else None
        endpoint.regions = {name: endpoint.regions.get(name, Region()) for name in results}
        for name, reason in results.items():
            endpoint.regions[name].record(reason, endpoint.check)
        endpoint.probes += 1
        if endpoint.healthy is not before:
            endpoint.changed = self.cloud.clock()
            reasons = sorted({reason for reason in results.values() if reason})
            self.events.append(
                {
                    "at": endpoint.changed,
                    "health_check": endpoint.check_key.rpartition("/")[2],
                    "address": endpoint.address,
                    "healthy": endpoint.healthy,
                    "reasons": reasons,
                }
            )
            del self.events[:-MAX_EVENTS]


def _key(url: str) -> str:
    return "compute/" + url.partition("/compute/v1/")[2]
