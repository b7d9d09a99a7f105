"""A mesh of two workloads without a mesh: what is planned of it, how it answers, and what is judged of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.sockets import (
    PROXY_PORTS,
    Listening,
    Socket,
)
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
    "ssl.connection_error": 0, "rbac.denied": 0,
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
    "spec": {"selector": {"app": "b"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
}
# What an upstream that closes looks like to the caller: Envoy's own answer, on its behalf.
CUT_OFF = Exchange(
    True, "done", None, 95, 503, headers=("server: envoy",),
    body="upstream connect error or disconnect/reset before headers. reset reason: connection termination",
)  # fmt: skip
NO_CONNECTION = replace(CUT_OFF, body="upstream connect error or disconnect/reset before headers. "
                        "reset reason: connection timeout")  # fmt: skip


def endpoints(
    service: str = "b", address: str = ADDRESS_B, port: int = 8080, name: str = "http", **conditions: bool
) -> dict[str, Any]:
    """An EndpointSlice of one address."""
    return {
        "metadata": {"name": f"{service}-x", "namespace": service, "labels": {"kubernetes.io/service-name": service}},
        "endpoints": [{"addresses": [address], "conditions": {"ready": True, **conditions}}],
        "ports": [{"name": name, "port": port, "protocol": "TCP"}],
    }


def listens(*ports: int, uid: int = 65532) -> Listening:
    """What a pod listens on: the ports, and what the proxy has."""
    proxy = (Socket(port, "TCP", 1337) for port in PROXY_PORTS)
    return Listening((*(Socket(port, "TCP", uid) for port in ports), *proxy), "the tables of sockets")


def topology(**changes: Any) -> Topology:
    pods = mesh_pods([pod("a", ADDRESS_A), pod("b", ADDRESS_B)])
    base = Topology(pods, [SERVICE], [endpoints()], [], {}, frozenset({8080}), "/whoami")
    changed = replace(base, **changes)
    return changed if "callers" in changes else replace(changed, callers=[pod for pod in changed.pods if pod.sidecar])


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
        return NO_CONNECTION if attempt.case.expected == "kept away" else CUT_OFF
    if attempt.case.expected == "silence":
        return Exchange(True, "read", "timeout")
    return Exchange(True, "read", "reset")


def observed(
    answer: Callable[[Attempt], Exchange] = secure, risen: Mapping[str, int] | None = None, of: Topology | None = None
) -> Observation:
    """All attempts answered, and every pod's counters risen by as much as its refusals; ``risen`` says otherwise."""
    attempts = plan(of or topology())
    before: dict[str, dict[str, int]] = {attempt.target.address: dict(ENDINGS) for attempt in attempts}
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
