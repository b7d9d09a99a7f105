"""The network policies of a namespace, from what the inventory declares of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.policies import network_policies


def specs(**declared: Any) -> dict[str, Any]:
    found = network_policies([{"name": "shop", **declared}], api_server_ports=[443])
    assert {policy["metadata"]["namespace"] for policy in found} == {"shop"}
    return {policy["metadata"]["name"]: policy["spec"] for policy in found}


RULE = {"ports": [{"port": 80}]}


@pytest.mark.parametrize(
    ("declared", "names"),
    [
        ({}, ["deny-all", "allow-dns-and-monitoring"]),
        ({"baseline": "deny_all"}, ["deny-all"]),
        ({"mesh": True}, ["deny-all", "allow-dns-and-monitoring", "allow-mesh-control-plane"]),
        ({"api_server": True}, ["deny-all", "allow-dns-and-monitoring", "allow-api-server"]),
        ({"egress": [RULE]}, ["deny-all", "allow-dns-and-monitoring", "allow-declared"]),
    ],
)
def test_a_namespace_has_the_policies_of_what_it_declares(declared: dict[str, Any], names: list[str]) -> None:
    found = specs(**declared)
    assert list(found) == names
    assert found["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize(
    ("declared", "types"),
    [
        ({"ingress": [RULE]}, ["Ingress"]),
        ({"egress": [RULE]}, ["Egress"]),
        ({"ingress": [RULE], "egress": [RULE]}, ["Ingress", "Egress"]),
    ],
)
def test_declared_rules_are_of_their_own_direction_alone(declared: dict[str, Any], types: list[str]) -> None:
    spec = specs(**declared)["allow-declared"]
    assert spec["policyTypes"] == types
    assert [spec["ingress"], spec["egress"]] == [declared.get("ingress", []), declared.get("egress", [])]


@pytest.mark.parametrize(("pods", "selector"), [({}, {}), ({"app": "x"}, {"matchLabels": {"app": "x"}})])
def test_the_api_server_is_reached_by_the_pods_that_are_named(pods: dict[str, str], selector: Any) -> None:
    spec = specs(api_server=True, api_server_pods=pods)["allow-api-server"]
    assert spec == {
        "podSelector": selector,
        "policyTypes": ["Egress"],
        "egress": [{"ports": [{"protocol": "TCP", "port": 443}]}],
    }
