"""One variable switches an optional part on, everywhere that must know of it; without it nothing is left of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.roles import INVENTORIES, by_name, evaluated

REPOSITORY = {"url": "https://git.example.com:8443/platform.git", "branch": "release"}
# By role: what is set, and whether the part is there.
SWITCHES: list[tuple[str, dict[str, Any], bool]] = [
    ("delivery", {}, False),
    ("delivery", {"ping_delivery": "rolling"}, False),
    ("delivery", {"ping_delivery": "canary"}, True),
    ("gitops", {}, False),
    ("gitops", {"ping_repository": {}}, False),
    ("gitops", {"ping_repository": REPOSITORY}, True),
    ("scaling", {}, False),
    ("scaling", {"ping_scaling": "fixed"}, False),
    ("scaling", {"ping_scaling": "cpu"}, False),
    ("scaling", {"ping_scaling": "requests"}, True),
    ("scaling", {"ping_scaling": "requests", "scaling_enabled": False}, False),
]
ASK_PROMETHEUS = {"delivery", "scaling"}


@pytest.mark.parametrize(("part", "changes", "on"), SWITCHES)
@pytest.mark.parametrize("inventory", INVENTORIES)
def test_one_variable_switches_all_of_it(inventory: str, part: str, changes: dict[str, Any], on: bool) -> None:
    def value(role: str, name: str) -> Any:
        return evaluated(role, inventory, name, **changes)

    assert value(part, f"{part}_enabled") is on
    levels = by_name(value("pod_security", "pod_security_namespaces"))
    assert levels.get(part) == ({"name": part, "level": "restricted"} if on else None)
    policies = by_name(value("network_policy", "network_policy_namespaces"))
    assert (part in policies) is on
    assert bool(policies["monitoring"]["ingress"]) is (on and part in ASK_PROMETHEUS)
    assert (part in value("verify", "verify_policy_namespaces")) is on
    assert (part in value("verify", "verify_pod_security_namespaces")) is on


def test_both_reach_prometheus() -> None:
    both = {"ping_scaling": "requests", "ping_delivery": "canary"}
    policies = by_name(evaluated("network_policy", "production", "network_policy_namespaces", **both))
    assert len(policies["monitoring"]["ingress"]) == 2
