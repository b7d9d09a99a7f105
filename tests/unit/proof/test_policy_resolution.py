"""Whether a workload resolves a name: where its policies let it ask a name server, and only there."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.evaluator import (
    Decision,
    DirectionDecision,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import Endpoint, Port
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.plan import Target
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.resolution import (
    Resolution,
    answering,
    dns_decisions,
    dns_port,
    has_resolved,
    judge_resolution,
    resolution_cells,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.verdicts import Liveness

SYSTEM = {"kubernetes.io/metadata.name": "kube-system"}
ALLOWED = Decision(DirectionDecision("Egress", True, ("a/dns",)), DirectionDecision("Ingress", True, ()))
DENIED = Decision(DirectionDecision("Egress", False, ("a/deny-all",)), DirectionDecision("Ingress", True, ()))
KUBE_DNS = {"kube-dns": ALLOWED, "node-local-dns": DENIED}
ALIVE, DEAD = Liveness(True, "b/web resolves it"), Liveness(False, "nobody resolves it, and no name server is ready")


def server(name: str, *ports: Port, ready: bool = True) -> Target:
    endpoint = Endpoint(name, "kube-system", {"k8s-app": name}, SYSTEM, "10.0.0.53", ports)
    return Target(f"kube-system/{name}", endpoint, (), "dns", ready)


@pytest.mark.parametrize(
    ("servers", "resolved", "sealed", "alive", "verdict", "says"),
    [
        ({"kube-dns": ALLOWED}, True, False, ALIVE, "pass", "a/dns"),
        ({"kube-dns": DENIED}, False, False, ALIVE, "pass", "a/deny-all"),
        ({"kube-dns": DENIED}, True, False, ALIVE, "fail", "unexpectedly allowed"),
        # a cache on the node answers in the place of kube-dns, and policies admit kube-dns alone
        (KUBE_DNS, False, False, ALIVE, "fail", "another name server is asked: kube-dns: egress allowed"),
        (KUBE_DNS, True, False, ALIVE, "pass", ""),
        ({"kube-dns": ALLOWED}, False, False, DEAD, "inconclusive", "no name server is ready"),
        ({"kube-dns": DENIED}, False, False, DEAD, "inconclusive", "no name server is ready"),
        ({"kube-dns": ALLOWED}, None, False, ALIVE, "inconclusive", "the source did not run"),
        ({}, True, False, ALIVE, "inconclusive", "no live pod was found by dns_servers"),
        ({"kube-dns": ALLOWED}, True, True, ALIVE, "fail", "a is promised to be sealed"),
        ({"kube-dns": ALLOWED}, False, True, ALIVE, "pass", "a is promised to be sealed"),
    ],
)
def test_verdicts_on_resolutions(
    servers: dict[str, Decision], resolved: bool | None, sealed: bool, alive: Liveness, verdict: str, says: str
) -> None:
    judgement = judge_resolution(Resolution("a/web", "kubernetes.default.svc", servers, resolved, sealed), alive)
    assert judgement.verdict == verdict and says in judgement.reason


@pytest.mark.parametrize(
    ("error", "resolved"), [(None, True), ("timeout", True), ("refused", True), ("unreachable", True), ("dns", False)]
)
def test_a_connection_by_name_tells_only_whether_there_was_an_address(error: str | None, resolved: bool) -> None:
    assert has_resolved(Exchange(connected=error is None, stage="connect", error=error)) is resolved


@pytest.mark.parametrize(
    ("ports", "number"),
    [
        ((Port(53, "UDP", "dns"), Port(53, "TCP", "dns-tcp"), Port(9153, "TCP", "metrics")), 53),
        ((Port(10053, "UDP", "dns-local"), Port(8125, "UDP", "statsd")), 10053),
        ((Port(8053, "UDP"),), 8053),
        ((), 53),
    ],
)
def test_policies_are_asked_about_the_port_of_the_pod(ports: tuple[Port, ...], number: int) -> None:
    assert dns_port(server("kube-dns", *ports).endpoint) == number


def test_a_policy_that_admits_kube_dns_alone_does_not_admit_the_cache_on_the_node() -> None:
    to = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    policy = {
        "metadata": {"name": "dns", "namespace": "a"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"],
                 "egress": [{"to": [to], "ports": [{"protocol": "UDP", "port": 53}]}]},
    }  # fmt: skip
    servers = [server("kube-dns"), server("node-local-dns")]
    found = dns_decisions(Endpoint("web", "a"), servers, [policy], blocks_match_pods=False)
    assert {name: decision.allowed for name, decision in found.items()} == {
        "kube-system/kube-dns": True, "kube-system/node-local-dns": False,
    }  # fmt: skip
    cells = resolution_cells("primary", [Resolution("a/web", "name", found, False)], servers)
    assert [(cell.verdict, cell.expected, cell.source) for cell in cells] == [("fail", "resolved", "a/web")]


def test_name_servers_answer_when_somebody_was_answered_or_one_is_ready() -> None:
    asked = [Resolution("a/web", "name", {}, False), Resolution("b/web", "name", {}, True)]
    assert answering(asked, []) == ALIVE
    assert answering(asked[:1], [server("kube-dns")]).alive
    assert answering(asked[:1], [server("kube-dns", ready=False)]) == DEAD
