# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From attempts and what both sides saw to cells: one a pair, port and case, over all pods of the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.observation import (
    Observation,
    rise_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import Attempt
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.exceptions import (
    DeclaredException,
    apply_exceptions,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.rule import (
    PositiveControl,
    RefusalCount,
    judge_allowed,
    judge_forbidden,
    judge_refused,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod

PROOF = "mtls"
UNROUTABLE = ("timeout", "unreachable")  # how a connection fails that finds no way to the pod
WORST_FIRST = ("fail", "inconclusive", "pass")
# Calling cluster, pod's address, port and TLS version: a caller of one cluster is no control of another one's.
Endpoint = tuple[str, str, int, str]


def judged_cells(
    cluster: str,
    observation: Observation,
    trust_domain: str,
    exceptions: Sequence[DeclaredException],
    today: date,
    outsider: str,
) -> list[Cell]:
    """The cells of all judged attempts.

    ``outsider`` names where callers without an identity call from, in any cluster: namespace and name.
    """
    refusals = _counted_refusals(observation)
    controls = _controls(observation, trust_domain)
    groups: dict[tuple[str, str, str], list[tuple[Attempt, Exchange, Judgement, dict[str, Any]]]] = {}
    for attempt, exchange in observation.pairs:
        if not attempt.judged:
            continue
        judgement, evidence = _judge(attempt, exchange, observation, trust_domain, refusals, controls)
        if exchange.connected:  # what an exception says of a port, nobody has seen of one that did not answer
            judgement = apply_exceptions(
                judgement, exceptions, attempt.target.workload, attempt.port, attempt.case.name, today
            )
        elif attempt.cluster and exchange.error in UNROUTABLE:
            where = f"pods of {cluster} could not be reached from {attempt.cluster}"
            judgement = replace(judgement, reason=f"{where}: no route, or a firewall or network policy in the way")
        key = (attempt.caller(outsider), f"{attempt.target.workload.reference}:{attempt.port}", attempt.label)
        groups.setdefault(key, []).append((attempt, exchange, judgement, evidence))
    return [_merge(cluster, key, group) for key, group in groups.items()]


def _judge(
    attempt: Attempt,
    exchange: Exchange,
    observation: Observation,
    trust_domain: str,
    refusals: Counter[tuple[str, tuple[str, ...]]],
    controls: Mapping[Endpoint, PositiveControl],
) -> tuple[Judgement, dict[str, Any]]:
    target = attempt.target
    servers = (target.workload.spiffe(trust_domain),)
    case = attempt.case
    evidence: dict[str, Any] = {"pod": target.name, "ready": target.ready, **exchange.evidence()}
    if case.expected == "allowed":
        client = attempt.source.spiffe(trust_domain) if attempt.source else ""
        relayed = attempt.run_in is not None
        return judge_allowed(exchange, client, servers, verified_elsewhere=relayed), evidence
    control = _control_for(attempt, controls)
    evidence["control"] = control.detail
    if case.expected == "forbidden":
        return judge_forbidden(exchange, servers, control), evidence
    rise = rise_of(observation, target.address, case.counters)
    silent = None in (observation.before.get(target.address), observation.after.get(target.address))
    counter = RefusalCount(" + ".join(case.counters), refusals[target.address, case.counters], rise, silent)
    evidence["counter"] = {"name": counter.name, "attempts": counter.attempts, "rise": counter.rise}
    return judge_refused(exchange, counter, control, relayed=attempt.run_in is not None), evidence


def _counted_refusals(observation: Observation) -> Counter[tuple[str, tuple[str, ...]]]:
    """For each pod and counter, how many attempts the pod's proxy must have counted."""
    return Counter(
        (attempt.target.address, attempt.case.counters)
        for attempt, exchange in observation.pairs
        if attempt.case.expected == "refused" and (exchange.refused_by_peer or _relayed_refusal(attempt, exchange))
    )


def _relayed_refusal(attempt: Attempt, exchange: Exchange) -> bool:
    return attempt.run_in is not None and (exchange.status or 0) >= 500 and not exchange.nonce_returned


def _controls(observation: Observation, trust_domain: str) -> dict[Endpoint, PositiveControl]:
    """For each door, whether a good caller was answered there by the right server."""
    controls: dict[Endpoint, PositiveControl] = {}
    for attempt, exchange in observation.pairs:
        if attempt.case.expected != "allowed" or attempt.version is None:
            continue
        server = attempt.target.workload.spiffe(trust_domain)
        alive = exchange.bytes_received > 0 and exchange.peer_verified and server in exchange.peer_names
        detail = f"a good caller {'was' if alive else 'was not'} answered: {exchange.summary()}"
        key = (attempt.cluster, attempt.target.address, attempt.port, attempt.version)
        if key not in controls or alive:
            controls[key] = PositiveControl(alive, detail)
    return controls


def _control_for(attempt: Attempt, controls: Mapping[Endpoint, PositiveControl]) -> PositiveControl:
    versions = [attempt.version] if attempt.version in ("1.2", "1.3") else ["1.3", "1.2"]
    endpoints = [(attempt.cluster, attempt.target.address, attempt.port, version) for version in versions]
    found = [controls[endpoint] for endpoint in endpoints if endpoint in controls]
    return next(
        (control for control in found if control.alive), found[0] if found else PositiveControl(False, "none was made")
    )


def _merge(
    cluster: str,
    key: tuple[str, str, str],
    group: Sequence[tuple[Attempt, Exchange, Judgement, dict[str, Any]]],
) -> Cell:
    """One cell for all pods of the target: the worst of them decides."""
    source, target, label = key
    worst = min(group, key=lambda entry: WORST_FIRST.index(entry[2].verdict))
    attempt, _exchange, judgement, _evidence = worst
    where = f"{attempt.target.name}: " if len(group) > 1 and judgement.verdict != "pass" else ""
    run_in = attempt.run_in.name if attempt.run_in else "probe pod outside the mesh"
    evidence = {"caller_cluster": attempt.cluster or cluster, "run_in": run_in, "pods": [entry[3] for entry in group]}
    judgement = replace(judgement, reason=where + judgement.reason)
    return judgement.cell(PROOF, cluster, source, target, label, attempt.case.expected, evidence)


def sidecar_cells(cluster: str, pods: Iterable[MeshPod]) -> list[Cell]:
    """A cell for every pod of the mesh's namespaces: it must have a sidecar, and an address to be probed at."""
    cells = []
    for pod in pods:
        if not pod.sidecar:
            judgement = Judgement("fail", "no sidecar", "nothing in this pod speaks mutual TLS")
        elif not pod.address:
            judgement = Judgement("inconclusive", "no address", "the pod does not run, so it was not probed")
        else:
            judgement = Judgement("pass", "has a sidecar", "")
        name = f"{pod.workload.namespace}/{pod.name}"
        cells.append(judgement.cell(PROOF, cluster, "", name, "sidecar", "has a sidecar"))
    return cells
