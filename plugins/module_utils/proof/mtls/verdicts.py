# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From attempts and what both sides saw to cells: one a pair, port and case, over all pods of the target."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.exceptions import Exempt, excuse
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.inventory import MeshPod
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan import Attempt
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.rule import (
    Control,
    Counter,
    judge_allowed,
    judge_forbidden,
    judge_refused,
)

PROOF = "mtls"
NO_WAY = ("timeout", "unreachable")  # how a connection fails that finds no way to the pod
WORST_FIRST = ("fail", "inconclusive", "pass")
Counters = Mapping[str, int]
# Calling cluster, pod's address, port and TLS version: a caller of one cluster is no control of another one's.
Door = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that was seen: an exchange for each attempt, and each pod's counters before and after."""

    attempts: Sequence[Attempt]
    exchanges: Sequence[Exchange]
    before: Mapping[str, Counters | None]
    after: Mapping[str, Counters | None]

    @property
    def pairs(self) -> list[tuple[Attempt, Exchange]]:
        return list(zip(self.attempts, self.exchanges, strict=True))


def sum_counters(stats: Iterable[Mapping[str, Any]], endings: Iterable[str]) -> dict[str, int]:
    """The inbound listener's counters by their endings, summed over its addresses (IPv4, IPv6)."""
    found: dict[str, int] = {}
    wanted = tuple(endings)
    for stat in stats:
        name = str(stat.get("name") or "")
        if not name.startswith("listener.") or "15006" not in name:
            continue
        for ending in wanted:
            if name.endswith(f".{ending}") and ".worker_" not in name:
                found[ending] = found.get(ending, 0) + int(stat.get("value") or 0)
    return found


def rise_of(observation: Observation, address: str, names: Iterable[str]) -> int | None:
    """How far a pod's counters rose together; None where one is not shown."""
    before, after = observation.before.get(address), observation.after.get(address)
    wanted = list(names)
    if before is None or after is None or any(name not in before or name not in after for name in wanted):
        return None
    return sum(after[name] - before[name] for name in wanted)


def judged_cells(
    cluster: str, observation: Observation, trust_domain: str, exempt: Sequence[Exempt], today: date, outsider: str
) -> list[Cell]:
    """The cells of all judged attempts. ``outsider`` names the place from where strangers call, in any cluster."""
    spoken = _counted_refusals(observation)
    controls = _controls(observation, trust_domain)
    groups: dict[tuple[str, str, str], list[tuple[Attempt, Exchange, Judgement, dict[str, Any]]]] = {}
    for attempt, exchange in observation.pairs:
        if not attempt.judged:
            continue
        judgement, evidence = _judge(attempt, exchange, observation, trust_domain, spoken, controls)
        if exchange.connected:  # what an exception says of a port, nobody has seen of one that did not answer
            judgement = excuse(judgement, exempt, attempt.target.workload, attempt.port, attempt.case.name, today)
        elif attempt.cluster and exchange.error in NO_WAY:
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
    spoken: Tally[tuple[str, tuple[str, ...]]],
    controls: Mapping[Door, Control],
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
    counter = Counter(" + ".join(case.counters), spoken[target.address, case.counters], rise, silent)
    evidence["counter"] = {"name": counter.name, "attempts": counter.attempts, "rise": counter.rise}
    return judge_refused(exchange, counter, control, relayed=attempt.run_in is not None), evidence


def _counted_refusals(observation: Observation) -> Tally[tuple[str, tuple[str, ...]]]:
    """For each pod and counter, how many attempts the pod's proxy must have counted."""
    return Tally(
        (attempt.target.address, attempt.case.counters)
        for attempt, exchange in observation.pairs
        if attempt.case.expected == "refused" and (exchange.spoken_refusal or _relayed_refusal(attempt, exchange))
    )


def _relayed_refusal(attempt: Attempt, exchange: Exchange) -> bool:
    return attempt.run_in is not None and (exchange.status or 0) >= 500 and not exchange.nonce_returned


def _controls(observation: Observation, trust_domain: str) -> dict[Door, Control]:
    """For each door, whether a good caller was answered there by the right server."""
    controls: dict[Door, Control] = {}
    for attempt, exchange in observation.pairs:
        if attempt.case.expected != "allowed" or attempt.version is None:
            continue
        server = attempt.target.workload.spiffe(trust_domain)
        alive = exchange.bytes_received > 0 and exchange.peer_verified and server in exchange.peer_names
        detail = f"a good caller {'was' if alive else 'was not'} answered: {exchange.phrase()}"
        key = (attempt.cluster, attempt.target.address, attempt.port, attempt.version)
        if key not in controls or alive:
            controls[key] = Control(alive, detail)
    return controls


def _control_for(attempt: Attempt, controls: Mapping[Door, Control]) -> Control:
    versions = [attempt.version] if attempt.version in ("1.2", "1.3") else ["1.3", "1.2"]
    doors = [(attempt.cluster, attempt.target.address, attempt.port, version) for version in versions]
    found = [controls[door] for door in doors if door in controls]
    return next((control for control in found if control.alive), found[0] if found else Control(False, "none was made"))


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
