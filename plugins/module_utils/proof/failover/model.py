# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a drill is held against, and what it sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.objective import Objective

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
class DrillPlan:
    """What is drilled: the hosts, the site that is taken out of service and its standbys, and what is promised.

    ``fault`` is how it is taken out of service and ``faulted`` what is changed for that; both are empty where nothing
    is. ``run`` counts the drills with this fault from 1, and is 0 where there is only one.
    """

    hosts: tuple[str, ...]
    primary: Site
    standbys: tuple[Site, ...]
    objective: Objective
    ttl: int
    in_a_row: int
    fault: str = ""
    faulted: str = ""
    run: int = 0

    @property
    def sites(self) -> tuple[Site, ...]:
        return (self.primary, *self.standbys)

    @property
    def source(self) -> str:
        """Who cells show as the cause of what clients met."""
        return f"{self.fault}, run {self.run}" if self.run else self.fault or "controller"


@dataclass(frozen=True, slots=True)
class Restoration:
    """How what a fault has changed stands afterwards; ``lack`` is what is not as before, empty where nothing is."""

    seen: str
    lack: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """All that a drill saw: when the fault was injected and removed, and what it has changed at the end.

    Times are None for what never came; ``restore_error`` says what prevented the restoration. ``keep_alive`` are the
    requests of clients that hold on to their connection, ``connections`` how many each host's client has made.
    """

    samples: tuple[Sample, ...]
    broken: float | None = None
    restored: float | None = None
    restoration: Restoration | None = None
    restore_error: str = ""
    keep_alive: tuple[Sample, ...] = ()
    connections: Mapping[str, int] = field(default_factory=dict)

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
