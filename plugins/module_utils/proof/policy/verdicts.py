# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The computed matrix beside the measured one: unexpected holes and unexpected walls both fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.policy.evaluator import Decision

PROOF = "network_policy"


@dataclass(frozen=True, slots=True)
class Liveness:
    """Whether an end of the connection is known to be alive, and how that is known."""

    alive: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Call:
    """One measured connection and what is known around it."""

    source: str
    target: str
    port: int
    decision: Decision
    exchange: Exchange
    source_alive: Liveness
    target_alive: Liveness


def judge(call: Call) -> Judgement:
    """What was measured against what the policies promise.

    A dropped packet looks like a dead pod, so silence counts only between two ends that are known to be alive.
    """
    exchange, promised = call.exchange, call.decision.allowed
    if exchange.connected:
        if promised:
            return Judgement("pass", "connected", call.decision.phrase())
        return Judgement("fail", "connected", f"an unexpected hole: {call.decision.phrase()}")
    if exchange.error != "timeout":
        why = f"{exchange.error} is no answer of a policy: these drop without a word"
        return Judgement("inconclusive", exchange.phrase(), why)
    dead = next((end for end in (call.source_alive, call.target_alive) if not end.alive), None)
    if dead is not None:
        return Judgement("inconclusive", "no answer", dead.detail)
    if promised:
        return Judgement("fail", "no answer", f"an unexpected wall: {call.decision.phrase()}")
    return Judgement("pass", "no answer", call.decision.phrase())


def cell_of(cluster: str, call: Call) -> Cell:
    judgement = judge(call)
    evidence: dict[str, Any] = {
        "egress": call.decision.egress.phrase(),
        "ingress": call.decision.ingress.phrase(),
        "source_alive": call.source_alive.detail,
        "target_alive": call.target_alive.detail,
        "error": call.exchange.error,
        "seconds": call.exchange.seconds,
        "nonce_returned": call.exchange.nonce_returned,
    }
    return Cell(
        proof=PROOF,
        cluster=cluster,
        source=call.source,
        target=f"{call.target}:{call.port}",
        case="tcp",
        expected="connected" if call.decision.allowed else "no answer",
        observed=judgement.observed,
        verdict=judgement.verdict,
        reason=judgement.reason,
        evidence=evidence,
    )
