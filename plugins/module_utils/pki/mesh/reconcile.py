# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bring the mesh's authorities to what is declared, over all clusters: read, plan, refuse or write, wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, TypeVar

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh import report
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.cluster import MeshCluster
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Shape
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.proxies import ProxyQuery
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import Root, RootStore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.plan import (
    RootSet,
    Step,
    phases_of,
    select_roots,
    step_of,
    target_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import (
    PHASE_OF,
    Phase,
    Proxy,
    Stage,
    next_stage,
    refusals,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.wait import RolloutWait, WaitOptions

T = TypeVar("T")


class MeshEngine:
    """Runs one stage over the clusters of a mesh."""

    def __init__(
        self,
        clusters: Sequence[MeshCluster],
        store: RootStore,
        shape: Shape,
        wait_options: WaitOptions,
        *,
        check_mode: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clusters = clusters
        self._store = store
        self._shape = shape
        self._wait_options = wait_options
        self._check_mode = check_mode
        self._clock = clock

    def run(self, requested: Stage) -> dict[str, Any]:
        """Do the stage and return the task's result.

        Raises PlatformError, before anything is written, with everything that the stage would break under
        ``refused``; DeadlineError, after it was written, with who has not followed under ``lagging``. A killed run
        leaves a state from which the next one goes on.
        """
        with nullcontext() if self._check_mode else self._store.locked():
            return self._run(requested)

    def _run(self, requested: Stage) -> dict[str, Any]:
        self._each(MeshCluster.read)
        if requested is Stage.TRUST_BOTH:
            self._each(MeshCluster.adopt)
        now = self._clock()
        found = {cluster.name: cluster.installed for cluster in self._clusters}
        stored = self._store.load()
        root_set = select_roots(
            stored, found, requested, self._shape, now, store=self._store.label, writable=self._store.writable
        )
        phases = phases_of(found, root_set.roots)
        stage = next_stage(phases.values(), root_set.roots) if requested is Stage.AUTO else requested
        targets = {cluster.name: target_of(cluster.name, stage, phases, root_set.roots) for cluster in self._clusters}
        self._refuse(stage, root_set, phases, targets)
        steps = {
            cluster.name: step_of(cluster.name, found[cluster.name], targets[cluster.name], root_set, self._shape, now)
            for cluster in self._clusters
        }
        if not self._check_mode:
            # The new root first: what a cluster trusts must never be a root that nobody has.
            kept = self._keep(stored, root_set.kept) if len(root_set.kept) > len(stored) else stored
            self._each(
                lambda cluster: cluster.write(steps[cluster.name].desired) if steps[cluster.name].findings else None
            )
            self._follow(stage, root_set, steps)
            if self._store.writable and all(step.phase is Phase.NEW for step in steps.values()):
                self._keep(kept, [root_set.new])
        return report.result(self._store, root_set, stage, found, steps, now, stored)

    def _keep(self, before: Sequence[Root], after: Sequence[Root]) -> Sequence[Root]:
        if [root.id for root in before] != [root.id for root in after]:
            self._store.save(after)
        return after

    def _refuse(self, stage: Stage, root_set: RootSet, phases: dict[str, Phase], targets: dict[str, Phase]) -> None:
        moving = {name for name, target in targets.items() if phases.get(name, target) != target}
        foreign = [name for name, phase in phases.items() if phase is Phase.FOREIGN]
        problems = [f"{name} trusts roots that are not {root_set.new.title}" for name in foreign]
        if root_set.roots.old and stage is Stage.STEADY and root_set.known[root_set.roots.old].key is None:
            problems += [
                f"{name} trusts {root_set.names[root_set.roots.old]} and not {root_set.new.title}; "
                f"begin the rotation with stage: {Stage.TRUST_BOTH}"
                for name, phase in phases.items()
                if phase is Phase.OLD
            ]
        if moving and not problems:
            target = PHASE_OF[stage]
            if target is Phase.BOTH:
                problems = [
                    problem
                    for cluster in self._clusters
                    if cluster.name in moving
                    for problem in cluster.rotation_obstacles()
                ]
            else:
                query = ProxyQuery(root_set.certificates, upstream=target is Phase.ISSUING)
                problems = refusals(target, phases, self._observe(query), root_set.roots, root_set.names)
        problems += [
            problem
            for cluster in self._clusters
            if cluster.usable is None
            for problem in self._overrun(cluster, root_set)
        ]
        if problems:
            raise PlatformError(
                f"{stage} refused, it would break somebody: {report.some(problems)}",
                {"refused": problems, "stage": str(stage)},
            )

    def _overrun(self, cluster: MeshCluster, root_set: RootSet) -> list[str]:
        """Whether a bundle would be put under an istiod that has made its proxies trust another root."""
        trusted = cluster.distributed() if cluster.istiods else frozenset()
        if not trusted or trusted & set(root_set.known) or not cluster.observe(ProxyQuery()):
            return []
        return [f"{cluster.name} has no sound bundle, and its proxies trust a root that istiod made itself"]

    def _observe(self, query: ProxyQuery) -> list[Proxy]:
        return [proxy for seen in self._each(lambda cluster: cluster.observe(query)) for proxy in seen]

    def _follow(self, stage: Stage, root_set: RootSet, steps: dict[str, Step]) -> None:
        """Wait until istiod and the proxies have followed; a rerun waits for what an earlier run wrote."""
        written = [cluster for cluster in self._clusters if steps[cluster.name].findings]
        in_rotation = [cluster for cluster in self._clusters if PHASE_OF.get(stage) == steps[cluster.name].phase]
        concerned = in_rotation if root_set.roots.old else written
        if self._wait_options.wait and concerned:
            RolloutWait(concerned, self._wait_options, self._clock).until_followed(
                root_set, {cluster.name: steps[cluster.name] for cluster in concerned}, self._observe
            )

    def _each(self, act: Callable[[MeshCluster], T]) -> list[T]:
        """Do it in every cluster at the same time; an error says in which one it was."""

        def named(cluster: MeshCluster) -> T:
            try:
                return act(cluster)
            except PlatformError as error:
                if not error.message.startswith(cluster.name):
                    error.message = f"{cluster.name}: {error.message}"
                raise

        with ThreadPoolExecutor(max(1, len(self._clusters))) as pool:
            return list(pool.map(named, self._clusters))
