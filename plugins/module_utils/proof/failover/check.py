# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``failover_drill``: take the primary out of service, measure who serves clients and how soon, restore it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import measures
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.clients import (
    client_of,
    endpoints_of,
    sampler_of,
    sites_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.graceful_shutdown import (
    graceful_shutdown,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.scale_to_zero import (
    ScaledDeployment,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import (
    PROOF,
    DrillPlan,
    Record,
    Sample,
    objective_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.sampler import Sampler
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.spans import timelines
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.verdicts import (
    cells_of,
    measured,
    preflight,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude

STEADY_SECONDS = 60.0
BREAK_SECONDS = 90.0
# A switchover that takes longer than promised is observed beyond that: by how much it fell short is worth knowing.
PATIENCE = 1.5


def run(options: Mapping[str, Any], check_mode: bool = False) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    if options["state"] == "restored":
        return restored(options, check_mode)
    require("dnslib", "ask name servers")
    plan = plan_of(options)
    sampler = sampler_of(options, client_of(options, plan.sites), endpoints_of(options), plan.sites)

    def measure() -> Findings:
        deployment = ScaledDeployment(ClusterClient.from_connection(options["connection"]), options["workload"])
        record = observe_only(plan, sampler) if check_mode else drill(plan, deployment, sampler)
        facts = {
            "measured": measured(plan, record),
            "timelines": timelines(plan, record),
            "coverage": {"hosts": len(plan.hosts), "samples": len(record.samples)},
        }
        if check_mode:
            return Findings(preflight(plan, record), {**facts, "not_covered": ["in check mode nothing is scaled down"]})
        return Findings(cells_of(plan, record), facts)

    return conclude(PROOF, options, measure)


def restored(options: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Restore what a killed drill has left at zero replicas."""
    deployment = ScaledDeployment(ClusterClient.from_connection(options["connection"]), options["workload"])
    left = deployment.replica_state().saved is not None
    return {"changed": left if check_mode else deployment.restore()}


def observe_only(plan: DrillPlan, sampler: Sampler) -> Record:
    """Sample until the preconditions of a drill hold; nothing is changed."""
    with sampler:
        sampler.until(lambda samples: measures.ready(plan, Record(samples)), STEADY_SECONDS)
    return Record(sampler.samples())


def drill(plan: DrillPlan, deployment: ScaledDeployment, sampler: Sampler) -> Record:
    """The whole drill, each step bounded. Whatever happens after the primary was scaled down, it is restored."""
    restored_first = deployment.restore()
    # What a killed drill had scaled to zero comes back as slowly as after any failback.
    patience = plan.objective.failback_seconds if restored_first else STEADY_SECONDS
    record = Record(())

    def everywhere(holds: Callable[[DrillPlan, Record, str], bool]) -> Callable[[tuple[Sample, ...]], bool]:
        return lambda samples: all(holds(plan, replace(record, samples=samples), host) for host in plan.hosts)

    with sampler:
        if sampler.until(lambda samples: measures.ready(plan, Record(samples)), patience):
            record = replace(record, broken=sampler.now())
            with graceful_shutdown():
                try:
                    deployment.scale_down()
                    if sampler.until(everywhere(measures.broke), BREAK_SECONDS):
                        sampler.until(everywhere(_moved), plan.objective.failover_seconds * PATIENCE)
                finally:
                    record = replace(record, restored=sampler.now(), restore_error=_restore(deployment))
            sampler.until(everywhere(_returned), plan.objective.failback_seconds * PATIENCE)
    try:
        record = replace(record, replica_state=deployment.replica_state())
    except PlatformError as error:
        record = replace(record, restore_error=record.restore_error or error.message)
    return replace(record, samples=sampler.samples())


def _moved(plan: DrillPlan, record: Record, host: str) -> bool:
    return measures.broke(plan, record, host) and measures.failover(plan, record, host).served_seconds is not None


def _returned(plan: DrillPlan, record: Record, host: str) -> bool:
    return measures.failback(plan, record, host).served_seconds is not None


def _restore(deployment: ScaledDeployment) -> str:
    """Empty, or what prevented it: the drill's other findings are reported all the same."""
    try:
        deployment.restore()
    except PlatformError as error:
        return f"{error.message}; state restored tries again"
    return ""


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
    workload = options["workload"]
    return DrillPlan(
        hosts=tuple(options["hosts"]),
        primary=primary,
        standbys=standbys,
        objective=objective,
        ttl=options["ttl"],
        in_a_row=options["in_a_row"],
        workload=f"{workload['namespace']}/{workload['name']}",
    )
