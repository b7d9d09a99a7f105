# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What makes a cell of a judgement: the cluster's name, the benchmark's number, and the declared exceptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.benchmark import (
    BENCHMARK,
    NUMBERS,
    numbered,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import Answer
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exceptions import Term, excused, parse_term

PROOF = "cloud"


@dataclass(frozen=True, slots=True)
class DeclaredException:
    """One exception; ``target`` is a shell pattern, ``cases`` without numbers, empty for every case."""

    target: str
    cases: tuple[str, ...]
    term: Term


def parse_exceptions(options: Iterable[Mapping[str, Any]]) -> list[DeclaredException]:
    """The option ``exceptions``; an OptionError names what is missing or malformed."""
    return [
        DeclaredException(
            str(entry["target"]), tuple(entry.get("cases") or ()), parse_term(f"exceptions[{n}]", entry, "target")
        )
        for n, entry in enumerate(options)
    ]


@dataclass(frozen=True)
class Bench:
    """The name of the cloud in cells, the exceptions, and the day they are held against."""

    cluster: str
    exceptions: Sequence[DeclaredException]
    today: date

    def cell(self, judgement: Judgement, target: str, case: str, expected: str) -> Cell:
        """The judgement after the exceptions, as a cell."""
        covering = [
            entry.term
            for entry in self.exceptions
            if fnmatchcase(target, entry.target) and (not entry.cases or case in entry.cases)
        ]
        evidence = {"benchmark": f"{BENCHMARK} {NUMBERS[case]}"} if case in NUMBERS else {}
        judged = excused(judgement, covering, self.today)
        return judged.cell(PROOF, self.cluster, "", target, numbered(case), expected, evidence)

    def unread(self, answer: Answer, target: str, case: str, expected: str) -> Cell:
        """The cell of what could not be asked."""
        return self.cell(Judgement("inconclusive", "not known", answer.unread), target, case, expected)

    def none_of(
        self, answer: Answer, target: str, case: str, found: Iterable[tuple[str, str, str]], expected: str = "none"
    ) -> Iterator[Cell]:
        """A failure for each ``(target, observed, reason)`` found in the answer; one pass when there is none."""
        if answer.unread:
            yield self.unread(answer, target, case, expected)
            return
        failures = [self.cell(Judgement("fail", observed, why), name, case, expected) for name, observed, why in found]
        yield from failures
        if not failures:
            yield self.cell(Judgement("pass", "none", f"{len(answer.items)} live"), target, case, expected)

    def holds(self, right: bool, observed: str, target: str, case: str, expected: str, why: str = "") -> Cell:
        """One promise of one resource."""
        return self.cell(Judgement("pass" if right else "fail", observed, "" if right else why), target, case, expected)
