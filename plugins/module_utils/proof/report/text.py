# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The table that a terminal shows at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, count, short_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.collect import Report
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.layouts import layout_of

HEAD = ("cluster", "proof", "pass", "fail", "inconclusive", "verdict")
SHOWN = 8  # of one proof in one cluster: many that fell short there hide none elsewhere


def verdict_of(cells: Sequence[Cell]) -> str:
    """One word for many cells: passes only when each of them does."""
    counts = count(cells)
    if counts["fail"]:
        return "FAIL"
    return "INCONCLUSIVE" if counts["inconclusive"] or not cells else "PASS"


def table(report: Report) -> str:
    """A line for each cluster and proof, then the cells that fell short."""
    groups = [
        (cluster, layout_of(proof).title, cells)
        for cluster in dict.fromkeys([*report.clusters, *(cell.cluster for cell in report.cells)])
        for proof in report.proofs
        if (cells := report.of(proof, cluster))
    ]
    rows = [(cluster, title, *_numbers(cells), verdict_of(cells)) for cluster, title, cells in groups]
    rows.append(("all", "", *_numbers(report.cells), verdict_of(report.cells)))
    widths = [max(len(row[n]) for row in [HEAD, *rows]) for n in range(len(HEAD))]
    lines = [_line(HEAD, widths), _line(["-" * width for width in widths], widths)]
    lines += [_line(row, widths) for row in rows]
    for cluster, title, cells in groups:
        lacking = short_of(cells)
        lines += [f"{cell.verdict}: {cell.headline()}" for cell in lacking[:SHOWN]]
        if len(lacking) > SHOWN:
            lines.append(f"and {len(lacking) - SHOWN} more of {title} in {cluster}: see the report")
    return "\n".join(lines)


def _numbers(cells: Sequence[Cell]) -> tuple[str, str, str]:
    counts = count(cells)
    return str(counts["pass"]), str(counts["fail"]), str(counts["inconclusive"])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.rjust(width) if 2 <= n <= 4 else text.ljust(width)
        for n, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
