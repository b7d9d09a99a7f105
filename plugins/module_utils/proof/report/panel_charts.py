# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A dashboard's panels as they were when they were asked: values over time become lines on the page."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 280.0, 84.0
# A line is broken where this many times its usual step passes without a value.
GAP = 2.5
# What Grafana's units come to: what a value is multiplied with, and what follows it.
UNITS: dict[str, tuple[tuple[float, float, str], ...]] = {
    "bytes": ((2**30, 2**-30, " GiB"), (2**20, 2**-20, " MiB"), (0, 2**-10, " KiB")),
    "percentunit": ((0, 100.0, " %"),),
    "s": ((86400, 1 / 86400, " d"), (1, 1.0, " s"), (0, 1000.0, " ms")),
    "reqps": ((0, 1.0, "/s"),),
}
PLAIN = ((0.0, 1.0, ""),)

Points = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Line:
    """One series: an SVG path, and its last value in words."""

    name: str
    path: str
    last: str


@dataclass(frozen=True)
class Chart:
    """One panel; ``top`` is the value at its upper edge, whose lower one is 0 or the lowest value below."""

    title: str
    top: str
    bottom: str
    lines: tuple[Line, ...]
    left_out: int


@dataclass(frozen=True)
class Dashboard:
    """The panels of a dashboard of one cluster, and how many minutes they show."""

    title: str
    cluster: str
    minutes: int
    charts: tuple[Chart, ...]


def dashboards(panels: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Dashboard]:
    """The dashboards that panels are of, each with its cluster; all panels of one show the same time."""
    grouped: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for cluster, panel in panels:
        grouped.setdefault((str(panel["dashboard"]), cluster), []).append(panel)
    found = []
    for (title, cluster), entries in grouped.items():
        times = [at for entry in entries for line in entry["series"] for at, _value in line["points"]]
        since, until = min(times, default=0.0), max(times, default=0.0)
        charts = tuple(chart(entry, since, max(until, since + 1)) for entry in entries)
        found.append(Dashboard(title, cluster, round((until - since) / 60), charts))
    return found


def chart(panel: Mapping[str, Any], since: float, until: float) -> Chart:
    """A panel's lines between two times, in seconds since the epoch."""
    series = panel["series"]
    values = [value for line in series for _at, value in line["points"]]
    bottom, top = min([0.0, *values]), max([0.0, *values])
    unit = str(panel["unit"])

    def place(at: float, value: float) -> tuple[float, float]:
        share = (value - bottom) / (top - bottom) if top > bottom else 0.0
        return round((at - since) / (until - since) * WIDTH, 1), round(HEIGHT * (1 - share), 1)

    lines = tuple(
        Line(str(line["name"]), path([(at, *place(at, value)) for at, value in line["points"]]),
             worded(line["points"][-1][1], unit))
        for line in series
    )  # fmt: skip
    return Chart(str(panel["panel"]), worded(top, unit), worded(bottom, unit), lines, int(panel["left_out"]))


def path(points: Sequence[tuple[float, float, float]]) -> str:
    """An SVG path through places (time, x, y); a point without a neighbour is a dash of its own."""
    steps = sorted(later[0] - earlier[0] for earlier, later in itertools.pairwise(points))
    usual = steps[len(steps) // 2] if steps else 0.0
    words: list[str] = []
    before: float | None = None
    for at, x, y in points:
        broken = before is None or at - before > GAP * usual
        words.append(f"M{x:g},{y:g}h1" if broken else f"L{x:g},{y:g}")
        before = at
    return "".join(words)


def worded(value: float, unit: str) -> str:
    """A value with its unit, in three digits."""
    factor, suffix = next((factor, suffix) for least, factor, suffix in UNITS.get(unit, PLAIN) if abs(value) >= least)
    shown = value * factor
    return f"{shown:.0f}{suffix}" if abs(shown) >= 1000 else f"{shown:.3g}{suffix}"
