"""The computed matrix beside the measured one, who is asked, and silence that proves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.check import check_directions
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.evaluator import (
    Decision,
    DirectionDecision,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.plan import (
    LISTEN,
    callers,
    chosen_targets,
    live_targets,
    published,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.verdicts import (
    Liveness,
    MeasuredConnection,
    connection_cell,
    default_deny_cells,
    judge_connection,
    published_cells,
    unmatched_target_cells,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.admission import admitting
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.controller import abandoned, controller
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import (
    ProbePod,
    manifest,
    running,
    terminal_state,
)

ALLOWED = Decision(DirectionDecision("Egress", True, ()), DirectionDecision("Ingress", True, ("b/allow",)))
DENIED = Decision(DirectionDecision("Egress", True, ()), DirectionDecision("Ingress", False, ("b/deny-all",)))
CONNECTED = Exchange(connected=True, stage="done")
SILENCE = Exchange(connected=False, stage="connect", error="timeout")
ALIVE, DEAD = Liveness(True, "somebody reached it"), Liveness(False, "nobody reaches it, not even its own pod")
CALL = MeasuredConnection("a/web", "b/api-1", 8080, ALLOWED, CONNECTED, ALIVE, ALIVE)


@pytest.mark.parametrize(
    ("decision", "exchange", "source", "target", "verdict", "says"),
    [
        (ALLOWED, CONNECTED, ALIVE, ALIVE, "pass", "b/allow"),
        (DENIED, CONNECTED, ALIVE, ALIVE, "fail", "unexpectedly allowed: ingress denied: b/deny-all"),
        (DENIED, SILENCE, ALIVE, ALIVE, "pass", "b/deny-all"),
        (ALLOWED, SILENCE, ALIVE, ALIVE, "fail", "unexpectedly denied"),
        (DENIED, SILENCE, ALIVE, DEAD, "inconclusive", "not even its own pod"),
        (DENIED, SILENCE, DEAD, ALIVE, "inconclusive", "not even its own pod"),
        (ALLOWED, SILENCE, ALIVE, DEAD, "inconclusive", "not even its own pod"),
        (DENIED, replace(SILENCE, error="refused"), ALIVE, ALIVE, "inconclusive", "no answer of a policy"),
        (ALLOWED, replace(SILENCE, error="refused"), ALIVE, ALIVE, "inconclusive", "no answer of a policy"),
        (DENIED, replace(SILENCE, error="unreachable"), ALIVE, ALIVE, "inconclusive", "no answer of a policy"),
    ],
)
def test_verdicts(
    decision: Decision, exchange: Exchange, source: Liveness, target: Liveness, verdict: str, says: str
) -> None:
    judgement = judge_connection(
        replace(CALL, decision=decision, exchange=exchange, source_alive=source, target_alive=target)
    )
    assert judgement.verdict == verdict
    assert says in judgement.reason


def test_a_cell_names_the_deciding_policies_of_both_directions() -> None:
    cell = connection_cell("primary", replace(CALL, decision=DENIED, exchange=SILENCE))
    assert cell.expected == "no answer" and cell.target == "b/api-1:8080"
    assert cell.evidence["egress"] == "egress allowed: no policy selects it"
    assert cell.evidence["ingress"] == "ingress denied: b/deny-all"


@pytest.mark.parametrize(("exchange", "verdict"), [(CONNECTED, "fail"), (SILENCE, "pass")])
def test_a_sealed_namespace_lets_nothing_pass_even_when_its_policy_is_gone(exchange: Exchange, verdict: str) -> None:
    call = replace(CALL, exchange=exchange, sealed="e")
    assert judge_connection(call).verdict == verdict
    assert "e is promised to be sealed" in judge_connection(call).reason
    assert connection_cell("primary", call).expected == "no answer"


@pytest.mark.parametrize(
    ("existing", "verdicts"),
    [
        ([], ["fail", "fail"]),
        ([("a", {}, "Ingress", "Egress")], ["pass", "pass"]),
        ([("a", {}, "Ingress")], ["pass", "fail"]),
        ([("a", {"matchLabels": {"app": "web"}}, "Ingress", "Egress")], ["fail", "fail"]),
        ([("b", {}, "Ingress", "Egress")], ["fail", "fail"]),
    ],
)
def test_default_deny_means_a_policy_for_every_pod(existing: list[tuple[Any, ...]], verdicts: list[str]) -> None:
    policies = [
        {"metadata": {"name": "p", "namespace": ns}, "spec": {"podSelector": selector, "policyTypes": list(types)}}
        for ns, selector, *types in existing
    ]
    found = default_deny_cells("primary", {"a": ["Ingress", "Egress"]}, policies)
    assert [cell.verdict for cell in found] == verdicts


@pytest.mark.parametrize("wanted", ["Ingress", ["ingress"], [], None, [["Ingress"]]])
def test_directions_that_are_none_are_refused(wanted: Any) -> None:
    with pytest.raises(OptionError, match=r"default_deny\.a: found .*, expected a list of Ingress, Egress"):
        check_directions({"a": wanted})
    check_directions({"a": ["Ingress", "Egress"], "b": ["Egress"]})


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [({}, "fail"), ({"to": []}, "fail"), ({"ports": [{"port": 53}]}, "pass"), ({"to": [{"podSelector": {}}]}, "pass")],
)
def test_a_policy_that_lets_everything_pass_denies_nothing(rule: dict[str, Any], verdict: str) -> None:
    opening = policy("a", {}, "Egress")
    opening["metadata"]["name"], opening["spec"]["egress"] = "open", [rule]
    (found,) = default_deny_cells("primary", {"a": ["Egress"]}, [opening])
    assert found.verdict == verdict


def live(namespace: str, name: str, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"{name}-5d-x",
            "namespace": namespace,
            "labels": {"app": name, "pod-template-hash": "5d", **labels},
            "ownerReferences": [{"controller": True, "name": f"{name}-5d"}],
        },
        "spec": {"containers": [{"name": "web", "ports": [{"containerPort": 8080}]}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1"},
    }


def test_every_workload_and_every_empty_namespace_gets_one_caller() -> None:
    pods = [live("a", "web"), live("a", "web", extra="x"), live("b", "api")]
    extra = [{"namespace": "e", "name": "batch", "labels": {"app": "batch"}}]
    found = callers(pods, ["a", "b", "e"], extra)
    assert [caller.name for caller in found] == ["a/web", "b/api", "e/stand-in", "e/batch"]
    assert found[0].pod.labels == {"app": "web"}, "revision labels would let a controller adopt the stand-in"
    assert {caller.pod.listen for caller in found} == {LISTEN}


def test_targets_are_live_pods_with_ports_and_those_chosen_by_label() -> None:
    labels_of: dict[str, dict[str, str]] = {"a": {}, "kube-system": {}}
    dns = live("kube-system", "dns", **{"k8s-app": "kube-dns"})
    silent = {**live("a", "cron"), "spec": {"containers": [{"name": "cron"}]}}
    assert [target.name for target in live_targets([live("a", "web"), silent], labels_of)] == ["a/web-5d-x"]
    wanted = [{"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}, "ports": [53]}]
    chosen = chosen_targets(wanted, [live("a", "web"), dns], labels_of)
    assert [(target.name, target.ports) for target in chosen] == [("kube-system/dns-5d-x", (53,))]
    undeclared = [{"namespace": "a", "ports": [9]}]
    assert [(target.name, target.ports) for target in chosen_targets(undeclared, [silent], labels_of)] == [
        ("a/cron-5d-x", (9,))
    ]


def test_a_choice_of_targets_that_finds_no_pod_is_inconclusive() -> None:
    (found,) = unmatched_target_cells(
        "primary", [{"namespace": "kube-system", "labels": {"k8s-app": "kube-dms"}, "ports": [53]}]
    )
    assert found.verdict == "inconclusive" and "kube-dms" in found.headline()


@pytest.mark.parametrize(
    ("spec", "service"),
    [
        ({"selector": {"app": "web"}, "publishNotReadyAddresses": True}, {"a/web": "a/peers"}),
        ({"selector": {"app": "web"}}, {}),
        ({"selector": {"app": "api"}, "publishNotReadyAddresses": True}, {}),
        ({"publishNotReadyAddresses": True}, {}),
    ],
)
def test_no_stand_in_is_made_where_a_service_would_call_it(spec: dict[str, Any], service: dict[str, str]) -> None:
    found = published(
        callers([live("a", "web")], ["a", "e"], []), [{"metadata": {"namespace": "a", "name": "peers"}, "spec": spec}]
    )
    assert found == service
    assert [cell.verdict for cell in published_cells("primary", found)] == ["inconclusive"] * len(service)


OWNER = {"app.kubernetes.io/name": "pingpong-probe", "pingpong.platform/layer": "proof"}


def test_a_stand_in_imitates_labels_and_stays_out_of_services() -> None:
    pod = manifest(ProbePod("a", "pingpong-probe-web", {"app": "web"}, listen=8080), OWNER, "ping:1", ["probe"])
    assert pod["metadata"]["labels"] == {"app": "web"}
    assert pod["metadata"]["annotations"]["sidecar.istio.io/inject"] == "false"
    assert pod["spec"]["readinessGates"] == [{"conditionType": "pingpong.platform/never"}]
    assert pod["spec"]["containers"][0]["command"] == ["probe", "--hold", "600", "--listen", "8080"]


def test_a_killed_run_s_controllers_are_removed_when_its_pods_have_ended() -> None:
    now = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
    made = [controller("a", OWNER, "ping:1") for _turn in range(3)]
    for age, item in zip((0, 599, 601), made, strict=True):
        item["metadata"]["creationTimestamp"] = (now - timedelta(seconds=age)).isoformat()
    foreign = {"metadata": {"name": "web", "creationTimestamp": "2020-01-01T00:00:00Z"}}
    assert abandoned([*made, foreign], now) == [made[2]["metadata"]["name"]]


def test_every_probe_pod_is_restricted_short_lived_and_without_a_token() -> None:
    spec = manifest(ProbePod("c", "pingpong-probe-x"), OWNER, "ping:1", ["probe"])["spec"]
    assert spec["activeDeadlineSeconds"] == 600
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert spec["readinessGates"] == [{"conditionType": "pingpong.platform/never"}]


@pytest.mark.parametrize(
    ("status", "runs", "why"),
    [
        ({"containerStatuses": [{"state": {"running": {}}}]}, True, ""),
        ({"phase": "Pending"}, False, ""),
        ({"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}, False, ""),
        ({"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}, False, "ImagePullBackOff"),
        ({"phase": "Failed", "message": "evicted"}, False, "phase Failed: evicted"),
    ],
)
def test_whether_a_probe_pod_runs_or_never_will(status: dict[str, Any], runs: bool, why: str) -> None:
    assert running({"status": status}) is runs
    assert why in terminal_state({"status": status}) and bool(why) is bool(terminal_state({"status": status}))


def policy(namespace: str, selector: dict[str, Any], *types: str) -> dict[str, Any]:
    return {"metadata": {"namespace": namespace}, "spec": {"podSelector": selector, "policyTypes": list(types)}}


def test_probes_are_admitted_only_beside_policies_that_isolate_already() -> None:
    """A policy for pods that none selects would cut them off from everybody but the probes."""
    web = {"matchLabels": {"app": "web"}}
    existing = [
        policy("a", {}, "Ingress", "Egress"),
        policy("a", {}, "Ingress"),
        policy("b", web, "Ingress"),
        policy("b", {}, "Egress"),
        policy("elsewhere", {}, "Ingress"),
    ]
    added = admitting(existing, OWNER, "c", ["a", "b", "open"])
    ingress = [(p["metadata"]["namespace"], p["spec"]["podSelector"]) for p in added if "ingress" in p["spec"]]
    assert ingress == [("a", {}), ("b", web)]
    assert added[-1]["metadata"]["namespace"] == "c"
    assert added[-1]["spec"] == {
        "podSelector": {"matchLabels": OWNER},
        "policyTypes": ["Egress"],
        "egress": [{}],
    }
