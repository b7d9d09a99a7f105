# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a drill is held against: seconds, from what is declared and from the arithmetic of health checks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Objective:
    """How many seconds either way may take, and how many requests may be lost on the way back.

    ``noticed`` is what health checks take until they have noticed an outage that begins right after a probe. With the
    TTL it is the floor of the RTO: what the unluckiest client waits for where nothing else takes any time. The RTO may
    be ``rto_factor`` times as long.

    Seconds are those of the clock that the drill runs by. ``time_factor`` is what the interval of health checks is
    multiplied with there (0.1: every 3 s instead of every 30), and the saved seconds what that takes off either way.
    """

    failover_seconds: float
    failback_seconds: float
    failback_failures: int
    noticed: float
    rto_factor: float
    time_factor: float = 1.0
    failover_saved: float = 0.0
    failback_saved: float = 0.0

    def failover_phrase(self) -> str:
        """The seconds as a cell promises them, on the one clock and said which."""
        return self._phrase(self.failover_seconds, self.failover_saved)

    def failback_phrase(self) -> str:
        """The same for the way back."""
        return self._phrase(self.failback_seconds, self.failback_saved)

    def floor(self, ttl: int) -> float:
        """Seconds from the first lost request until the last client is served elsewhere, by arithmetic alone."""
        return round(self.noticed + ttl, 2)

    def _phrase(self, seconds: float, saved: float) -> str:
        if self.time_factor == 1.0:
            return f"{seconds:g} s"
        return (
            f"{seconds:g} s, with health checks at {self.time_factor:g} of their interval ({seconds + saved:g} s at 1)"
        )


def objective_of(given: Mapping[str, Any], check: Mapping[str, Any], ttl: int, margin: float) -> Objective:
    """The declared objective; what it leaves out follows from the health check of the records.

    A prober notices after its thresholds' worth of intervals, a resolver keeps an answer for its TTL, and the margin
    is for what starts and ends: pods, load balancers, the probe that was under way. Only the prober's part runs at
    ``time_factor``; what that saves is taken off declared seconds too, so that they promise no more than they say.
    """
    factor = float(check.get("time_factor", 1.0))

    def noticed(threshold: str) -> float:
        return float(check["interval"] * check[threshold] + check["timeout"])

    def seconds(key: str, threshold: str) -> tuple[float, float]:
        saved = noticed(threshold) * (1.0 - factor)
        declared = given.get(key)
        whole = noticed(threshold) + ttl + margin if declared is None else float(declared)
        return round(whole - saved, 2), round(saved, 2)

    failover, failover_saved = seconds("failover_seconds", "unhealthy")
    failback, failback_saved = seconds("failback_seconds", "healthy")
    return Objective(
        failover_seconds=failover,
        failback_seconds=failback,
        failback_failures=int(given["failback_failures"]),
        noticed=round(noticed("unhealthy") * factor, 2),
        rto_factor=float(given["rto_factor"]),
        time_factor=factor,
        failover_saved=failover_saved,
        failback_saved=failback_saved,
    )
