# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``failover_drill``: take a region out of service in each of several ways, measure who serves clients and
how soon, and restore it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import drill as steps
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.clients import Clients, sites_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.choose import faults_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.fault import Fault
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.mesh import Mesh
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import PROOF, DrillPlan
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.objective import objective_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.runs import (
    Drill,
    measured,
    rto_cells,
    rtos,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.spans import timelines
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.verdicts import cells_of, preflight
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude, unmeasured


def run(options: Mapping[str, Any], check_mode: bool = False) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    if options["state"] == "restored":
        return restored(options, check_mode)
    require("dnslib", "ask name servers")
    plan = plan_of(options)

    def measure() -> Findings:
        faults = faults_of(ClusterClient.from_connection(options["connection"]), options)
        return look(options, plan) if check_mode else drill_all(options, plan, faults)

    return conclude(PROOF, options, measure)


def restored(options: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Restore what a killed drill has left, by whatever fault."""
    faults = faults_of(ClusterClient.from_connection(options["connection"]), options)
    return {"changed": any(fault.left() for fault in faults.values()) if check_mode else restore_all(faults)}


def restore_all(faults: Mapping[str, Fault]) -> bool:
    """Restore what any fault has left; whether one had. What one raises comes after the others."""
    changed, errors = False, []
    for fault in faults.values():
        try:
            changed |= fault.restore()
        except PlatformError as error:
            errors.append(error.message)
    if errors:
        raise PlatformError("; ".join(errors))
    return changed


def look(options: Mapping[str, Any], plan: DrillPlan) -> Findings:
    """Whether a drill could be carried out."""
    record = steps.observe_only(plan, Clients(options, plan.sites))
    facts = {
        "timelines": timelines(plan, record),
        "coverage": {"hosts": len(plan.hosts), "samples": len(record.samples)},
        "not_covered": ["in check mode nothing is taken out of service"],
    }
    return Findings(preflight(plan, record), facts)


def drill_all(options: Mapping[str, Any], plan: DrillPlan, faults: Mapping[str, Fault]) -> Findings:
    """Each fault as often as it is wanted; what keeps one of them from being tried does not keep the others."""
    # What a killed drill has taken away comes back as slowly as after any failback.
    patience = plan.objective.failback_seconds if restore_all(faults) else steps.STEADY_SECONDS
    mesh = Mesh(options["mesh"])
    drills: list[Drill] = []
    cells: list[Cell] = []
    for name in options["faults"]:
        for number in range(1, options["runs"] + 1):
            run_number = number if options["runs"] > 1 else 0
            one = replace(plan, fault=name, faulted=str(faults[name]), run=run_number)
            try:
                record = steps.drill(one, faults[name], Clients(options, plan.sites), patience, mesh.look)
            except PlatformError as error:
                cells.append(unmeasured(PROOF, plan.primary.name, error.message, one.source))
                continue
            drills.append(Drill(one, record))
            cells += cells_of(one, record)
            patience = steps.STEADY_SECONDS
    facts = {
        "measured": measured(drills),
        "rto": [found.to_dict() for found in rtos(drills)],
        "timelines": [timeline for drill in drills for timeline in timelines(*drill)],
        "coverage": {
            "hosts": len(plan.hosts),
            "drills": len(drills),
            "samples": sum(len(drill.record.samples) for drill in drills),
        },
    }
    return Findings([*cells, *rto_cells(drills), *mesh.cells()], facts)


def plan_of(options: Mapping[str, Any]) -> DrillPlan:
    """The plan that options describe."""
    primary, standbys = sites_of(options)
    if options["health_check"].get("time_factor", 1.0) <= 0:
        raise OptionError(
            f"health_check.time_factor: found {options['health_check']['time_factor']:g}, expected more than 0"
        )
    objective = objective_of(options["objective"], options["health_check"], options["ttl"], options["margin"])
    if min(objective.failover_seconds, objective.failback_seconds) < 0:
        raise OptionError(
            f"objective: found fewer seconds than health checks take at their interval, of which "
            f"{max(objective.failover_saved, objective.failback_saved):g} s are saved by time_factor"
        )
    if options["runs"] < 1 or not options["faults"]:
        raise OptionError(f"runs, faults: found {options['runs']} of {options['faults']}, expected at least one")
    return DrillPlan(
        hosts=tuple(options["hosts"]),
        primary=primary,
        standbys=standbys,
        objective=objective,
        ttl=options["ttl"],
        in_a_row=options["in_a_row"],
    )
