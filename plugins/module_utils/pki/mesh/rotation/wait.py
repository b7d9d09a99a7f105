# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Wait until istiod and every proxy have followed a bundle, and help them along where they are stuck."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.cluster import MeshCluster
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.proxies import ProxyQuery
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.report import some
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.plan import RootSet, Step
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import Phase, Proxy, lack_of


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """Whether and how long to wait; ``stuck`` is after how long istiod is restarted or made to push again."""

    wait: bool = True
    timeout: timedelta = timedelta(minutes=10)
    pause: timedelta = timedelta(seconds=2)
    stuck: timedelta = timedelta(minutes=3)
    sleep: Callable[[float], None] = field(default=time.sleep)


class RolloutWait:
    """Watches the clusters that a stage concerns."""

    def __init__(
        self, clusters: Sequence[MeshCluster], wait_options: WaitOptions, clock: Callable[[], datetime]
    ) -> None:
        self._clusters = clusters
        self._wait_options = wait_options
        self._clock = clock
        self._helped: dict[str, datetime] = {}
        self._followed: set[tuple[str, str]] = set()

    def until_followed(
        self, root_set: RootSet, steps: Mapping[str, Step], observe: Callable[[ProxyQuery], list[Proxy]]
    ) -> None:
        """Return once all have followed; a DeadlineError says who has not."""
        begin = looked = self._clock()
        self._helped = {cluster.name: begin for cluster in self._clusters}
        while lagging := self._lagging(root_set, steps, observe):
            if self._clock() - begin >= self._wait_options.timeout:
                raise DeadlineError(
                    f"waited {self._wait_options.timeout.total_seconds():.0f} seconds, and still: {some(lagging)}; "
                    "what was written stays, and the next run goes on from it",
                    {"lagging": lagging},
                )
            # Where reading takes long, machines are busy: pause as long.
            took = (self._clock() - looked).total_seconds()
            self._wait_options.sleep(max(self._wait_options.pause.total_seconds(), took))
            looked = self._clock()

    def _lagging(
        self, root_set: RootSet, steps: Mapping[str, Step], observe: Callable[[ProxyQuery], list[Proxy]]
    ) -> list[str]:
        found = [
            problem for cluster in self._clusters if (problem := self._istiod(cluster, root_set, steps[cluster.name]))
        ]
        if found:
            return found
        # What has followed doesn't go back: only the others are read again, and those that are new.
        query = ProxyQuery(
            root_set.certificates, any(step.phase is Phase.BOTH for step in steps.values()), frozenset(self._followed)
        )
        late: dict[str, list[str]] = {}
        for proxy in observe(query):
            if proxy.cluster in steps:
                lack = lack_of(steps[proxy.cluster].phase, proxy, root_set.roots, root_set.names)
                late.setdefault(proxy.cluster, []).extend([lack] if lack else [])
                if not lack:
                    self._followed.add((proxy.cluster, proxy.name))
        for cluster in self._clusters:
            if late.get(cluster.name) and self._stuck(cluster):
                cluster.push_again()
        return [lack for lacks in late.values() for lack in lacks]

    def _istiod(self, cluster: MeshCluster, root_set: RootSet, step: Step) -> str:
        """Whether istiod hands out the bundle's roots; one that doesn't take them up by itself is restarted."""
        if not cluster.istiods:
            return ""
        expected = step.desired.bundle.trusted
        found = cluster.distributed()
        if found == expected:
            return cluster.settled()
        if cluster.unwatched or self._stuck(cluster) or not found & set(root_set.known):
            cluster.unwatched = False
            self._helped[cluster.name] = self._clock()
            if not cluster.settled():
                cluster.restart(self._clock())
        names = ", ".join(sorted(root_set.names.get(root, root[:12]) for root in found)) or "no root"
        return f"{cluster.name} istiod still hands out {names}"

    def _stuck(self, cluster: MeshCluster) -> bool:
        if self._clock() - self._helped[cluster.name] < self._wait_options.stuck:
            return False
        self._helped[cluster.name] = self._clock()
        return True
