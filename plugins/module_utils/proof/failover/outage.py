# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An outage as clients met it, from the first request that one of them lost: pure over samples."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import measures
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import DrillPlan, Record


@dataclass(frozen=True, slots=True)
class KeptAlive:
    """What a client met from the break on that keeps its connection as long as it is served.

    ``served_seconds`` is when a standby served it first, counted from the first request that anybody lost to the break;
    Of ``asked`` requests ``failed`` were lost until then, and ``lost_later`` after that.
    """

    served_seconds: float | None = None
    asked: int = 0
    failed: int = 0
    lost_later: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    connections: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def lost_seconds(plan: DrillPlan, record: Record, host: str) -> float | None:
    """From the break to the first request that somebody sent to the primary and lost: a load balancer may go on
    serving until its own health checks have failed."""
    if record.broken is None:
        return None
    found = [
        *record.direct(host, plan.primary, record.broken, record.restored),
        *record.via_dns(host, record.broken, record.restored),
    ]
    sent = [sample for sample in found if sample.asked or sample.address == plan.primary.address]
    return measures.after(record.broken, min((sample.began for sample in sent if sample.error), default=None))


def rto(plan: DrillPlan, record: Record, host: str) -> float | None:
    """From the first lost request until the last client is served by a standby; None for never."""
    everyone, lost = measures.failover(plan, record, host).everyone_seconds, lost_seconds(plan, record, host)
    return None if everyone is None or lost is None else round(everyone - lost, 2)


def floor(plan: DrillPlan, record: Record, host: str) -> float:
    """What the RTO can't be below in the worst case: with the TTL that answers really have."""
    found = measures.ttl(record, host)
    return plan.objective.floor(plan.ttl if found is None else found)


def kept_alive(plan: DrillPlan, record: Record, host: str) -> KeptAlive:
    """From the break to the end, so that the way back is part of it."""
    if record.broken is None:
        return KeptAlive()
    broken = record.broken
    samples = [sample for sample in record.keep_alive if sample.host == host and sample.began >= broken]
    served = next((sample for sample in samples if sample.good_at(plan.standbys)), None)
    before = [sample for sample in samples if served is None or sample.began < served.began]
    lost = lost_seconds(plan, record, host) or 0.0
    return KeptAlive(
        served_seconds=measures.after(broken + lost, served.ended if served else None),
        asked=len(samples),
        failed=sum(measures.errors(before).values()),
        lost_later=sum(measures.errors(samples[len(before) :]).values()),
        errors=measures.errors(samples),
        connections=record.connections.get(host, 0),
    )
