"""The NetworkPolicy evaluator against the rules of the API's documentation, one row a rule."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.evaluator import (
    Connection,
    decide,
    directions_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import (
    Endpoint,
    Port,
    endpoint_from_pod,
    namespace_labels,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.selectors import matches

PORTS = (Port(8080, "TCP", "http"), Port(9080, "TCP", "http-metrics"), Port(5353, "UDP", "dns"))


def pod(namespace: str, name: str, address: str = "10.0.0.1", **labels: str) -> Endpoint:
    return Endpoint(
        name,
        namespace,
        {"app": name, **labels},
        {"kubernetes.io/metadata.name": namespace, "team": "x"},
        address,
        PORTS,
    )


A, B, E = pod("a", "web"), pod("b", "api", "10.0.1.7"), pod("e", "shut", "10.0.2.9")
OUTSIDE = Endpoint("203.0.113.9", None, address="203.0.113.9")


def policy(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {"podSelector": {}, **spec}}


def ingress(*rules: dict[str, Any], namespace: str = "b", **spec: Any) -> dict[str, Any]:
    return policy("in", namespace, policyTypes=["Ingress"], ingress=list(rules), **spec)


def egress(*rules: dict[str, Any], namespace: str = "a", **spec: Any) -> dict[str, Any]:
    return policy("out", namespace, policyTypes=["Egress"], egress=list(rules), **spec)


DENY_ALL = policy("deny-all", "e", policyTypes=["Ingress", "Egress"])
NAMESPACE_A = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "a"}}}
CASES: list[tuple[str, list[dict[str, Any]], Connection, bool]] = [
    ("nothing applied: everything passes", [], Connection(A, B, 8080), True),
    ("deny-all denies what comes", [DENY_ALL], Connection(A, E, 8080), False),
    ("deny-all denies what goes", [DENY_ALL], Connection(E, A, 8080), False),
    ("deny-all of another namespace says nothing", [DENY_ALL], Connection(A, B, 8080), True),
    ("a pod reaches itself", [DENY_ALL], Connection(E, E, 8080), True),
    ("an empty rule admits everybody", [ingress({})], Connection(A, B, 8080), True),
    ("no rule admits nobody", [ingress()], Connection(A, B, 8080), False),
    ("a policy without a spec lets nothing come", [{"metadata": {"name": "bare", "namespace": "b"}}],
     Connection(A, B, 8080), False),
    ("a policy isolates only the pods that it selects", [ingress(podSelector={"matchLabels": {"app": "other"}})],
     Connection(A, B, 8080), True),
    ("namespaceSelector admits the namespace", [ingress({"from": [NAMESPACE_A]})], Connection(A, B, 8080), True),
    ("namespaceSelector keeps others out", [ingress({"from": [NAMESPACE_A]})], Connection(E, B, 8080), False),
    ("an empty namespaceSelector admits every pod", [ingress({"from": [{"namespaceSelector": {}}]})],
     Connection(E, B, 8080), True),
    ("but nothing from outside the cluster", [ingress({"from": [{"namespaceSelector": {}}]})],
     Connection(OUTSIDE, B, 8080), False),
    ("podSelector alone means the policy's own namespace", [ingress({"from": [{"podSelector": {}}]})],
     Connection(A, B, 8080), False),
    ("podSelector in the own namespace", [ingress({"from": [{"podSelector": {"matchLabels": {"app": "x"}}}]})],
     Connection(pod("b", "x"), B, 8080), True),
    ("both selectors in one entry are an and", [ingress({"from": [{**NAMESPACE_A, "podSelector": {"matchLabels":
     {"app": "nobody"}}}]})], Connection(A, B, 8080), False),
    ("two entries are an or", [ingress({"from": [NAMESPACE_A, {"podSelector": {"matchLabels": {"app": "nobody"}}}]})],
     Connection(A, B, 8080), True),
    ("any policy that admits is enough", [ingress(), {**ingress({"from": [NAMESPACE_A]}), "metadata":
     {"name": "second", "namespace": "b"}}], Connection(A, B, 8080), True),
    ("ports: the listed one", [ingress({"ports": [{"port": 8080}]})], Connection(A, B, 8080), True),
    ("ports: another one", [ingress({"ports": [{"port": 8080}]})], Connection(A, B, 9080), False),
    ("ports: protocol defaults to TCP", [ingress({"ports": [{"port": 53}]})], Connection(A, B, 53, "UDP"), False),
    ("ports: protocol alone is all its ports", [ingress({"ports": [{"protocol": "UDP"}]})],
     Connection(A, B, 53, "UDP"), True),
    ("ports: SCTP is a protocol of its own", [ingress({"ports": [{"protocol": "SCTP", "port": 7}]})],
     Connection(A, B, 7, "SCTP"), True),
    ("ports: endPort is inclusive", [ingress({"ports": [{"port": 8000, "endPort": 8080}]})],
     Connection(A, B, 8080), True),
    ("ports: beyond endPort", [ingress({"ports": [{"port": 8000, "endPort": 8079}]})], Connection(A, B, 8080), False),
    ("ports: a name is the target's number", [ingress({"ports": [{"port": "http"}]})], Connection(A, B, 8080), True),
    ("ports: a name of another port", [ingress({"ports": [{"port": "http-metrics"}]})], Connection(A, B, 8080), False),
    ("ports: a name counts for its protocol", [ingress({"ports": [{"port": "dns"}]})], Connection(A, B, 5353), False),
    ("ports: egress names are looked up on the target too", [egress({"ports": [{"port": "http"}]})],
     Connection(A, B, 8080), True),
    ("egress to a namespace", [egress({"to": [{"namespaceSelector": {"matchLabels": {"team": "x"}}}]})],
     Connection(A, B, 8080), True),
    ("egress elsewhere", [egress({"to": [{"namespaceSelector": {"matchLabels": {"team": "y"}}}]})],
     Connection(A, B, 8080), False),
    ("egress needs the other side's ingress as well", [egress({}), ingress()], Connection(A, B, 8080), False),
    ("ipBlock admits an outside address", [ingress({"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]})],
     Connection(OUTSIDE, B, 8080), True),
    ("except takes it out again", [ingress({"from": [{"ipBlock": {"cidr": "203.0.113.0/24", "except":
     ["203.0.113.8/29"]}}]})], Connection(OUTSIDE, B, 8080), False),
    ("ipBlock does not name pods", [ingress({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]})],
     Connection(A, B, 8080), False),
    ("ipBlock of the other family", [ingress({"from": [{"ipBlock": {"cidr": "2001:db8::/32"}}]})],
     Connection(OUTSIDE, B, 8080), False),
    ("a pod of the host's network is isolated by nobody", [ingress()],
     Connection(A, Endpoint("node", "b", B.labels, B.namespace_labels, "192.0.2.1", host_network=True), 8080), True),
    ("egress to the host's network is by its address", [egress({"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]})],
     Connection(A, Endpoint("node", "b", B.labels, B.namespace_labels, "192.0.2.1", host_network=True), 8080), True),
    ("ipBlock of IPv6", [ingress({"from": [{"ipBlock": {"cidr": "2001:db8::/32", "except": ["2001:db8:1::/48"]}}]})],
     Connection(Endpoint("2001:db8:2::9", None, address="2001:db8:2::9"), B, 8080), True),
    ("except of IPv6", [ingress({"from": [{"ipBlock": {"cidr": "2001:db8::/32", "except": ["2001:DB8:1::/48"]}}]})],
     Connection(Endpoint("2001:db8:1::9", None, address="2001:db8:1:0::9"), B, 8080), False),
    ("an empty list of peers is every peer", [ingress({"from": [], "ports": [{"port": 8080}]})],
     Connection(OUTSIDE, B, 8080), True),
    ("a selector of expressions and labels is an and", [ingress({"from": [{"namespaceSelector": {
     "matchLabels": {"team": "x"}, "matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}]})],
     Connection(A, B, 8080), False),
    ("the host's network is no pod", [ingress({"from": [NAMESPACE_A]})],
     Connection(Endpoint("node", "a", A.labels, A.namespace_labels, "192.0.2.1", host_network=True), B, 8080), False),
]  # fmt: skip


@pytest.mark.parametrize(("policies", "connection", "allowed"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_decisions(policies: list[dict[str, Any]], connection: Connection, allowed: bool) -> None:
    assert decide(connection, policies).allowed is allowed


def test_a_network_plugin_may_let_ip_blocks_match_pods() -> None:
    policies = [ingress({"from": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]})]
    assert decide(Connection(A, B, 8080), policies, blocks_match_pods=True).allowed
    assert not decide(Connection(A, B, 8080), policies).allowed


def test_the_deciding_policies_are_named() -> None:
    allow = {**ingress({"from": [NAMESPACE_A]}), "metadata": {"name": "allow-a", "namespace": "b"}}
    policies = [ingress(), allow, DENY_ALL]
    assert decide(Connection(A, B, 8080), policies).phrase() == (
        "egress allowed: no policy selects it; ingress allowed: b/allow-a"
    )
    assert decide(Connection(pod("c", "x"), B, 8080), policies).phrase() == "ingress denied: b/allow-a, b/in"
    assert decide(Connection(E, B, 8080), policies).phrase() == (
        "egress denied: e/deny-all; ingress denied: b/allow-a, b/in"
    )


@pytest.mark.parametrize(
    ("spec", "directions"),
    [
        ({}, ["Ingress"]),
        ({"egress": [{}]}, ["Ingress", "Egress"]),
        ({"policyTypes": ["Egress"]}, ["Egress"]),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, ["Egress"]),
    ],
)
def test_policy_types_have_a_default(spec: dict[str, Any], directions: list[str]) -> None:
    assert directions_of(policy("p", "a", **spec)) == directions


@pytest.mark.parametrize(
    ("selector", "matched"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "tier": "1"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, True),
        ({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_selectors(selector: dict[str, Any] | None, matched: bool) -> None:
    assert matches(selector, {"app": "web"}) is matched


def test_an_unknown_operator_is_named() -> None:
    with pytest.raises(PlatformError, match=r"'Like'.*expected one of In, NotIn"):
        matches({"matchExpressions": [{"key": "app", "operator": "Like"}]}, {"app": "web"})


def test_endpoints_are_read_from_api_objects() -> None:
    labels = namespace_labels({"metadata": {"name": "a", "labels": {"team": "x"}}})
    found = endpoint_from_pod(
        {
            "metadata": {"name": "web", "namespace": "a", "labels": {"app": "web"}},
            "spec": {
                "containers": [{"ports": [{"containerPort": 8080, "name": "http"}]}],
                "initContainers": [
                    {"ports": [{"containerPort": 1, "name": "http"}]},
                    {"ports": [{"containerPort": 2, "name": "side"}], "restartPolicy": "Always"},
                ],
            },
            "status": {"podIP": "10.0.0.1"},
        },
        labels,
    )
    assert labels == {"team": "x", "kubernetes.io/metadata.name": "a"}
    assert found == Endpoint(
        "web", "a", {"app": "web"}, labels, "10.0.0.1", (Port(2, "TCP", "side"), Port(8080, "TCP", "http"))
    )
