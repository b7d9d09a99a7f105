"""Which data a routing policy answers with: pure, over what is known to be healthy.

https://cloud.google.com/dns/docs/routing-policies-overview
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Healthy = Callable[[str], bool]
Draw = Callable[[], float]


def choose(policy: Mapping[str, Any], region: str, healthy: Healthy, draw: Draw) -> list[str]:
    """Record data for a client near `region`; `draw` gives numbers from 0 to 1."""
    if policy.get("geo"):
        return _geo(policy["geo"], region, healthy)
    if policy.get("wrr"):
        return _weighted(policy["wrr"]["items"], healthy, draw)
    return _failover(policy["primaryBackup"], region, healthy, draw)


def endpoints(policy: Mapping[str, Any]) -> set[str]:
    """Every external address that a policy wants checked."""
    found: set[str] = set()
    backup = policy.get("primaryBackup") or {}
    items = [*((policy.get("geo") or {}).get("items") or []), *((policy.get("wrr") or {}).get("items") or [])]
    items += (backup.get("backupGeoTargets") or {}).get("items") or []
    for targets in (*(item.get("healthCheckedTargets") or {} for item in items), backup.get("primaryTargets") or {}):
        found |= set(targets.get("externalEndpoints") or [])
    return found


def distance(client: str, location: str) -> int:
    """0 in the same region, 1 on the same continent, 2 elsewhere."""
    if client == location:
        return 0
    return 1 if client.partition("-")[0] == location.partition("-")[0] else 2


def _addresses(targets: Mapping[str, Any]) -> list[str]:
    return [*(targets.get("externalEndpoints") or []), *_balancers(targets.get("internalLoadBalancers") or [])]


def _balancers(balancers: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(balancer["ipAddress"]) for balancer in balancers]


def _alive(item: Mapping[str, Any], healthy: Healthy) -> list[str]:
    """An item's data: plain data is always alive, checked targets while they are healthy."""
    plain = list(item.get("rrdatas") or [])
    return plain + [address for address in _addresses(item.get("healthCheckedTargets") or {}) if healthy(address)]


def _all(item: Mapping[str, Any]) -> list[str]:
    return [*(item.get("rrdatas") or []), *_addresses(item.get("healthCheckedTargets") or {})]


def _geo(geo: Mapping[str, Any], region: str, healthy: Healthy) -> list[str]:
    """The nearest location with something healthy; a fence keeps traffic in the nearest, healthy or not."""
    items = sorted(geo["items"], key=lambda item: distance(region, item["location"]))
    if not geo.get("enableFencing"):
        for item in items:
            if alive := _alive(item, healthy):
                return alive
    return _alive(items[0], healthy) or _all(items[0])


def _weighted(items: Sequence[Mapping[str, Any]], healthy: Healthy, draw: Draw) -> list[str]:
    """One item by its weight among those with something healthy; all of them when none has."""
    candidates = [(item, _alive(item, healthy)) for item in items]
    living = [(item, data) for item, data in candidates if data] or [(item, _all(item)) for item in items]
    total = sum(float(item["weight"]) for item, _unused in living)
    mark = draw() * total
    for item, data in living:
        mark -= float(item["weight"])
        if mark < 0:
            return data
    return living[-1][1]


def _failover(policy: Mapping[str, Any], region: str, healthy: Healthy, draw: Draw) -> list[str]:
    """The primary while any of it is healthy, less the trickle; else the backup."""
    primary = _addresses(policy["primaryTargets"])
    alive = [address for address in primary if healthy(address)]
    trickle = float(policy.get("trickleTraffic") or 0.0)
    if alive and not draw() < trickle:
        return alive
    return _geo(policy["backupGeoTargets"], region, healthy)
