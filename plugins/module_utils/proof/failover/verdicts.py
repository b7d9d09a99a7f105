# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A drill held against its objective: each cell decided from samples alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import measures, outage
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.measures import Switchover
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import (
    PROOF,
    DrillPlan,
    Record,
    Sample,
    Site,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.outage import KeptAlive

# Why a switchover could not be measured, in the words of the cells.
NOT_STEADY = "the primary did not serve steadily beforehand"
NO_STANDBY = "no standby would have served beforehand"
TOO_LATE = "the primary and every standby served steadily only when it was too late to begin"
NOT_BROKEN = "the primary went on serving after the fault was injected"


def cells_of(plan: DrillPlan, record: Record) -> list[Cell]:
    """Every cell of a drill; of one that was not carried out, why not."""
    cells = preflight(plan, record)
    for host in plan.hosts:
        cells += [
            _cell(plan, host, case, expected, judgement, evidence)
            for case, expected, judgement, evidence in _changes(plan, record, host)
        ]
    if record.broken is not None:
        cells.append(_cell(plan, plan.faulted, "restored", "as before", judge_restored(record)))
    return cells


def preflight(plan: DrillPlan, record: Record) -> list[Cell]:
    """What must hold before anything is taken out of service."""
    cells = []
    for host in plan.hosts:
        expected = f"{plan.primary.address}, and served by {plan.primary.name}"
        cells.append(_cell(plan, host, "steady state", expected, judge_steady(plan, record, host)))
        for site in plan.standbys:
            judgement = judge_standby(plan, record, host, site)
            cells.append(_cell(plan, host, "standby", f"served by {site.name}", judgement, cluster=site.name))
        cells.append(_cell(plan, host, "TTL", f"{plan.ttl} s at most", judge_ttl(measures.ttl(record, host), plan.ttl)))
    return cells


def judge_steady(plan: DrillPlan, record: Record, host: str) -> Judgement:
    """Without a steady state there is no switchover to measure, so anything else proves nothing."""
    samples = record.via_dns(host, until=record.broken)
    seen = _last(samples, lambda sample: sample.good_at([plan.primary]))
    if measures.steady(plan, record, host):
        return Judgement("pass", seen, "")
    return Judgement("inconclusive", seen, f"not served {plan.in_a_row} times in a row by the primary")


def judge_standby(plan: DrillPlan, record: Record, host: str, site: Site) -> Judgement:
    """The positive control: a failover to nowhere says nothing of DNS, and must not be tried."""
    seen = _last(record.direct(host, site, until=record.broken), lambda sample: sample.good_at([site]))
    if measures.standby_ready(plan, record, host, site):
        return Judgement("pass", seen, "")
    return Judgement("inconclusive", seen, f"not served {plan.in_a_row} times in a row by the standby, asked directly")


def judge_ttl(found: int | None, allowed: int) -> Judgement:
    """An answer that is kept longer than allowed keeps clients away for longer."""
    if found is None:
        return Judgement("inconclusive", "no answer", "the name server answered with no address")
    seen = f"{found} s"
    return Judgement("pass", seen, "") if found <= allowed else Judgement("fail", seen, "resolvers keep it too long")


def judge_break(plan: DrillPlan, record: Record, host: str) -> Judgement:
    """A break that did not break makes every failover after it look good."""
    if record.broken is None:
        return Judgement("inconclusive", "not tried", missing(plan, record))
    seen = _last(record.direct(host, plan.primary, record.broken, record.restored), lambda sample: bool(sample.error))
    return (
        Judgement("pass", seen, "")
        if measures.broke(plan, record, host)
        else Judgement("inconclusive", seen, NOT_BROKEN)
    )


def judge_failover(found: Switchover, allowed: float, lack: str) -> Judgement:
    """How long clients were without service; ``lack`` is the precondition that was not met, if any."""
    if lack:
        return Judgement("inconclusive", "not measured", lack)
    if found.everyone_seconds is None:
        seen = (
            f"named after {found.answer_seconds:g} s, and not served there" if found.answer_seconds else "never named"
        )
        return Judgement("fail", seen, errors_phrase(found.errors))
    seen = f"{found.everyone_seconds:g} s"
    reason = (
        f"named after {found.answer_seconds or 0:g} s, served after {found.served_seconds or 0:g} s, and a resolver "
        f"keeps the old answer until then"
    )
    return Judgement("pass" if found.everyone_seconds <= allowed else "fail", seen, reason)


def judge_losses(found: Switchover, allowed: int, lack: str) -> Judgement:
    """On the way back both sites serve, so that nobody needs to notice."""
    if lack or found.served_seconds is None:
        return Judgement("inconclusive", "not measured", lack or "the primary did not serve again in time")
    seen = f"{found.failed} of {found.failed + found.served} failed"
    return (
        Judgement("pass", seen, "") if found.failed <= allowed else Judgement("fail", seen, errors_phrase(found.errors))
    )


def judge_keep_alive(found: KeptAlive, allowed: float, lack: str) -> Judgement:
    """A client that leaves a region when it is not served there waits for DNS as anybody does, and no TTL."""
    if lack or not found.asked:
        return Judgement("inconclusive", "not measured", lack or "no keep-alive client asked")
    lost = found.failed + found.lost_later
    if found.served_seconds is None:
        if not lost:
            return Judgement("inconclusive", "served all the while", "the fault never reached its connection")
        return Judgement("fail", "never served by a standby", errors_phrase(found.errors))
    seen = f"served after {found.served_seconds:g} s, {found.failed} failed until then"
    if found.lost_later:
        return Judgement("fail", seen, f"{found.lost_later} failed afterwards: {errors_phrase(found.errors)}")
    return Judgement("pass" if found.served_seconds <= allowed else "fail", seen, f"{found.connections} connections")


def judge_restored(record: Record) -> Judgement:
    """Whether what the fault has changed is as before."""
    now = record.restoration
    if record.restore_error or now is None:
        return Judgement("fail", "not restored", record.restore_error or "nobody looked at it afterwards")
    return Judgement("fail" if now.lack else "pass", now.seen, now.lack)


def missing(plan: DrillPlan, record: Record) -> str:
    """The precondition of a switchover that was not met; empty when all were."""
    if not all(measures.steady(plan, record, host) for host in plan.hosts):
        return NOT_STEADY
    if not measures.ready(plan, record):
        return NO_STANDBY
    return TOO_LATE if record.broken is None else ""


def lack_of(plan: DrillPlan, record: Record, host: str) -> str:
    """Why there was no outage of the primary to measure; empty when there was."""
    return missing(plan, record) or ("" if measures.broke(plan, record, host) else NOT_BROKEN)


def _changes(plan: DrillPlan, record: Record, host: str) -> list[tuple[str, str, Judgement, Mapping[str, Any]]]:
    away, back = measures.failover(plan, record, host), measures.failback(plan, record, host)
    objective = plan.objective
    unbroken = lack_of(plan, record, host)
    unmoved = unbroken or (
        "" if away.served_seconds is not None else "the standby never served, so there is no way back"
    )
    lost = objective.failback_failures
    kept = outage.kept_alive(plan, record, host)
    rto = objective.rto_factor * outage.floor(plan, record, host)
    clock = {} if objective.time_factor == 1.0 else {"time_factor": objective.time_factor}
    return [
        ("break", f"{plan.primary.name} serves nobody", judge_break(plan, record, host), {}),
        ("failover", f"everyone served by a standby within {objective.failover_phrase()}",
         judge_failover(away, objective.failover_seconds, unbroken), {**away.to_dict(), **clock}),
        ("failback", f"everyone served by {plan.primary.name} within {objective.failback_phrase()}",
         judge_failover(back, objective.failback_seconds, unmoved), {**back.to_dict(), **clock}),
        ("requests during failback", f"{lost} fail at most" if lost else "none fails",
         judge_losses(back, lost, unmoved), back.to_dict()),
        ("keep-alive", f"served by a standby within {rto:g} s of the first lost request, and no loss from then on",
         judge_keep_alive(kept, rto, unbroken), kept.to_dict()),
    ]  # fmt: skip


def _last(samples: Sequence[Sample], wanted: Callable[[Sample], bool]) -> str:
    """The last sample that is not as wanted, among the last few; else the last one."""
    if not samples:
        return "nothing seen"
    return next((sample for sample in reversed(samples[-5:]) if not wanted(sample)), samples[-1]).phrase()


def errors_phrase(errors: Mapping[str, int]) -> str:
    """What requests were lost to, in the order given."""
    return ", ".join(f"{number}x {error}" for error, number in errors.items())


def _cell(
    plan: DrillPlan, target: str, case: str, expected: str, judgement: Judgement,
    evidence: Mapping[str, Any] | None = None, cluster: str = "",
) -> Cell:  # fmt: skip
    return judgement.cell(PROOF, cluster or plan.primary.name, plan.source, target, case, expected, evidence)
