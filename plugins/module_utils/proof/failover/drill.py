# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One drill: inject a fault, watch who serves clients, restore. Each step is bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import measures, outage
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.clients import Clients
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.fault import Fault
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.graceful_shutdown import (
    graceful_shutdown,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import DrillPlan, Record, Sample

STEADY_SECONDS = 60.0
# GKE's controller hands a policy to the load balancer in minutes, whose health checks come after that.
BREAK_SECONDS = 300.0
# A switchover that takes longer than promised is observed beyond that: by how much it fell short is worth knowing.
PATIENCE = 1.5


def observe_only(plan: DrillPlan, clients: Clients) -> Record:
    """Sample until the preconditions of a drill hold; nothing is changed."""
    with clients:
        clients.sampler.until(lambda samples: measures.ready(plan, Record(samples)), STEADY_SECONDS)
    return Record(clients.sampler.samples())


def drill(plan: DrillPlan, fault: Fault, clients: Clients, patience: float, meanwhile: Callable[[], None]) -> Record:
    """The whole drill; whatever happens after the fault was injected, it is restored.

    ``patience`` is how long the steady state may take, in seconds; ``meanwhile`` is called while standbys serve.
    """
    record = Record(())
    sampler = clients.sampler

    def seen(samples: tuple[Sample, ...]) -> Record:
        return replace(record, samples=samples, keep_alive=clients.keep_alive(), connections=clients.connections())

    def everywhere(holds: Callable[[DrillPlan, Record, str], bool]) -> Callable[[tuple[Sample, ...]], bool]:
        def reached(samples: tuple[Sample, ...]) -> bool:
            now = seen(samples)
            return all(holds(plan, now, host) for host in plan.hosts)

        return reached

    def ready(samples: tuple[Sample, ...]) -> bool:
        return measures.ready(plan, Record(samples)) and clients.all_connected()

    with clients:
        if sampler.until(ready, patience):
            record = replace(record, broken=sampler.now())
            with graceful_shutdown():
                try:
                    fault.inject()
                    if sampler.until(everywhere(measures.broke), BREAK_SECONDS) and sampler.until(
                        everywhere(_moved), plan.objective.failover_seconds * PATIENCE
                    ):
                        meanwhile()
                finally:
                    record = replace(record, restored=sampler.now(), restore_error=_restore(fault))
            sampler.until(everywhere(_returned), plan.objective.failback_seconds * PATIENCE)
    record = seen(sampler.samples())
    if record.broken is None:
        return record
    try:
        return replace(record, restoration=fault.restoration())
    except PlatformError as error:
        return replace(record, restore_error=record.restore_error or error.message)


def _moved(plan: DrillPlan, record: Record, host: str) -> bool:
    return (
        measures.broke(plan, record, host)
        and measures.failover(plan, record, host).served_seconds is not None
        and outage.kept_alive(plan, record, host).served_seconds is not None
    )


def _returned(plan: DrillPlan, record: Record, host: str) -> bool:
    return measures.failback(plan, record, host).served_seconds is not None


def _restore(fault: Fault) -> str:
    """Empty, or what prevented it: the drill's other findings are reported all the same."""
    try:
        fault.restore()
    except PlatformError as error:
        return f"{error.message}; state restored tries again"
    return ""
