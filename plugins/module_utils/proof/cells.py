# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The common currency of all proofs: a cell says what was promised, what was seen, and whether the two agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Verdict = Literal["pass", "fail", "inconclusive"]
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "inconclusive")
QUESTION = ("proof", "cluster", "source", "target", "case", "expected", "observed")
NAMED_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an observation amounts to, and why; ``observed`` is one short phrase."""

    verdict: Verdict
    observed: str
    reason: str

    def cell(
        self, proof: str, cluster: str, source: str, target: str, case: str, expected: str,
        evidence: Mapping[str, Any] | None = None,
    ) -> Cell:  # fmt: skip
        """The answer to one question of a proof."""
        found = (self.observed, self.verdict, self.reason)
        return Cell(proof, cluster, source, target, case, expected, *found, evidence or {})


@dataclass(frozen=True, slots=True)
class Cell:
    """One question put to the running platform and its answer.

    ``inconclusive`` means that the observation cannot distinguish a good platform from a bad one;
    it never counts as a pass. ``evidence`` is plain data, free of secrets, that backs the verdict.
    """

    proof: str
    cluster: str
    source: str
    target: str
    case: str
    expected: str
    observed: str
    verdict: Verdict
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def way(self) -> str:
        """From where to where; what was looked at, where nobody in particular was asked from."""
        return f"{self.source} → {self.target}" if self.source else self.target

    def headline(self) -> str:
        """One line for a terminal: where, what was promised, what was seen."""
        text = f"{self.cluster}: {self.proof}: {self.way} [{self.case}]: "
        text += f"expected {self.expected}, found {self.observed}"
        return f"{text} ({self.reason})" if self.reason else text


def cell_from(data: Mapping[str, Any]) -> Cell:
    """A cell from its plain form, as results and reports carry it; one that lacks a field proves nothing."""
    known = {name: data[name] for name in Cell.__dataclass_fields__ if name in data}
    lacking = [name for name in QUESTION if name not in known]
    if lacking:
        known |= {**dict.fromkeys(lacking, "?"), "verdict": "inconclusive", "reason": f"it lacks {', '.join(lacking)}"}
    if known.get("verdict") not in VERDICTS:
        known |= {"verdict": "inconclusive", "reason": f"verdict {known.get('verdict')!r} is none of {VERDICTS}"}
    return Cell(**known)


def count(cells: Iterable[Cell]) -> dict[str, int]:
    """How many cells there are of each verdict, and in all."""
    counts: dict[str, int] = dict.fromkeys(VERDICTS, 0)
    for cell in cells:
        counts[cell.verdict] += 1
    return {**counts, "total": sum(counts.values())}


def short_of(cells: Iterable[Cell]) -> list[Cell]:
    """The cells that are not a pass, failures first."""
    return sorted((cell for cell in cells if cell.verdict != "pass"), key=lambda cell: cell.verdict != "fail")


def failure_message(cells: list[Cell]) -> str:
    """What to say when a check falls short; empty when every cell passes.

    A check without any cell has proved nothing, so that is a failure as well.
    """
    if not cells:
        return "nothing was checked: no cell was measured"
    lacking = short_of(cells)
    if not lacking:
        return ""
    lines = [f"{cell.verdict}: {cell.headline()}" for cell in lacking[:NAMED_AT_MOST]]
    if len(lacking) > NAMED_AT_MOST:
        lines.append(f"and {len(lacking) - NAMED_AT_MOST} more")
    return f"{len(lacking)} of {len(cells)} cells are not a pass:\n" + "\n".join(lines)
