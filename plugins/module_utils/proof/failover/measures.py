# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How long a switchover between sites took, and what clients noticed of it: pure over samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import (
    DrillPlan,
    Record,
    Sample,
    Site,
)


@dataclass(frozen=True, slots=True)
class Switchover:
    """How a host's clients got from one site to others; seconds since it was caused, None for never.

    ``answer_seconds`` is the first DNS answer that names the others, ``served_seconds`` the first of several good
    requests in a row there. ``everyone_seconds`` is when the last client is served there: one whose resolver got the
    old answer at the last moment and keeps it for its TTL. Requests are counted until ``served_seconds``.
    """

    answer_seconds: float | None = None
    served_seconds: float | None = None
    everyone_seconds: float | None = None
    served: int = 0
    failed: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def first_run(samples: Sequence[Sample], wanted: Callable[[Sample], bool], length: int) -> Sample | None:
    """The first sample of the first ``length`` in a row that are as wanted."""
    first, found = None, 0
    for sample in samples:
        first, found = (first or sample, found + 1) if wanted(sample) else (None, 0)
        if found == length:
            return first
    return None


def at_end(samples: Sequence[Sample], wanted: Callable[[Sample], bool], length: int) -> bool:
    """Whether the last ``length`` samples are as wanted."""
    return len(samples) >= length and all(wanted(sample) for sample in samples[-length:])


def switchover(
    samples: Sequence[Sample], since: float, away_from: Sequence[Site], to: Sequence[Site], length: int
) -> Switchover:
    """The switchover that began at ``since``, over the samples of clients that followed DNS from then on.

    Clients leave the sites ``away_from`` for those in ``to``; ``length`` good requests in a row are service.
    """
    addresses = {site.address for site in to}
    answer = next((sample for sample in samples if sample.address in addresses), None)
    arrived = first_run(samples, lambda sample: sample.good_at(to), length)
    during = [sample for sample in samples if arrived is None or sample.began < arrived.began]
    lost = errors(during)
    everyone = None
    if arrived is not None:
        # Later ones too: an answer that flaps back is one more that a resolver keeps.
        stale = {site.address for site in away_from}
        kept = [sample.ended + (sample.ttl or 0) for sample in samples if sample.address in stale]
        everyone = max([arrived.ended, *kept])
    return Switchover(
        answer_seconds=after(since, answer.ended if answer else None),
        served_seconds=after(since, arrived.ended if arrived else None),
        everyone_seconds=after(since, everyone),
        served=sum(1 for sample in during if not sample.error),
        failed=sum(lost.values()),
        errors=lost,
    )


def errors(samples: Sequence[Sample]) -> dict[str, int]:
    """How many requests were lost to what, the most frequent first."""
    return dict(Counter(sample.error for sample in samples if sample.error).most_common())


def after(begin: float, end: float | None) -> float | None:
    """Seconds from one moment to another, None for never, as results have them."""
    return None if end is None else round(end - begin, 2)


def failover(plan: DrillPlan, record: Record, host: str) -> Switchover:
    """From the break to the standbys."""
    if record.broken is None:
        return Switchover()
    samples = record.via_dns(host, record.broken, record.restored)
    return switchover(samples, record.broken, [plan.primary], plan.standbys, plan.in_a_row)


def failback(plan: DrillPlan, record: Record, host: str) -> Switchover:
    """From the restoration to the primary."""
    if record.restored is None:
        return Switchover()
    samples = record.via_dns(host, record.restored)
    return switchover(samples, record.restored, plan.standbys, [plan.primary], plan.in_a_row)


def steady(plan: DrillPlan, record: Record, host: str) -> bool:
    """Whether clients of a host that followed DNS were served by the primary right before the break."""
    samples = record.via_dns(host, until=record.broken)
    return at_end(samples, lambda sample: sample.good_at([plan.primary]), plan.in_a_row)


def standby_ready(plan: DrillPlan, record: Record, host: str, site: Site) -> bool:
    """Whether a standby, asked directly, would have served a host's clients right before the break."""
    samples = record.direct(host, site, until=record.broken)
    return at_end(samples, lambda sample: sample.good_at([site]), plan.in_a_row)


def ready(plan: DrillPlan, record: Record) -> bool:
    """Whether there is something to fail over from, and to; without either the primary must not be taken away."""
    return all(
        steady(plan, record, host) and all(standby_ready(plan, record, host, site) for site in plan.standbys)
        for host in plan.hosts
    )


def broke(plan: DrillPlan, record: Record, host: str) -> bool:
    """Whether the primary, asked directly, served nobody any more after the fault was injected."""
    if record.broken is None:
        return False
    samples = record.direct(host, plan.primary, record.broken, record.restored)
    return at_end(samples, lambda sample: bool(sample.error), plan.in_a_row)


def ttl(record: Record, host: str) -> int | None:
    """The longest that any answer may be kept."""
    return max((sample.ttl for sample in record.via_dns(host) if sample.ttl is not None), default=None)
