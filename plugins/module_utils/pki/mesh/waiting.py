# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Wait until istiod and every proxy have followed a bundle, and help them along where they are stuck."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.planning import Cast, Step
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.proxies import Question
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.report import some
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation import Phase, Proxy, lack_of
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.site import Site


@dataclass(frozen=True, slots=True)
class Patience:
    """Whether and how long to wait; ``stuck`` is after how long istiod is restarted or asked to push again."""

    wait: bool = True
    timeout: timedelta = timedelta(minutes=10)
    pause: timedelta = timedelta(seconds=2)
    stuck: timedelta = timedelta(minutes=3)
    sleep: Callable[[float], None] = field(default=time.sleep)


class Waiting:
    """Watches the clusters that a stage concerns."""

    def __init__(self, sites: Sequence[Site], patience: Patience, clock: Callable[[], datetime]) -> None:
        self._sites = sites
        self._patience = patience
        self._clock = clock
        self._helped: dict[str, datetime] = {}
        self._followed: set[tuple[str, str]] = set()

    def until_followed(self, cast: Cast, steps: Mapping[str, Step], observe: Callable[[Question], list[Proxy]]) -> None:
        """Return once all have followed; a DeadlineError says who has not."""
        begin = looked = self._clock()
        self._helped = {site.name: begin for site in self._sites}
        while lagging := self._lagging(cast, steps, observe):
            if self._clock() - begin >= self._patience.timeout:
                raise DeadlineError(
                    f"waited {self._patience.timeout.total_seconds():.0f} seconds, and still: {some(lagging)}; "
                    "what was written stays, and the next run goes on from it",
                    {"lagging": lagging},
                )
            # Where asking takes long, machines are busy: leave them as long alone.
            took = (self._clock() - looked).total_seconds()
            self._patience.sleep(max(self._patience.pause.total_seconds(), took))
            looked = self._clock()

    def _lagging(self, cast: Cast, steps: Mapping[str, Step], observe: Callable[[Question], list[Proxy]]) -> list[str]:
        found = [problem for site in self._sites if (problem := self._istiod(site, cast, steps[site.name]))]
        if found:
            return found
        # What has followed doesn't go back: only the others are asked again, and those that are new.
        question = Question(
            cast.certificates, any(step.phase is Phase.BOTH for step in steps.values()), frozenset(self._followed)
        )
        late: dict[str, list[str]] = {}
        for proxy in observe(question):
            if proxy.cluster in steps:
                lack = lack_of(steps[proxy.cluster].phase, proxy, cast.roots, cast.names)
                late.setdefault(proxy.cluster, []).extend([lack] if lack else [])
                if not lack:
                    self._followed.add((proxy.cluster, proxy.name))
        for site in self._sites:
            if late.get(site.name) and self._stuck(site):
                site.nudge()
        return [lack for lacks in late.values() for lack in lacks]

    def _istiod(self, site: Site, cast: Cast, step: Step) -> str:
        """Whether istiod hands out the bundle's roots; one that doesn't take them up by itself is restarted."""
        if not site.istiods:
            return ""
        expected = step.wanted.bundle.trusted
        found = site.distributed()
        if found == expected:
            return site.settled()
        if site.unwatched or self._stuck(site) or not found & set(cast.known):
            site.unwatched = False
            self._helped[site.name] = self._clock()
            if not site.settled():
                site.restart(self._clock())
        names = ", ".join(sorted(cast.names.get(root, root[:12]) for root in found)) or "no root"
        return f"{site.name} istiod still hands out {names}"

    def _stuck(self, site: Site) -> bool:
        if self._clock() - self._helped[site.name] < self._patience.stuck:
            return False
        self._helped[site.name] = self._clock()
        return True
