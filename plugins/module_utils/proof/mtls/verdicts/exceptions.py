# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Declared exceptions: a port that may answer without mutual TLS, for a stated reason and until a stated day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exceptions import Term, excused, parse_term
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import Workload


@dataclass(frozen=True, slots=True)
class DeclaredException:
    """One exception; ``workload`` None means every workload of the namespace, ``cases`` empty means every case."""

    namespace: str
    workload: str | None
    port: int
    cases: tuple[str, ...]
    term: Term

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
    term = parse_term(where, entry, "namespace", "port")
    return DeclaredException(
        namespace=str(entry["namespace"]),
        workload=entry.get("workload"),
        port=int(entry["port"]),
        cases=tuple(entry.get("cases") or ()),
        term=term,
    )


def apply_exceptions(
    judgement: Judgement, exceptions: Iterable[DeclaredException], workload: Workload, port: int, case: str, today: date
) -> Judgement:
    """The judgement, after the exceptions: one that still runs turns an open port into a pass that says why."""
    return excused(judgement, [entry.term for entry in exceptions if entry.covers(workload, port, case)], today)
