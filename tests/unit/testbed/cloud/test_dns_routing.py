"""Which addresses a routing policy answers with."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.cloud.resolver.health import Endpoint, Region
from testbed.cloud.resolver.routing import choose, endpoints

FAILOVER: dict[str, Any] = {
    "primaryBackup": {
        "trickleTraffic": 0.1,
        "primaryTargets": {"externalEndpoints": ["P1", "P2"]},
        "backupGeoTargets": {
            "items": [
                {"location": "us-east1", "healthCheckedTargets": {"externalEndpoints": ["US"]}},
                {"location": "europe-west4", "healthCheckedTargets": {"externalEndpoints": ["EU"]}},
            ]
        },
    }
}
GEO: dict[str, Any] = {"geo": FAILOVER["primaryBackup"]["backupGeoTargets"]}
FENCED: dict[str, Any] = {"geo": {**GEO["geo"], "enableFencing": True}}
WEIGHTED: dict[str, Any] = {
    "wrr": {
        "items": [
            {"weight": 1, "healthCheckedTargets": {"externalEndpoints": ["W1"]}},
            {"weight": 3, "healthCheckedTargets": {"externalEndpoints": ["W3"]}},
        ]
    }
}
PLAIN: dict[str, Any] = {"geo": {"items": [{"location": "us-east1", "rrdatas": ["A", "B"]}]}}

CASES = [
    ("healthy primary", FAILOVER, set(), 0.5, ["P1", "P2"]),
    ("an unhealthy primary is left out", FAILOVER, {"P1"}, 0.5, ["P2"]),
    ("all primaries down: nearest backup", FAILOVER, {"P1", "P2"}, 0.5, ["EU"]),
    ("nearest backup down: the next", FAILOVER, {"P1", "P2", "EU"}, 0.5, ["US"]),
    ("everything down: nearest backup anyway", FAILOVER, {"P1", "P2", "EU", "US"}, 0.5, ["EU"]),
    ("trickle goes to the backup", FAILOVER, set(), 0.05, ["EU"]),
    ("nearest location", GEO, set(), 0.0, ["EU"]),
    ("unfenced: fails over to another location", GEO, {"EU"}, 0.0, ["US"]),
    ("fenced: stays", FENCED, {"EU"}, 0.0, ["EU"]),
    ("weights: first quarter", WEIGHTED, set(), 0.24, ["W1"]),
    ("weights: the rest", WEIGHTED, set(), 0.26, ["W3"]),
    ("weights: only what is healthy", WEIGHTED, {"W3"}, 0.9, ["W1"]),
    ("plain data needs no health", PLAIN, set(), 0.0, ["A", "B"]),
]


@pytest.mark.parametrize(
    ("policy", "down", "draw", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_choose(policy: dict[str, Any], down: set[str], draw: float, expected: list[str]) -> None:
    assert choose(policy, "europe-west1", lambda address: address not in down, lambda: draw) == expected


def test_every_external_endpoint_is_checked() -> None:
    assert endpoints(FAILOVER) == {"P1", "P2", "US", "EU"}
    assert endpoints(WEIGHTED) == {"W1", "W3"}
    assert endpoints(PLAIN) == set()


CHECK = {"healthyThreshold": 2, "unhealthyThreshold": 3}


def test_a_region_changes_its_mind_after_the_threshold() -> None:
    region = Region()
    seen = []
    for reason in (None, "down", "down", "down", None, None):
        region.record(reason, CHECK)
        seen.append(region.healthy)
    assert seen == [True, True, True, False, False, True]


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ((True, True, False), True),
        ((True, False, False), False),
        ((None, None, None), True),
        ((False, None, None), False),
    ],
)
def test_the_majority_of_three_regions_decides(votes: tuple[bool | None, ...], expected: bool) -> None:
    regions = {str(number): Region(healthy=vote) for number, vote in enumerate(votes)}
    assert Endpoint("check", "address", CHECK, regions).healthy is expected
