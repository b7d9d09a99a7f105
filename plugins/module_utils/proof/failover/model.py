# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a drill is held against, and what it sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROOF = "failover"


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster as clients meet it: its address, and the name that its service answers with."""

    name: str
    address: str
    cluster_name: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What one client met at one time; ``began`` and ``ended`` in seconds since the drill began.

    ``asked`` is the site that was asked directly, empty for a client that followed DNS. ``error`` says what was
    wrong; where nothing was, ``site`` answered as it should. ``address`` and ``ttl`` are those of the DNS answer.
    """

    host: str
    began: float
    ended: float
    asked: str = ""
    address: str = ""
    ttl: int | None = None
    site: str = ""
    error: str = ""

    def good_at(self, sites: Sequence[Site]) -> bool:
        """Whether one of the sites served the request."""
        return not self.error and self.site in {site.name for site in sites}

    def phrase(self) -> str:
        """The outcome in a few words."""
        where = f"{self.address or 'no answer'}: " if not self.asked else ""
        return f"{where}{self.error or 'served by ' + self.site}"


@dataclass(frozen=True, slots=True)
class Objective:
    """How many seconds either way may take, and how many requests may be lost on the way back.

    Seconds are those of the clock that the drill runs by. ``time_factor`` is what the interval of health checks is
    multiplied with there (0.1: every 3 s instead of every 30), and the saved seconds what that takes off either way.
    """

    failover_seconds: float
    failback_seconds: float
    failback_failures: int
    time_factor: float = 1.0
    failover_saved: float = 0.0
    failback_saved: float = 0.0

    def failover_phrase(self) -> str:
        """The seconds as a cell promises them, on the one clock and said which."""
        return self._phrase(self.failover_seconds, self.failover_saved)

    def failback_phrase(self) -> str:
        """The same for the way back."""
        return self._phrase(self.failback_seconds, self.failback_saved)

    def _phrase(self, seconds: float, saved: float) -> str:
        if self.time_factor == 1.0:
            return f"{seconds:g} s"
        return (
            f"{seconds:g} s, with health checks at {self.time_factor:g} of their interval ({seconds + saved:g} s at 1)"
        )


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """What is drilled: the hosts, the site that is taken out of service and its standbys, and what is promised."""

    hosts: tuple[str, ...]
    primary: Site
    standbys: tuple[Site, ...]
    objective: Objective
    ttl: int
    in_a_row: int
    workload: str

    @property
    def sites(self) -> tuple[Site, ...]:
        return (self.primary, *self.standbys)


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """A Deployment's replicas: desired, ready, and the number that a drill saved on it before scaling to zero."""

    replicas: int
    ready: int
    saved: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """All that a drill saw: when the primary was scaled down and restored, and the workload at the end.

    Times are None for what never came; ``restore_error`` says what prevented the restoration.
    """

    samples: tuple[Sample, ...]
    broken: float | None = None
    restored: float | None = None
    replica_state: ReplicaState | None = None
    restore_error: str = ""

    def via_dns(self, host: str, since: float = 0.0, until: float | None = None) -> list[Sample]:
        """The samples of clients of a host that followed DNS, in the order in which they began.

        A time in between counts for neither: what began before a break and ended after it says nothing of either.
        """
        return list(self._of(host, "", since, until))

    def direct(self, host: str, site: Site, since: float = 0.0, until: float | None = None) -> list[Sample]:
        """The samples of clients of a host that asked a site directly."""
        return list(self._of(host, site.name, since, until))

    def _of(self, host: str, asked: str, since: float, until: float | None) -> Iterator[Sample]:
        for sample in sorted(self.samples, key=lambda sample: sample.began):
            inside = since <= sample.began and (until is None or sample.ended <= until)
            if inside and (sample.host, sample.asked) == (host, asked):
                yield sample


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
        time_factor=factor,
        failover_saved=failover_saved,
        failback_saved=failback_saved,
    )
