"""The zones of a cluster's nodes: GKE's choice unless the inventory has one, for their letters differ by region."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.roles import evaluated, rendered

POOLS = [{"name": "main", "machine_type": "e2-standard-4"}, {"name": "other", "machine_type": "e2-medium"}]


@pytest.mark.parametrize("zones", [[], ["europe-west4-a", "europe-west4-b"]], ids=["GKE's choice", "the inventory's"])
def test_zones_are_wished_where_they_are_named(zones: list[str]) -> None:
    changes: dict[str, Any] = {"cluster_locations": zones, "cluster_node_pools": POOLS}
    (pools,) = rendered("cluster", "production", "pools.yml.j2", **changes)
    cluster = evaluated("cluster", "production", "__cluster_toggles", **changes)
    assert [pool.get("locations", []) for pool in pools] == [zones, zones]
    assert cluster.get("locations", []) == zones


def test_a_pool_may_have_zones_of_its_own() -> None:
    pool = {**POOLS[0], "locations": ["europe-west1-c"]}
    (pools,) = rendered("cluster", "production", "pools.yml.j2", cluster_locations=[], cluster_node_pools=[pool])
    assert pools[0]["locations"] == ["europe-west1-c"]
