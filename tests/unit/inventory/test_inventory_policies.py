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
        ({"workload_identity": True}, ["deny-all", "allow-dns-and-monitoring", "allow-metadata-server"]),
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


def test_dns_is_asked_of_the_cluster_or_of_the_nodes_cache() -> None:
    (rule,) = specs()["allow-dns-and-monitoring"]["egress"]
    assert rule["to"][0]["podSelector"]["matchExpressions"] == [
        {"key": "k8s-app", "operator": "In", "values": ["kube-dns", "node-local-dns"]}
    ]


def test_a_workload_with_an_identity_of_google_reaches_both_metadata_addresses_and_no_other() -> None:
    rules = specs(workload_identity=True)["allow-metadata-server"]["egress"]
    assert [(rule["to"], [port["port"] for port in rule["ports"]]) for rule in rules] == [
        ([{"ipBlock": {"cidr": "169.254.169.254/32"}}], [80, 8080]),
        ([{"ipBlock": {"cidr": "169.254.169.252/32"}}], [987, 988]),
    ]


@pytest.mark.parametrize(
    ("ranges", "sources"),
    [((), {}), (["35.191.0.0/16"], {"from": [{"ipBlock": {"cidr": "35.191.0.0/16"}}]})],
    ids=["from anywhere", "from where they are"],
)
def test_load_balancers_call_the_ports_that_are_theirs(ranges: Any, sources: dict[str, Any]) -> None:
    namespace = {"name": "gate", "load_balancer_ports": [443, 15021], "ingress": [RULE]}
    *_others, declared = network_policies([namespace], [443], ranges)
    assert declared["spec"]["ingress"] == [{**sources, "ports": [{"port": 443}, {"port": 15021}]}, RULE]
