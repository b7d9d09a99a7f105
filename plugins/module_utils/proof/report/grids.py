# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cells laid out as grids, by the rows and columns that a proof's layout says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.collect import Report
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.layouts import Key, layout_of

# What a cell of a grid shows: the measured answer, while its colour shows whether that was promised.
SIGNS = {
    "allowed": "✓", "permitted": "✓", "connected": "✓", "admitted": "✓", "resolved": "✓",
    "refused": "✕", "silence": "✕", "kept away": "✕", "no answer": "✕", "not resolved": "✕",
    "forbidden": "403",
}  # fmt: skip
WORSE = ("pass", "inconclusive", "fail")


@dataclass(frozen=True)
class GridCell:
    """One cell in a grid: its sign, and everything behind it."""

    sign: str
    cell: Cell

    @property
    def evidence(self) -> str:
        return json.dumps(self.cell.evidence, indent=1, ensure_ascii=False, default=str) if self.cell.evidence else ""


@dataclass(frozen=True)
class Grid:
    """Rows and columns; a place without a cell is None."""

    title: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[GridCell | None, ...]], ...]


def grid_of(title: str, cells: Iterable[Cell], corner: str, row: Key, column: Key) -> Grid:
    """Cells by the names that row and column give them, in the order of their first appearance.

    Of several in one place the worst is shown: none that fell short hides behind one that passed.
    """
    placed: dict[tuple[str, str], Cell] = {}
    for cell in cells:
        place = row(cell), column(cell)
        placed[place] = max(placed.get(place, cell), cell, key=lambda one: WORSE.index(one.verdict))
    rows = tuple(dict.fromkeys(name for name, _unused in placed))
    columns = tuple(dict.fromkeys(name for _unused, name in placed))
    return Grid(
        title,
        corner,
        columns,
        tuple((name, tuple(_grid_cell(placed.get((name, other))) for other in columns)) for name in rows),
    )


def _grid_cell(cell: Cell | None) -> GridCell | None:
    return GridCell(sign_of(cell), cell) if cell is not None else None


def sign_of(cell: Cell) -> str:
    """The measured answer where the verdict is sure of one, else a question mark."""
    if cell.verdict == "inconclusive":
        return "?"
    word = cell.expected.partition(":")[0]
    sign = SIGNS.get(word, "✓")
    if cell.verdict == "pass":
        return sign
    return {"✓": "✕", "✕": "✓", "403": "✓"}[sign] if word in SIGNS else "✕"


def grids(report: Report, proof: str) -> list[Grid]:
    """The grids of a proof, one for each cluster and group of its layout; none for what is a list."""
    layout = layout_of(proof).grid
    if layout is None:
        return []
    found: list[Grid] = []
    for cluster in dict.fromkeys(cell.cluster for cell in report.of(proof)):
        cells = sorted(filter(layout.shows, report.of(proof, cluster)), key=layout.sort)
        for group in dict.fromkeys(layout.group(cell) for cell in cells):
            title = cluster if group == cluster else f"{cluster}, called from {group}"
            grouped = [cell for cell in cells if layout.group(cell) == group]
            found.append(grid_of(title, grouped, layout.corner, layout.row, layout.column))
    return found


def listed(report: Report, proof: str) -> list[GridCell]:
    """The cells of a proof that no grid of it shows."""
    shown = {id(entry.cell) for grid in grids(report, proof) for _unused, row in grid.rows for entry in row if entry}
    return [GridCell(sign_of(cell), cell) for cell in report.of(proof) if id(cell) not in shown]
