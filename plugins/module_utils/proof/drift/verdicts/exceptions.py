# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Declared exceptions: a thing that may not be as declared, for a stated reason and until a stated day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exceptions import Term, excused, parse_term

PROOF = "drift"


@dataclass(frozen=True, slots=True)
class DeclaredException:
    """One exception; ``name`` is a shell pattern, ``cases`` empty means every case."""

    kind: str
    namespace: str
    name: str
    cases: tuple[str, ...]
    term: Term

    def covers(self, target: str, case: str) -> bool:
        """Whether it is about a cell with this target, such as ``Service shop/cart``."""
        kind, _unused, place = target.partition(" ")
        namespace, _unused, name = place.rpartition("/")
        return (
            (kind, namespace) == (self.kind, self.namespace)
            and fnmatchcase(name, self.name)
            and (not self.cases or case in self.cases)
        )


def parse_exceptions(options: Iterable[Mapping[str, Any]]) -> list[DeclaredException]:
    """The option ``exceptions``; an OptionError names what is missing or malformed."""
    return [_parse(f"exceptions[{index}]", entry) for index, entry in enumerate(options)]


def _parse(where: str, entry: Mapping[str, Any]) -> DeclaredException:
    term = parse_term(where, entry, "kind", "name")
    place = (str(entry["kind"]), str(entry.get("namespace") or ""), str(entry["name"]))
    return DeclaredException(*place, tuple(entry.get("cases") or ()), term)


@dataclass(frozen=True)
class Bench:
    """What makes a cell of a judgement: the cluster, the exceptions, and the day they are held against."""

    cluster: str
    exceptions: Sequence[DeclaredException]
    today: date

    def cell(
        self, judgement: Judgement, target: str, case: str, expected: str, evidence: Mapping[str, Any] | None = None
    ) -> Cell:
        """The judgement after the exceptions, as a cell."""
        covering = [entry.term for entry in self.exceptions if entry.covers(target, case)]
        return excused(judgement, covering, self.today).cell(PROOF, self.cluster, "", target, case, expected, evidence)
