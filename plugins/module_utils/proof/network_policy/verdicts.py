# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The computed matrix beside the measured one: unexpectedly allowed and unexpectedly denied both fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.evaluator import (
    Decision,
    Direction,
    Policy,
    admits_everything,
    isolates_all,
    name_of,
)

PROOF = "network_policy"


@dataclass(frozen=True, slots=True)
class Liveness:
    """Whether an end of the connection is known to be alive, and how that is known."""

    alive: bool
    detail: str


@dataclass(frozen=True, slots=True)
class MeasuredConnection:
    """One measured connection and what is known around it."""

    source: str
    target: str
    port: int
    decision: Decision
    exchange: Exchange
    source_alive: Liveness
    target_alive: Liveness
    sealed: str = ""

    @property
    def promised(self) -> bool:
        """Whether it may pass: a namespace that is promised to be sealed lets nothing pass, whatever is applied."""
        return self.decision.allowed and not self.sealed

    @property
    def decided_by(self) -> str:
        return (
            f"{self.sealed} is promised to be sealed; {self.decision.phrase()}"
            if self.sealed
            else self.decision.phrase()
        )


def judge_connection(call: MeasuredConnection) -> Judgement:
    """Whether a measured connection is as the policies decide: here a refused connection becomes pass or fail.

    A dropped packet looks like a dead pod, so silence counts as a refusal only between two ends that are known to be
    alive. An RST or an ICMP error comes from a host or a proxy, not from a policy, and decides nothing.
    """
    exchange, promised = call.exchange, call.promised
    if exchange.connected:
        if promised:
            return Judgement("pass", "connected", call.decided_by)
        return Judgement("fail", "connected", f"unexpectedly allowed: {call.decided_by}")
    if exchange.error != "timeout":
        why = f"{exchange.error} is no answer of a policy: these drop without a word"
        return Judgement("inconclusive", exchange.summary(), why)
    dead = next((end for end in (call.source_alive, call.target_alive) if not end.alive), None)
    if dead is not None:
        return Judgement("inconclusive", "no answer", dead.detail)
    if promised:
        return Judgement("fail", "no answer", f"unexpectedly denied: {call.decided_by}")
    return Judgement("pass", "no answer", call.decided_by)


def connection_cell(cluster: str, call: MeasuredConnection) -> Cell:
    judgement = judge_connection(call)
    evidence: dict[str, Any] = {
        "egress": call.decision.egress.phrase(),
        "ingress": call.decision.ingress.phrase(),
        "source_alive": call.source_alive.detail,
        "target_alive": call.target_alive.detail,
        "error": call.exchange.error,
        "seconds": call.exchange.seconds,
        "nonce_returned": call.exchange.nonce_returned,
    }
    expected = "connected" if call.promised else "no answer"
    return judgement.cell(PROOF, cluster, call.source, f"{call.target}:{call.port}", "tcp", expected, evidence)


def unmatched_target_cells(cluster: str, unmatched: Sequence[Mapping[str, Any]]) -> list[Cell]:
    """A cell for each choice of targets by which no live pod was found: nothing was asked of it."""
    return [
        Judgement("inconclusive", "no live pod", "no connection to it was measured").cell(
            PROOF, cluster, "", f"{entry['namespace']}: {entry['labels']}", "targets", "live pods"
        )
        for entry in unmatched
    ]


def published_cells(cluster: str, published: Mapping[str, str]) -> list[Cell]:
    """A cell for each workload that no stand-in was made for: ``published`` names the Service that would call it."""
    return [
        Judgement(
            "inconclusive",
            "no stand-in",
            f"Service {service} publishes addresses that are not ready: it would get calls",
        ).cell(PROOF, cluster, source, "everything", "stand-in", "measured")
        for source, service in published.items()
    ]


def default_deny_cells(
    cluster: str, wanted: Mapping[str, Sequence[Direction]], policies: Sequence[Policy]
) -> list[Cell]:
    """A cell for each namespace and direction that must be closed to every pod that no other policy opens."""
    cells = []
    for namespace, directions in wanted.items():
        for direction in directions:
            isolating = [policy for policy in policies if isolates_all(policy, namespace, direction)]
            found = sorted(map(name_of, isolating))
            opening = sorted(name_of(policy) for policy in isolating if admits_everything(policy, direction))
            reason = "" if found else f"pods in {namespace} that no policy names are open to {direction.lower()}"
            if opening:
                reason = f"{', '.join(opening)} lets every {direction.lower()} pass"
            cells.append(
                Cell(
                    proof=PROOF,
                    cluster=cluster,
                    source="",
                    target=namespace,
                    case=f"default deny: {direction}",
                    expected="a policy that selects every pod",
                    observed=", ".join(found) or "none",
                    verdict="fail" if reason else "pass",
                    reason=reason,
                )
            )
    return cells
