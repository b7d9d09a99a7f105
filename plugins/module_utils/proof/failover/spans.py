# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A drill as a picture: for each host, rows of spans with the same outcome, and marks where something happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import measures
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import (
    DrillPlan,
    Record,
    Sample,
    Site,
)


def timelines(plan: DrillPlan, record: Record) -> list[dict[str, Any]]:
    """A timeline a host, plain data; ``state`` is good, other (the standby's share) or bad."""
    return [
        {
            **timeline(host, record, plan.primary, plan.sites, _marks(plan, record, host)),
            **({"host": f"{host}: {plan.source}"} if plan.fault else {}),
        }
        for host in plan.hosts
    ]


def timeline(
    host: str, record: Record, home: Site, sites: Sequence[Site], marks: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What the clients of a host met; what ``home`` serves is good, what the other sites do is other."""
    end = max((sample.ended for sample in record.samples), default=0.0)

    kept = [sample for sample in record.keep_alive if sample.host == host]

    def state(site: str) -> str:
        return "good" if site == home.name else "other"

    def named(sample: Sample) -> tuple[str, str]:
        site = next((site for site in sites if site.address == sample.address), None)
        if site is None:
            return "bad", sample.address or sample.error
        return state(site.name), f"{site.name}, {sample.address}"

    def served(sample: Sample) -> tuple[str, str]:
        return ("bad", sample.error) if sample.error else (state(sample.site), sample.site)

    return {
        "host": host,
        "seconds": round(end, 1),
        "marks": list(marks),
        "rows": [
            {"name": "DNS answer", "spans": spans(record.via_dns(host), named, end)},
            {"name": "clients", "spans": spans(record.via_dns(host), served, end)},
            *(
                {"name": f"{site.name}, directly", "spans": spans(record.direct(host, site), served, end)}
                for site in sites
            ),
            *([{"name": "keep-alive", "spans": spans(kept, served, end)}] if kept else []),
        ],
    }


def spans(samples: Sequence[Sample], outcome: Callable[[Sample], tuple[str, str]], end: float) -> list[dict[str, Any]]:
    """Samples in a row with the same state and label as one span, which lasts until the next begins."""
    found: list[dict[str, Any]] = []
    for sample in samples:
        state, label = outcome(sample)
        began = round(sample.began, 1)
        if found:
            found[-1]["until"] = began
        if not found or (found[-1]["state"], found[-1]["label"]) != (state, label):
            found.append({"since": began, "until": began, "state": state, "label": label})
    if found:
        found[-1]["until"] = round(end, 1)
    return found


def _marks(plan: DrillPlan, record: Record, host: str) -> list[dict[str, Any]]:
    away, back = measures.failover(plan, record, host), measures.failback(plan, record, host)
    found: list[tuple[float | None, float | None, str]] = [
        (record.broken, 0.0, "out of service"),
        (record.broken, away.served_seconds, "served again"),
        (record.restored, 0.0, "restored"),
        (record.restored, back.served_seconds, "returned"),
    ]
    return [
        {"at": round(since + after, 1), "label": label}
        for since, after, label in found
        if since is not None and after is not None
    ]
