# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Declared exceptions: a port that may answer without mutual TLS, for a stated reason and until a stated day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import Workload


@dataclass(frozen=True, slots=True)
class DeclaredException:
    """One exception; ``workload`` None means every workload of the namespace, ``cases`` empty means every case."""

    namespace: str
    workload: str | None
    port: int
    cases: tuple[str, ...]
    reason: str
    until: date

    def covers(self, workload: Workload, port: int, case: str) -> bool:
        return (
            workload.namespace == self.namespace
            and self.workload in (None, workload.name)
            and port == self.port
            and (not self.cases or case in self.cases)
        )


def parse_exceptions(options: Iterable[Mapping[str, Any]]) -> list[DeclaredException]:
    """The option ``exceptions``; an OptionError names what is missing or malformed."""
    return [_parse(f"exceptions[{index}]", entry) for index, entry in enumerate(options)]


def _parse(where: str, entry: Mapping[str, Any]) -> DeclaredException:
    for key in ("namespace", "port", "reason", "until"):
        if not entry.get(key):
            raise OptionError(f"{where}.{key}: missing; an exception needs a namespace, a port, a reason and an end")
    try:
        until = date.fromisoformat(str(entry["until"]))
    except ValueError:
        raise OptionError(f"{where}.until: found {entry['until']!r}, expected a day such as 2030-12-31") from None
    return DeclaredException(
        namespace=str(entry["namespace"]),
        workload=entry.get("workload"),
        port=int(entry["port"]),
        cases=tuple(entry.get("cases") or ()),
        reason=str(entry["reason"]),
        until=until,
    )


def apply_exceptions(
    judgement: Judgement, exceptions: Iterable[DeclaredException], workload: Workload, port: int, case: str, today: date
) -> Judgement:
    """The judgement, after the exceptions: one that still runs turns an open port into a pass that says why."""
    if judgement.verdict == "pass":
        return judgement
    covering = [entry for entry in exceptions if entry.covers(workload, port, case)]
    running = [entry for entry in covering if entry.until >= today]
    if running:
        entry = running[0]
        reason = f"declared exception until {entry.until}: {entry.reason} (measured: {judgement.reason})"
        return Judgement("pass", judgement.observed, reason)
    if covering:
        reason = f"{judgement.reason}; its declared exception ended on {covering[0].until}"
        return Judgement(judgement.verdict, judgement.observed, reason)
    return judgement
