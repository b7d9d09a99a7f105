# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From attempts and what both sides saw to cells: one a pair, port and case, over all pods of the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
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
    FORBIDDEN,
    Impostors,
    PositiveControl,
    RefusalCount,
    judge_allowed,
    judge_forbidden,
    judge_kept_away,
    judge_permitted,
    judge_refused,
    judge_silence,
)

PROOF = "mtls"
UNROUTABLE = ("timeout", "unreachable")  # how a connection fails that finds no way to the pod
UNAUTHENTICATED = ("plaintext", "no_client_certificate", "wrong_ca")
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
    seen = _Seen(observation, trust_domain)
    groups: dict[tuple[str, str, str], list[tuple[Attempt, Exchange, Judgement, dict[str, Any]]]] = {}
    for attempt, exchange in observation.pairs:
        if not attempt.judged:
            continue
        judgement, evidence = _judge(attempt, exchange, seen)
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


@dataclass(frozen=True)
class _Seen:
    """An observation, and what follows from all of it for each attempt."""

    observation: Observation
    trust_domain: str

    @cached_property
    def controls(self) -> dict[Endpoint, PositiveControl]:
        return _controls(self.observation, self.trust_domain)

    @cached_property
    def direct(self) -> Counter[tuple[str, tuple[str, ...]]]:
        """For each pod and counter, how many direct attempts the pod's proxy must have counted."""
        return Counter(
            (attempt.target.address, attempt.case.counters)
            for attempt, exchange in self.observation.pairs
            if attempt.run_in is None and _counted(attempt, exchange)
        )

    @cached_property
    def relayed(self) -> Counter[tuple[str, tuple[str, ...]]]:
        """The same of attempts through callers' sidecars. What one of those says never counts against direct ones."""
        return Counter(
            (attempt.target.address, attempt.case.counters)
            for attempt, exchange in self.observation.pairs
            if attempt.run_in is not None and _counted(attempt, exchange)
        )

    def impostors(self, attempt: Attempt) -> Impostors:
        """What callers without a good certificate got on the attempt's port, of any pod that may have answered it."""
        exchanges = [
            exchange
            for other, exchange in self.observation.pairs
            if other.case.name in UNAUTHENTICATED
            and (other.cluster, other.port) == (attempt.cluster, attempt.port)
            and other.target.workload == attempt.target.workload
            and (attempt.run_in is not None or other.target.address == attempt.target.address)
            and not other.case.waits
        ]
        if any(exchange.bytes_received for exchange in exchanges):
            return "answered"
        return "refused" if exchanges and all(exchange.refused_by_peer for exchange in exchanges) else "not seen"


def _judge(attempt: Attempt, exchange: Exchange, seen: _Seen) -> tuple[Judgement, dict[str, Any]]:
    target, case, observation = attempt.target, attempt.case, seen.observation
    servers = (target.workload.spiffe(seen.trust_domain),)
    relayed = attempt.run_in is not None
    evidence: dict[str, Any] = {"pod": target.name, "ready": target.ready, **exchange.evidence()}
    if attempt.varied:
        evidence["offer"] = str(attempt.offer)
    if case.expected == "allowed":
        client = attempt.source.spiffe(seen.trust_domain) if attempt.source else ""
        impostors: Impostors = "not seen" if exchange.seen_identity else seen.impostors(attempt)
        return judge_allowed(exchange, client, servers, impostors, verified_elsewhere=relayed), evidence
    if case.expected == "permitted":
        return judge_permitted(exchange, servers), evidence
    if case.expected == "kept away":
        return judge_kept_away(exchange), evidence
    control = _control_for(attempt, seen.controls)
    evidence["control"] = control.detail
    if case.expected == "silence":
        return judge_silence(exchange, control), evidence
    if case.expected == "forbidden" and not case.counters:
        return judge_forbidden(exchange, servers, control), evidence
    rise = rise_of(observation, target.address, case.counters)
    silent = None in (observation.before.get(target.address), observation.after.get(target.address))
    key = target.address, case.counters
    expected = seen.direct[key] + (seen.relayed[key] if relayed else 0)
    counter = RefusalCount(" + ".join(case.counters), expected, rise, silent)
    evidence["counter"] = {"name": counter.name, "attempts": counter.attempts, "rise": counter.rise}
    if case.expected == "forbidden":
        return judge_forbidden(exchange, servers, control, counter, relayed=relayed), evidence
    return judge_refused(exchange, counter, control, relayed=relayed), evidence


def _counted(attempt: Attempt, exchange: Exchange) -> bool:
    """Whether the target's proxy must have counted an attempt as refused."""
    if attempt.case.expected == "forbidden":
        return exchange.status == FORBIDDEN or exchange.refused_by_peer
    if attempt.case.expected != "refused":
        return False
    relayed = attempt.run_in is not None and exchange.answered_by_proxy and not exchange.without_upstream
    return exchange.refused_by_peer or relayed


def _controls(observation: Observation, trust_domain: str) -> dict[Endpoint, PositiveControl]:
    """For each endpoint, whether a good caller was answered there by the right server."""
    controls: dict[Endpoint, PositiveControl] = {}
    for attempt, exchange in observation.pairs:
        if attempt.case.expected != "allowed" or attempt.version is None:
            continue
        server = attempt.target.workload.spiffe(trust_domain)
        alive = exchange.peer_verified and server in exchange.peer_names and _took(exchange)
        detail = f"a good caller {'was' if alive else 'was not'} answered: {exchange.summary()}"
        key = (attempt.cluster, attempt.target.address, attempt.port, attempt.version)
        if key not in controls or alive:
            controls[key] = PositiveControl(alive, detail)
    return controls


def _took(exchange: Exchange) -> bool:
    """Whether the server took the caller's certificate: it answered, or kept to TLS with a caller that it verified.

    Of a protocol that has no answer to HTTP, the end of a TLS 1.2 handshake shows it, and an open connection after a
    TLS 1.3 one: a refusal ends either at once.
    """
    handshaken = exchange.tls_version == "TLSv1.2" or exchange.error == "timeout"
    return exchange.bytes_received > 0 or (bool(exchange.certificate_requested) and handshaken)


def _control_for(attempt: Attempt, controls: Mapping[Endpoint, PositiveControl]) -> PositiveControl:
    versions = ["1.3", "1.2"] if attempt.version != "1.2" else ["1.2", "1.3"]
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
    several = len({entry[0].target.name for entry in group}) > 1
    where = f"{attempt.target.name}: " if several and judgement.verdict != "pass" else ""
    if attempt.varied and judgement.verdict != "pass":
        where += f"{attempt.offer}: "
    run_in = attempt.run_in.name if attempt.run_in else "probe pod outside the mesh"
    evidence = {"caller_cluster": attempt.cluster or cluster, "run_in": run_in, "pods": [entry[3] for entry in group]}
    judgement = replace(judgement, reason=where + judgement.reason)
    return judgement.cell(PROOF, cluster, source, target, label, attempt.case.expected, evidence)
