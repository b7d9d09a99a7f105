# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a switch-over is held against, and what it sees."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Record, Sample, Site

PROOF = "switchover"


@dataclass(frozen=True, slots=True)
class Preference:
    """What a record's failover policy prefers: a site, and the share (0 to 1) of answers that name others."""

    primary: str
    trickle: float = 0.0

    def __str__(self) -> str:
        share = f", and others in {self.trickle:.0%} of the answers" if self.trickle else ""
        return f"{self.primary}{share}"


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """Whose clients move where; ``hold`` and ``margin`` in seconds.

    ``shares`` of the answers name the target for ``hold`` each, before it is preferred. Everyone has arrived a TTL and
    the margin after that: what the zone's name servers take until all of them know.
    """

    hosts: tuple[str, ...]
    target: Site
    others: tuple[Site, ...]
    shares: tuple[float, ...]
    hold: float
    ttl: int
    margin: float
    in_a_row: int

    @property
    def sites(self) -> tuple[Site, ...]:
        return (self.target, *self.others)

    @property
    def allowed_seconds(self) -> float:
        return self.ttl + self.margin


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the records, by host, and when it was begun; seconds since the clients began."""

    to: dict[str, Preference]
    at: float

    def __str__(self) -> str:
        return "; ".join(sorted({str(preference) for preference in self.to.values()}))


@dataclass(frozen=True, slots=True)
class SwitchRecord:
    """All that a switch-over saw.

    ``moved`` is when every record preferred the target, 0 where they did beforehand and None where they never did or no
    longer do; ``stopped`` says why.
    """

    clients: Record
    keep_alive: tuple[Sample, ...] = ()
    connections: dict[str, int] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    moved: float | None = None
    stopped: str = ""

    @property
    def began(self) -> float:
        """When the first record was changed: what clients lose from then on is the switch-over's."""
        return self.steps[0].at if self.steps else 0.0
