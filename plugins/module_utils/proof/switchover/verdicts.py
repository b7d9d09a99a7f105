# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A switch-over held against what it promises: each cell decided from samples alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import measures as drill
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Sample
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.verdicts import errors_phrase, judge_ttl
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover import measures
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.model import (
    PROOF,
    SwitchPlan,
    SwitchRecord,
)

REFUSED = "refused: the target does not serve, and nothing was changed"


def cells_of(plan: SwitchPlan, record: SwitchRecord) -> list[Cell]:
    """Every cell of a switch-over; of one that was refused, why."""
    cells = preflight(plan, record)
    where = f"everyone served by {plan.target.name} within {plan.allowed_seconds:g} s"
    for host in plan.hosts:
        arrival = measures.arrival(plan, record, host)
        cells.append(_cell(plan, host, "switch-over", where, judge_arrival(plan, record, host), arrival.to_dict()))
        if record.moved is None and not record.steps:
            continue
        fresh = record.clients.via_dns(host, record.began)
        cells.append(_cell(plan, host, "requests", "none fails", judge_requests(fresh), _counts(fresh)))
        for site in plan.others:
            found = measures.with_old_answers(plan, record, host, site)
            cells.append(_cell(plan, host, "old answers", f"whoever was sent to {site.name} is served there",
                               judge_old_answers(found), _counts(found), site.name))  # fmt: skip
        kept = measures.keep_alive(record, host)
        connections = record.connections.get(host, 0)
        cells.append(_cell(plan, host, "keep-alive", "none fails", judge_keep_alive(plan, kept, connections),
                           {**_counts(kept), "connections": connections}))  # fmt: skip
    return cells


def preflight(plan: SwitchPlan, record: SwitchRecord) -> list[Cell]:
    """What must hold before anything is changed."""
    cells = []
    for host in plan.hosts:
        expected = f"served by {plan.target.name}"
        cells.append(_cell(plan, host, "target", expected, judge_target(plan, record, host)))
        ttl = judge_ttl(drill.ttl(record.clients, host), plan.ttl)
        cells.append(_cell(plan, host, "TTL", f"{plan.ttl} s at most", ttl))
    return cells


def judge_target(plan: SwitchPlan, record: SwitchRecord, host: str) -> Judgement:
    """Nobody is sent to a region that does not serve."""
    until = record.began or None
    asked = record.clients.direct(host, plan.target, until=until)
    bad = next((sample for sample in reversed(asked[-plan.in_a_row :]) if not sample.good_at([plan.target])), None)
    seen = (bad or asked[-1]).phrase() if asked else "nothing seen"
    if measures.serves(plan, record.clients, host, plan.target, until):
        return Judgement("pass", seen, "")
    return Judgement("fail", seen, f"not served {plan.in_a_row} times in a row by {plan.target.name}, asked directly")


def judge_arrival(plan: SwitchPlan, record: SwitchRecord, host: str) -> Judgement:
    """Whether nobody is left elsewhere, and how soon."""
    if record.stopped:
        return Judgement("fail", "not moved", record.stopped)
    if record.moved is None:
        return Judgement("inconclusive", "not tried", REFUSED)
    found = measures.arrival(plan, record, host)
    last = record.clients.via_dns(host)[-1:]
    if found.everyone_seconds is None or not measures.ended_there(plan, record, host):
        return Judgement("fail", last[0].phrase() if last else "nothing seen", "clients do not end there")
    seen = f"{found.everyone_seconds:g} s"
    if found.old_answer_seconds is None:
        return Judgement("pass", seen, "no answer named another region")
    reason = (
        f"served after {found.served_seconds or 0:g} s, last sent elsewhere after {found.old_answer_seconds:g} s, and "
        f"a resolver keeps that answer for {found.floor_seconds} s, the floor"
    )
    return Judgement("pass" if found.everyone_seconds <= plan.allowed_seconds else "fail", seen, reason)


def judge_requests(samples: Sequence[Sample]) -> Judgement:
    """Both regions serve all the while, so nobody needs to notice."""
    if not samples:
        return Judgement("inconclusive", "not measured", "no client asked during the switch-over")
    lost = drill.errors(samples)
    seen = f"{sum(lost.values())} of {len(samples)} failed{_by(samples)}"
    return Judgement("fail" if lost else "pass", seen, errors_phrase(lost))


def judge_old_answers(samples: Sequence[Sample]) -> Judgement:
    """The region that is left has to serve until the last answer that names it has expired."""
    if not samples:
        return Judgement("pass", "nobody was sent there", "")
    lost = drill.errors(samples)
    return Judgement("fail" if lost else "pass", f"{sum(lost.values())} of {len(samples)} failed", errors_phrase(lost))


def judge_keep_alive(plan: SwitchPlan, samples: Sequence[Sample], connections: int) -> Judgement:
    """DNS moves no connection that is open: such a client stays until the connection is closed, and loses nothing."""
    found = judge_requests(samples)
    if found.verdict != "pass":
        return found
    stayed = samples[-1].site != plan.target.name
    where = f"{connections} connection{'' if connections == 1 else 's'}; ended in {samples[-1].site}"
    return Judgement("pass", found.observed, where + (", as DNS moves no open connection" if stayed else ""))


def measured(plan: SwitchPlan, record: SwitchRecord) -> list[dict[str, Any]]:
    """The numbers of each host, for results and reports."""
    return [
        {
            "host": host,
            **measures.arrival(plan, record, host).to_dict(),
            "fresh": _counts(record.clients.via_dns(host, record.began)),
            "keep_alive": _counts(measures.keep_alive(record, host)),
            "connections": record.connections.get(host, 0),
        }
        for host in plan.hosts
    ]


def marks(record: SwitchRecord) -> list[dict[str, Any]]:
    """The changes, for the report's timeline."""
    return [{"at": round(step.at, 1), "label": str(step)} for step in record.steps]


def _counts(samples: Sequence[Sample]) -> dict[str, Any]:
    lost = drill.errors(samples)
    return {"served": measures.served_by(samples), "failed": sum(lost.values()), "errors": lost}


def _by(samples: Sequence[Sample]) -> str:
    served = ", ".join(f"{site} {number}" for site, number in measures.served_by(samples).items())
    return f"; served by {served}" if served else ""


def _cell(
    plan: SwitchPlan, target: str, case: str, expected: str, judgement: Judgement,
    evidence: Mapping[str, Any] | None = None, cluster: str = "",
) -> Cell:  # fmt: skip
    return judgement.cell(PROOF, cluster or plan.target.name, "controller", target, case, expected, evidence)
