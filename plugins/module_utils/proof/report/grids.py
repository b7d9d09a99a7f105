# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cells laid out as grids: what the rows and columns of each proof are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.collect import Report

# What a cell of a grid shows: the measured answer, while its colour shows whether that was promised.
SIGNS = {
    "allowed": "✓", "permitted": "✓", "connected": "✓", "admitted": "✓",
    "refused": "✕", "silence": "✕", "kept away": "✕", "no answer": "✕",
    "forbidden": "403",
}  # fmt: skip
WORSE = ("pass", "inconclusive", "fail")
Key = Callable[[Cell], str]


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
    """The grids of a proof, one a cluster, and one for each other cluster that called it; none for what is a list."""
    found: list[Grid] = []
    for cluster in dict.fromkeys(cell.cluster for cell in report.of(proof)):
        cells = report.of(proof, cluster)
        if proof == "mtls":
            pairs = sorted((cell for cell in cells if cell.source), key=lambda cell: cell.target)
            for home in dict.fromkeys(_home(cell) for cell in pairs):
                calls = [cell for cell in pairs if _home(cell) == home]
                title = cluster if home == cluster else f"{cluster}, called from {home}"
                found.append(grid_of(title, calls, "caller → port", _way, lambda cell: cell.case))
        elif proof == "network_policy":
            known = [cell for cell in cells if cell.source]
            found.append(grid_of(cluster, known, "from ╲ to", lambda cell: cell.source, lambda cell: cell.target))
        elif proof == "pod_security":
            table = [cell for cell in cells if "control" in cell.evidence or cell.case == "level"]
            found.append(grid_of(cluster, table, "pod", lambda cell: cell.case, lambda cell: cell.target))
        elif proof == "tls":
            found.append(grid_of(cluster, cells, "endpoint", lambda cell: cell.target, lambda cell: cell.case))
    return [grid for grid in found if grid.rows]


def _home(cell: Cell) -> str:
    """The cluster that a call of ``mtls_check`` came from."""
    return str(cell.evidence.get("caller_cluster", cell.cluster))


def _way(cell: Cell) -> str:
    return f"{cell.source} → {cell.target}"


def listed(report: Report, proof: str) -> list[GridCell]:
    """The cells of a proof that no grid of it shows."""
    shown = {id(entry.cell) for grid in grids(report, proof) for _unused, row in grid.rows for entry in row if entry}
    return [GridCell(sign_of(cell), cell) for cell in report.of(proof) if id(cell) not in shown]
