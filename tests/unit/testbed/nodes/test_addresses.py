"""Clusters' address ranges: each cluster its own, all inside the ranges that reach nobody."""

from __future__ import annotations

import itertools
from ipaddress import IPv4Network

import pytest

from testbed.nodes.network import addresses

PLANS = [addresses.plan(slot) for slot in range(addresses.SLOTS)]


def blocks(plan: addresses.AddressPlan) -> list[IPv4Network]:
    first, last = plan.load_balancers
    assert first < last
    return [plan.pods, plan.services, IPv4Network(f"{first}/28")]


@pytest.mark.parametrize("pair", list(itertools.combinations(PLANS, 2)))
def test_no_two_clusters_share_an_address(pair: tuple[addresses.AddressPlan, addresses.AddressPlan]) -> None:
    for one, other in itertools.product(blocks(pair[0]), blocks(pair[1])):
        assert not one.overlaps(other)


@pytest.mark.parametrize("plan", PLANS)
def test_ranges_are_reserved_for_documentation_and_benchmarks(plan: addresses.AddressPlan) -> None:
    pods, services, pool = blocks(plan)
    benchmarks = IPv4Network("198.18.0.0/15")
    assert pods.subnet_of(benchmarks)
    assert services.subnet_of(benchmarks)
    assert pods.subnet_of(addresses.CLUSTER_RANGE) and services.subnet_of(addresses.CLUSTER_RANGE)
    assert pool.subnet_of(addresses.SUBNET)
    assert not pool.overlaps(addresses.NODE_RANGE)


@pytest.mark.parametrize("plan", PLANS)
def test_a_pool_leaves_out_the_broadcast_address(plan: addresses.AddressPlan) -> None:
    assert plan.load_balancers[1] < addresses.SUBNET.broadcast_address


@pytest.mark.parametrize(
    ("taken", "slot"), [([], 0), ([0], 1), ([1], 0), ([0, 1, 3], 2), (range(addresses.SLOTS - 1), addresses.SLOTS - 1)]
)
def test_the_lowest_free_slot_is_taken(taken: list[int], slot: int) -> None:
    assert addresses.free_slot(taken) == slot


def test_a_full_machine_says_so() -> None:
    with pytest.raises(ValueError, match="no room for another cluster"):
        addresses.free_slot(range(addresses.SLOTS))


@pytest.mark.parametrize("slot", [-1, addresses.SLOTS])
def test_a_slot_out_of_range_is_refused(slot: int) -> None:
    with pytest.raises(ValueError, match="slot: expected"):
        addresses.plan(slot)
