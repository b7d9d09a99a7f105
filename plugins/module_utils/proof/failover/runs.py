# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Several drills as one: the RTO of each fault over all its runs, beside its floor. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import measures, outage
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import PROOF, DrillPlan, Record
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.verdicts import lack_of


class Drill(NamedTuple):
    """One run of one fault."""

    plan: DrillPlan
    record: Record


@dataclass(frozen=True, slots=True)
class Rto:
    """A host's seconds from the first lost request until everyone is served, of each run that was measured.

    ``lacks`` says why the others were not; None is a run after which nobody was served. ``floor`` is the highest of all
    runs, ``allowed`` what follows from it.
    """

    fault: str
    host: str
    floor: float
    allowed: float
    seconds: tuple[float | None, ...]
    lacks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        found = [second for second in self.seconds if second is not None]
        numbers = {"median": round(median(found), 2), "worst": max(found)} if found else {}
        return {**asdict(self), **numbers}


def rtos(drills: Sequence[Drill]) -> Iterator[Rto]:
    """For each fault and host, in the order in which they were drilled."""
    for fault in dict.fromkeys(drill.plan.fault for drill in drills):
        runs = [drill for drill in drills if drill.plan.fault == fault]
        for host in runs[0].plan.hosts:
            lacks = [lack_of(*drill, host) for drill in runs]
            floor = max(outage.floor(*drill, host) for drill in runs)
            seconds = [outage.rto(*drill, host) for drill, lack in zip(runs, lacks, strict=True) if not lack]
            allowed = round(runs[0].plan.objective.rto_factor * floor, 2)
            yield Rto(fault, host, floor, allowed, tuple(seconds), tuple(lack for lack in lacks if lack))


def rto_cells(drills: Sequence[Drill]) -> list[Cell]:
    """A cell for each fault and host."""
    cells = []
    for found in rtos(drills):
        plan = drills[0].plan
        expected = f"{found.allowed:g} s at most, {plan.objective.rto_factor:g} times the floor of {found.floor:g} s"
        cells.append(judge_rto(found).cell(PROOF, plan.primary.name, found.fault, found.host, "RTO", expected,
                                           found.to_dict()))  # fmt: skip
    return cells


def judge_rto(found: Rto) -> Judgement:
    """The worst run decides; one that was not measured leaves it open."""
    numbers = found.to_dict()
    seen = "not measured"
    if "worst" in numbers:
        several = f", median {numbers['median']:g} s of {len(found.seconds)} runs" if len(found.seconds) > 1 else ""
        seen = f"{'worst ' if several else ''}{numbers['worst']:g} s{several}"
    if None in found.seconds:
        return Judgement("fail", "never served", "in one run at least nobody was served by a standby")
    if numbers.get("worst", 0.0) > found.allowed:
        return Judgement("fail", seen, "longer than health checks and TTL explain")
    if found.lacks or not found.seconds:
        return Judgement("inconclusive", seen, "; ".join(dict.fromkeys(found.lacks)))
    return Judgement("pass", seen, "")


def measured(drills: Sequence[Drill]) -> list[dict[str, Any]]:
    """The numbers of each run and host, for results and reports."""
    return [
        {
            "host": host,
            "fault": plan.fault,
            "run": plan.run or 1,
            "time_factor": plan.objective.time_factor,
            "failover": measures.failover(plan, record, host).to_dict(),
            "failback": measures.failback(plan, record, host).to_dict(),
            "keep_alive": outage.kept_alive(plan, record, host).to_dict(),
            "lost_seconds": outage.lost_seconds(plan, record, host),
            "rto_seconds": outage.rto(plan, record, host),
            "floor_seconds": outage.floor(plan, record, host),
            "ttl": measures.ttl(record, host),
        }
        for plan, record in drills
        for host in plan.hosts
    ]
