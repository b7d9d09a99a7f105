# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How clients got to the region that they were sent to, and what they lost: pure over samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import measures as drill
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Record, Sample, Site
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.model import (
    Preference,
    SwitchPlan,
    SwitchRecord,
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a host's clients got to the target; seconds since every record preferred it, None for never.

    ``answer_seconds`` is the first DNS answer that names it, ``old_answer_seconds`` the last one that names another
    site (0 for one from before). ``everyone_seconds`` is when the last client has arrived: one whose resolver got such
    an answer at the last moment and keeps it for its TTL, ``floor_seconds``.
    """

    answer_seconds: float | None = None
    old_answer_seconds: float | None = None
    served_seconds: float | None = None
    everyone_seconds: float | None = None
    floor_seconds: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def arrival(plan: SwitchPlan, record: SwitchRecord, host: str) -> Arrival:
    """From the last change to the target."""
    if record.moved is None:
        return Arrival()
    moved = record.moved
    samples = record.clients.via_dns(host, moved)
    answer = next((sample for sample in samples if sample.address == plan.target.address), None)
    served = drill.first_run(samples, lambda sample: sample.good_at([plan.target]), plan.in_a_row)
    old = [sample for sample in record.clients.via_dns(host) if _names_another(plan, sample)]
    floor = max((sample.ttl or 0 for sample in old), default=None)
    last_old = max([moved, *(sample.ended for sample in old)]) if old else None
    everyone = None
    if served is not None:
        everyone = max(served.ended, moved if last_old is None or floor is None else last_old + floor)
    return Arrival(
        answer_seconds=drill.after(moved, answer.ended if answer else None),
        old_answer_seconds=drill.after(moved, last_old),
        served_seconds=drill.after(moved, served.ended if served else None),
        everyone_seconds=drill.after(moved, everyone),
        floor_seconds=floor,
    )


def ready(plan: SwitchPlan, clients: Record) -> bool:
    """Whether the target, asked directly, serves the clients of every host."""
    return all(serves(plan, clients, host, plan.target) for host in plan.hosts)


def serves(plan: SwitchPlan, clients: Record, host: str, site: Site, until: float | None = None) -> bool:
    """Whether the last clients of a host that asked a site directly were served."""
    return drill.at_end(clients.direct(host, site, until=until), lambda sample: sample.good_at([site]), plan.in_a_row)


def ended_there(plan: SwitchPlan, record: SwitchRecord, host: str) -> bool:
    """Whether the last clients of a host that followed DNS were served by the target."""
    return drill.at_end(record.clients.via_dns(host), lambda sample: sample.good_at([plan.target]), plan.in_a_row)


def arrived(plan: SwitchPlan, record: SwitchRecord, now: float) -> bool:
    """Whether nobody is left elsewhere: those who follow DNS are there, and what was answered before has expired."""
    if record.moved is None:
        return False
    since = now - record.moved
    everyone = [arrival(plan, record, host).everyone_seconds for host in plan.hosts]
    asked = {sample.host for sample in record.keep_alive if sample.began >= record.moved}
    return asked >= set(plan.hosts) and all(
        seconds is not None and seconds <= since and ended_there(plan, record, host)
        for seconds, host in zip(everyone, plan.hosts, strict=True)
    )


def why_leave(plan: SwitchPlan, record: SwitchRecord, before: Mapping[str, Preference]) -> str:
    """Why the records are to be as before again: the target failed a client. Empty where nobody else would serve."""
    lost = failed_at_target(plan, record.clients, record.began) if record.steps else None
    if lost is None:
        return ""
    back = all(
        any(site.name == preference.primary and serves(plan, record.clients, host, site) for site in plan.others)
        for host, preference in before.items()
    )
    return f"{plan.target.name} did not serve {lost.host}: {lost.error}" if back else ""


def failed_at_target(plan: SwitchPlan, clients: Record, since: float) -> Sample | None:
    """The first client that the target did not serve, whether DNS sent it there or it asked there."""
    return next(
        (
            sample
            for sample in sorted(clients.samples, key=lambda sample: sample.began)
            if sample.began >= since
            and sample.error
            and (sample.asked == plan.target.name or (not sample.asked and sample.address == plan.target.address))
        ),
        None,
    )


def with_old_answers(plan: SwitchPlan, record: SwitchRecord, host: str, site: Site) -> list[Sample]:
    """What clients that were sent to another site met there, from the first change until the last answer expired."""
    named = [sample for sample in record.clients.via_dns(host) if sample.address == site.address]
    if not named:
        return []
    last = max(record.moved or 0.0, *(sample.ended for sample in named))
    until = last + max(sample.ttl or 0 for sample in named)
    return [sample for sample in record.clients.direct(host, site, record.began) if sample.began <= until]


def keep_alive(record: SwitchRecord, host: str) -> list[Sample]:
    """The requests of a host's keep-alive client from the first change on."""
    return [sample for sample in record.keep_alive if sample.host == host and sample.began >= record.began]


def served_by(samples: Sequence[Sample]) -> dict[str, int]:
    """How many requests each site served."""
    return dict(Counter(sample.site for sample in samples if not sample.error))


def _names_another(plan: SwitchPlan, sample: Sample) -> bool:
    return sample.address in {site.address for site in plan.others}
