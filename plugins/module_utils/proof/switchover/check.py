# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``dns_switchover``: have the zone's records prefer another region, and see that no client loses by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.clients import Clients, sites_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Record, Sample
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.spans import timeline
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover import measures
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.model import (
    PROOF,
    Preference,
    Step,
    SwitchPlan,
    SwitchRecord,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.records import Records
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.steps import steps_to
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.verdicts import (
    cells_of,
    marks,
    measured,
    preflight,
)

READY_SECONDS = 60.0
# What takes longer than promised is observed beyond that: by how much it fell short is worth knowing.
PATIENCE = 1.5
Steps = Sequence[Mapping[str, Preference]]


def run(options: Mapping[str, Any], check_mode: bool = False) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    require("dnslib", "ask name servers")
    plan = plan_of(options)
    clients = Clients(options, plan.sites)

    def measure() -> Findings:
        records = records_of(options, plan)
        steps = steps_to(records.live, plan.target.name, plan.shares)
        diff = records.prefer({host: Preference(plan.target.name) for host in plan.hosts}, check=True)["diff"]
        facts: dict[str, Any] = {
            "steps": [str(Step(dict(step), 0.0)) for step in steps],
            "coverage": {"hosts": len(plan.hosts)},
        }
        if check_mode:
            record = observe_only(plan, clients)
            will = bool(steps) and measures.ready(plan, record.clients)
            facts |= {
                "changed": will,
                "moved": False,
                "diff": diff,
                "not_covered": ["in check mode no client is moved"],
            }
            return Findings(preflight(plan, record), facts)
        record = switch_over(plan, records, steps, clients)
        pictures = [timeline(host, record.clients, plan.target, plan.sites, marks(record)) for host in plan.hosts]
        facts |= {
            "changed": bool(record.steps),
            "moved": record.moved is not None,
            "diff": diff if record.steps else [],
            "measured": measured(plan, record),
            "timelines": pictures,
        }
        return Findings(cells_of(plan, record), facts)

    return conclude(PROOF, options, measure)


def observe_only(plan: SwitchPlan, clients: Clients) -> SwitchRecord:
    """Sample until the target serves; nothing is changed."""
    with clients:
        clients.sampler.until(lambda samples: measures.ready(plan, Record(samples)), READY_SECONDS)
    return SwitchRecord(Record(clients.sampler.samples()))


def switch_over(plan: SwitchPlan, records: Records, steps: Steps, clients: Clients) -> SwitchRecord:
    """The whole switch-over, each step bounded. After any of them both regions serve, so it may end anywhere."""
    record = SwitchRecord(Record(()))
    sampler = clients.sampler
    why = ""

    def seen(samples: tuple[Sample, ...]) -> SwitchRecord:
        kept, counted = clients.keep_alive(), clients.connections()
        return replace(record, clients=Record(samples), keep_alive=kept, connections=counted)

    def ready(samples: tuple[Sample, ...]) -> bool:
        """The keep-alive clients have connected as well, to where they are sent before anything changes."""
        return measures.ready(plan, Record(samples)) and clients.all_connected()

    def failed(samples: tuple[Sample, ...]) -> bool:
        nonlocal why
        why = why or measures.why_leave(plan, seen(samples), records.live)
        return bool(why)

    def done(samples: tuple[Sample, ...]) -> bool:
        return failed(samples) or measures.arrived(plan, seen(samples), sampler.now())

    with clients:
        if sampler.until(ready, READY_SECONDS):
            try:
                for number, step in enumerate(steps, 1):
                    record = replace(record, steps=(*record.steps, Step(dict(step), sampler.now())))
                    records.prefer(step)
                    if number < len(steps) and sampler.until(failed, plan.hold):
                        break
                if not why:
                    record = replace(record, moved=sampler.now())
                    sampler.until(done, plan.allowed_seconds * PATIENCE)
                if why:
                    records.prefer(records.live)
                    record = replace(record, moved=None, stopped=f"{why}, so that the records are as before")
            except PlatformError as error:
                record = replace(record, moved=None, stopped=f"{error.message}; the next run goes on from there")
    return seen(sampler.samples())


def records_of(options: Mapping[str, Any], plan: SwitchPlan) -> Records:
    """The live records; a PlatformError names one that does not fail over between the sites."""
    by_name = {site.name: site for site in plan.sites}
    regions = {entry["name"]: entry["region"] for entry in options["sites"]}
    return Records(options, [by_name[name] for name in regions], regions)


def plan_of(options: Mapping[str, Any]) -> SwitchPlan:
    """The plan that options describe."""
    target, others = sites_of(options)
    for share in options["shares"]:
        if not 0 < share <= 1:
            raise OptionError(f"shares: found {share:g}, expected more than 0 and at most 1")
    if options["trickle"]:
        found = f"{options['trickle']:g}"
        raise OptionError(f"trickle: found {found}, expected 0: no region is left while some answers name it")
    return SwitchPlan(
        hosts=tuple(options["hosts"]),
        target=target,
        others=others,
        shares=tuple(sorted(options["shares"])),
        hold=options["ttl"] if options["hold"] is None else options["hold"],
        ttl=options["ttl"],
        margin=options["margin"],
        in_a_row=options["in_a_row"],
    )
