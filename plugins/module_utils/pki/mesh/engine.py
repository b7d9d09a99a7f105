# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bring the mesh's authorities to what is wanted, over all clusters: read, plan, refuse or write, wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, TypeVar

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh import report
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Shape
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.planning import (
    Cast,
    Step,
    cast_roots,
    phases_of,
    step_of,
    target_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.proxies import Question
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import Root, RootStore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation import (
    PHASE_OF,
    Phase,
    Proxy,
    Stage,
    next_stage,
    refusals,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.site import Site
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.waiting import Patience, Waiting

T = TypeVar("T")


class MeshEngine:
    """Runs one stage over the clusters of a mesh."""

    def __init__(
        self,
        sites: Sequence[Site],
        store: RootStore,
        shape: Shape,
        patience: Patience,
        *,
        check_mode: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sites = sites
        self._store = store
        self._shape = shape
        self._patience = patience
        self._check_mode = check_mode
        self._clock = clock

    def run(self, asked: Stage) -> dict[str, Any]:
        """Do the stage; a PlatformError names everything that it would break."""
        with nullcontext() if self._check_mode else self._store.alone():
            return self._run(asked)

    def _run(self, asked: Stage) -> dict[str, Any]:
        self._each(Site.read)
        if asked is Stage.TRUST_BOTH:
            self._each(Site.adopt)
        now = self._clock()
        found = {site.name: site.installed for site in self._sites}
        stored = self._store.load()
        cast = cast_roots(
            stored, found, asked, self._shape, now, store=self._store.label, writable=self._store.writable
        )
        phases = phases_of(found, cast.roots)
        stage = next_stage(phases.values(), cast.roots) if asked is Stage.AUTO else asked
        targets = {site.name: target_of(site.name, stage, phases, cast.roots) for site in self._sites}
        self._refuse(stage, cast, phases, targets)
        steps = {
            site.name: step_of(site.name, found[site.name], targets[site.name], cast, self._shape, now)
            for site in self._sites
        }
        if not self._check_mode:
            # The new root first: what a cluster trusts must never be a root that nobody has.
            kept = self._keep(stored, cast.kept) if len(cast.kept) > len(stored) else stored
            self._each(lambda site: site.write(steps[site.name].wanted) if steps[site.name].findings else None)
            self._follow(stage, cast, steps)
            if self._store.writable and all(step.phase is Phase.NEW for step in steps.values()):
                self._keep(kept, [cast.new])
        return report.result(self._store, cast, stage, found, steps, now, stored)

    def _keep(self, before: Sequence[Root], after: Sequence[Root]) -> Sequence[Root]:
        if [root.id for root in before] != [root.id for root in after]:
            self._store.save(after)
        return after

    def _refuse(self, stage: Stage, cast: Cast, phases: dict[str, Phase], targets: dict[str, Phase]) -> None:
        moving = {name for name, target in targets.items() if phases.get(name, target) != target}
        foreign = [name for name, phase in phases.items() if phase is Phase.FOREIGN]
        problems = [f"{name} trusts roots that are not {cast.new.title}" for name in foreign]
        if cast.roots.old and stage is Stage.STEADY and cast.known[cast.roots.old].key is None:
            problems += [
                f"{name} trusts {cast.names[cast.roots.old]} and not {cast.new.title}; "
                f"begin the rotation with stage: {Stage.TRUST_BOTH}"
                for name, phase in phases.items()
                if phase is Phase.OLD
            ]
        if moving and not problems:
            target = PHASE_OF[stage]
            if target is Phase.BOTH:
                problems = [problem for site in self._sites if site.name in moving for problem in site.unfit()]
            else:
                question = Question(cast.certificates, upstream=target is Phase.ISSUING)
                problems = refusals(target, phases, self._observe(question), cast.roots, cast.names)
        problems += [problem for site in self._sites if site.whole is None for problem in self._overrun(site, cast)]
        if problems:
            raise PlatformError(
                f"{stage} refused, it would break somebody: {report.some(problems)}",
                {"refused": problems, "stage": str(stage)},
            )

    def _overrun(self, site: Site, cast: Cast) -> list[str]:
        """Whether a bundle would be put under an istiod that has made its proxies trust another root."""
        trusted = site.distributed() if site.istiods else frozenset()
        if not trusted or trusted & set(cast.known) or not site.observe(Question()):
            return []
        return [f"{site.name} has no sound bundle, and its proxies trust a root that istiod made itself"]

    def _observe(self, question: Question) -> list[Proxy]:
        return [proxy for seen in self._each(lambda site: site.observe(question)) for proxy in seen]

    def _follow(self, stage: Stage, cast: Cast, steps: dict[str, Step]) -> None:
        """Wait until istiod and the proxies have followed; a rerun waits for what an earlier run wrote."""
        written = [site for site in self._sites if steps[site.name].findings]
        in_rotation = [site for site in self._sites if PHASE_OF.get(stage) == steps[site.name].phase]
        concerned = in_rotation if cast.roots.old else written
        if self._patience.wait and concerned:
            Waiting(concerned, self._patience, self._clock).until_followed(
                cast, {site.name: steps[site.name] for site in concerned}, self._observe
            )

    def _each(self, act: Callable[[Site], T]) -> list[T]:
        """Do it in every cluster at the same time; an error says in which one it was."""

        def named(site: Site) -> T:
            try:
                return act(site)
            except PlatformError as error:
                if not error.message.startswith(site.name):
                    error.message = f"{site.name}: {error.message}"
                raise

        with ThreadPoolExecutor(max(1, len(self._sites))) as pool:
            return list(pool.map(named, self._sites))
