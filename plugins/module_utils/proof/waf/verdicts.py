# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The answers to an attack and to its twin, judged together. Pure."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.observe import Answer

PROOF = "waf"


def judge(attack: Answer, twin: Answer, *, refusal: int, status: int, body: str | None) -> Judgement:
    """A refused attack proves something only while its harmless twin is served.

    ``refusal`` is the status of the policy's deny action, ``status`` and ``body`` are the service's own answer.
    """
    served = twin.status == status and (body is None or twin.body.strip() == body)
    seen = said(attack)
    if attack.status == status and (body is None or attack.body.strip() == body):
        return Judgement("fail", "served", "the attack reached the service")
    if not served:
        return Judgement("inconclusive", seen, f"its harmless twin was not served: {said(twin)}")
    if attack.status == refusal:
        return Judgement("pass", "refused", "")
    return Judgement("inconclusive", seen, f"neither the service's answer nor the refusal {refusal}")


def said(answer: Answer) -> str:
    """An answer in a few words."""
    return f"status {answer.status}" if answer.status is not None else f"no answer: {answer.error}"


def cell_of(cluster: str, endpoint: str, rule_set: str, judgement: Judgement) -> Cell:
    """The cell of one rule set at one endpoint."""
    return judgement.cell(PROOF, cluster, "outside", endpoint, rule_set, "refused")
