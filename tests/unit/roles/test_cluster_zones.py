"""The zones of a cluster's nodes: GKE's choice unless the inventory has one, for their letters differ by region."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.roles import evaluated

POOLS = [{"name": "main", "machine_type": "e2-standard-4"}, {"name": "other", "machine_type": "e2-medium"}]


@pytest.mark.parametrize("zones", [[], ["europe-west4-a", "europe-west4-b"]], ids=["GKE's choice", "the inventory's"])
def test_zones_are_declared_where_the_inventory_names_them(zones: list[str]) -> None:
    changes: dict[str, Any] = {"cluster_locations": zones, "cluster_node_pools": POOLS}
    cluster, *pools = evaluated("cluster", "production", "__cluster_stack", **changes)
    assert [found.get("locations", []) for found in (cluster, *pools)] == [zones] * 3
