"""A mesh of two workloads without a mesh: what is planned of it, how it answers, and what is judged of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.topology import Topology
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import Attempt, plan
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.cells import (
    Observation,
    judged_cells,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.exceptions import parse_exceptions
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import mesh_pods

TODAY = date(2026, 11, 22)
ADDRESS_A, ADDRESS_B = "10.0.0.1", "10.0.1.1"
ENDINGS = {
    "no_filter_chain_match": 0, "ssl.fail_verify_no_cert": 0, "ssl.fail_verify_error": 0, "ssl.fail_verify_san": 0,
    "ssl.connection_error": 0,
}  # fmt: skip


def pod(namespace: str, address: str, *, sidecar: bool = True, **status: Any) -> dict[str, Any]:
    containers = [{"name": "ping", "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9080}]}]
    return {
        "metadata": {
            "name": f"{namespace}-5d-x", "namespace": namespace,
            "labels": {"app": namespace, "pod-template-hash": "5d"},
            "ownerReferences": [{"controller": True, "name": f"{namespace}-5d"}],
        },
        "spec": {
            "serviceAccountName": namespace, "containers": containers,
            "initContainers": [{"name": "istio-proxy"}] if sidecar else [],
        },
        "status": {"phase": "Running", "podIP": address, "conditions": [{"type": "Ready", "status": "True"}], **status},
    }  # fmt: skip


SERVICE = {
    "metadata": {"name": "b", "namespace": "b"},
    "spec": {"selector": {"app": "b"}, "ports": [{"port": 80, "targetPort": "http"}]},
}


def topology(**changes: Any) -> Topology:
    pods = mesh_pods([pod("a", ADDRESS_A), pod("b", ADDRESS_B)])
    base = Topology(pods, [SERVICE], [], {}, frozenset({8080}), "/whoami")
    return replace(base, **changes)


def spiffe(namespace: str) -> str:
    return f"spiffe://td/ns/{namespace}/sa/{namespace}"


def secure(attempt: Attempt) -> Exchange:
    """How a STRICT mesh answers an attempt."""
    target = attempt.target.workload.namespace
    answered = Exchange(
        True, "done", None, 200, 200, True, f"TLSv{attempt.version}", "x", True, (spiffe(target),),
        seen_identity=spiffe(attempt.source.namespace) if attempt.source else None,
    )  # fmt: skip
    if attempt.case.expected == "allowed":
        return answered if attempt.run_in is None else replace(answered, peer_verified=False, peer_names=())
    if attempt.run_in is not None:
        return Exchange(True, "done", None, 90, 503)
    return Exchange(True, "read", "reset")


def observed(
    answer: Callable[[Attempt], Exchange] = secure, risen: Mapping[str, int] | None = None, of: Topology | None = None
) -> Observation:
    """All attempts answered, and every pod's counters risen by as much as its refusals; ``risen`` says otherwise."""
    attempts = plan(of or topology())
    before: dict[str, dict[str, int]] = {ADDRESS_A: dict(ENDINGS), ADDRESS_B: dict(ENDINGS)}
    after = {address: dict(counters) for address, counters in before.items()}
    for attempt in attempts:
        if attempt.case.counters:
            after[attempt.target.address][attempt.case.counters[0]] += 1
    for name, value in (risen or {}).items():
        for counters in after.values():
            counters[name] = value
    return Observation(attempts, [answer(attempt) for attempt in attempts], before, after)


def cells(observation: Observation, exceptions: tuple[dict[str, Any], ...] = ()) -> list[Cell]:
    return judged_cells("primary", observation, "td", parse_exceptions(exceptions), TODAY, "c/outsider")


def fallen(found: list[Cell]) -> set[tuple[str, str]]:
    return {(cell.case, cell.verdict) for cell in found if cell.verdict != "pass"}
