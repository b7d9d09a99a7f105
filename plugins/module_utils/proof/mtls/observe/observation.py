# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What both sides saw of a run of attempts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.counters import Counters
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import Attempt


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that was seen: an exchange for each attempt, and each pod's counters before and after."""

    attempts: Sequence[Attempt]
    exchanges: Sequence[Exchange]
    before: Mapping[str, Counters | None]
    after: Mapping[str, Counters | None]

    @property
    def pairs(self) -> list[tuple[Attempt, Exchange]]:
        return list(zip(self.attempts, self.exchanges, strict=True))


def rise_of(observation: Observation, address: str, names: Iterable[str]) -> int | None:
    """How far a pod's counters rose together; None where one is not shown."""
    before, after = observation.before.get(address), observation.after.get(address)
    wanted = list(names)
    if before is None or after is None or any(name not in before or name not in after for name in wanted):
        return None
    return sum(after[name] - before[name] for name in wanted)
