# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A drill's timeline laid out: seconds become places on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.expiry_bars import WIDTH

ROW = 24.0
HEAD = 34.0
FOOT = 18.0
# Marks that are close to each other alternate between two lines.
MARK_LINES = 2
STEPS = (5, 10, 15, 30, 60, 120, 300)
TICKS_AT_MOST = 12
NARROWEST = 2.0


@dataclass(frozen=True)
class TimelineBar:
    """What was met for a while."""

    x: float
    width: float
    state: str
    title: str


@dataclass(frozen=True)
class TimelineRow:
    """One row of spans."""

    name: str
    y: float
    bars: tuple[TimelineBar, ...]


@dataclass(frozen=True)
class Mark:
    """Something that happened."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class DrillTimeline:
    """A host's timeline."""

    host: str
    height: float
    ticks: tuple[tuple[float, str], ...]
    rows: tuple[TimelineRow, ...]
    marks: tuple[Mark, ...]


def lay_out(timeline: Mapping[str, Any]) -> DrillTimeline:
    """The timeline of one host, from the plain data that the drill's result carries."""
    seconds = max(float(timeline["seconds"]), 1.0)
    scale = WIDTH / seconds

    def place(second: float) -> float:
        return round(second * scale, 1)

    step = next((step for step in STEPS if seconds / step <= TICKS_AT_MOST), STEPS[-1])
    rows = [
        TimelineRow(
            name=str(row["name"]),
            y=HEAD + number * ROW,
            bars=tuple(
                TimelineBar(
                    x=place(span["since"]),
                    width=max(NARROWEST, place(span["until"] - span["since"])),
                    state=str(span["state"]),
                    title=f"{span['since']:g} to {span['until']:g} s: {span['label']}",
                )
                for span in row["spans"]
            ),
        )
        for number, row in enumerate(timeline["rows"])
    ]
    return DrillTimeline(
        host=str(timeline["host"]),
        height=HEAD + len(rows) * ROW + FOOT,
        ticks=tuple((place(second), f"{second} s") for second in range(0, int(seconds) + 1, step)),
        rows=tuple(rows),
        marks=tuple(
            Mark(place(mark["at"]), number % MARK_LINES * 12.0, f"{mark['label']} ({mark['at']:g} s)")
            for number, mark in enumerate(timeline["marks"])
        ),
    )
