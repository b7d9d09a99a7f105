# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When certificates end, as bars on a logarithmic axis: hours and decades fit beside each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TICKS = (
    (1 / 24, "1 hour"),
    (1, "1 day"),
    (7, "1 week"),
    (30, "30 days"),
    (90, "90 days"),
    (365, "1 year"),
    (3650, "10 years"),
)
WIDTH = 620.0
SHORTEST, LONGEST = 1 / 48, 7300.0
SOON_AUTHORITY, SOON_LEAF = 30.0, 0.25


@dataclass(frozen=True)
class Bar:
    """One certificate: ``length`` on the axis, and how it stands (good, soon, ended)."""

    label: str
    seen_at: str
    until: str
    days_left: float
    length: float
    state: str


def place(days: float) -> float:
    """Where a number of days lies on the axis, from 0 to WIDTH."""
    bounded = min(max(days, SHORTEST), LONGEST)
    return round(WIDTH * math.log(bounded / SHORTEST) / math.log(LONGEST / SHORTEST), 1)


def ticks() -> list[tuple[float, str]]:
    return [(place(days), label) for days, label in TICKS]


def bars(certificates: Iterable[Mapping[str, Any]]) -> list[Bar]:
    """A bar for every certificate, once, the first to end on top."""
    unique = {str(entry["fingerprint"]): entry for entry in certificates}
    ordered = sorted(unique.values(), key=lambda entry: float(entry["days_left"]))
    return [_bar(entry) for entry in ordered]


def _bar(entry: Mapping[str, Any]) -> Bar:
    left = float(entry["days_left"])
    # A mesh leaf lives for a day and is renewed by itself; whatever lives longer is somebody's work.
    soon = (
        SOON_LEAF
        if entry.get("depth") == 0 and any(str(uri).startswith("spiffe:") for uri in entry.get("uris") or [])
        else SOON_AUTHORITY
    )
    state = "ended" if left <= 0 else "soon" if left < soon else "good"
    names = [*(entry.get("uris") or []), *(entry.get("dns") or [])]
    return Bar(
        label=str(names[0] if names else entry["subject"] or entry["serial"]),
        seen_at=", ".join(entry.get("seen_at") or []),
        until=str(entry["not_after"]),
        days_left=left,
        length=place(left) if left > 0 else 0.0,
        state=state,
    )
