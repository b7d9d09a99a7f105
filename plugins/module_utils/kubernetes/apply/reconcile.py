# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Make a layer what it is declared to be: observe, plan, lock, apply in stages, prune, wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.diff import visible
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.plan import (
    Plan,
    Step,
    Verdict,
    applied_ones,
    deletion_order,
    groups_of,
    make_plan,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.prune_guard import spared
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.record import Record, read_groups
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.server_side_apply import (
    Action,
    Executor,
    Outcome,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.stages import AWAITED, stage_of
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    Group,
    Key,
    Object,
    Objects,
    Owner,
    group_to_list,
    key_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.waiter import (
    Wait,
    Waiter,
    held,
    keys_of,
    list_group,
)

T = TypeVar("T")
R = TypeVar("R")


# Gone only when their pods are: what they use is deleted after them.
STRANGE = "carries the labels of this layer and was never applied for it; take them off it, or delete it"
_WITH_PODS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"})


@dataclass(frozen=True)
class Options:
    """How to reconcile; times in seconds."""

    prune: bool = True
    wait: bool = True
    wait_timeout: float = 300.0
    wait_sleep: float = 1.0
    force_conflicts: bool = False
    threads: int = 12
    record_namespace: str = "kube-system"
    check_mode: bool = False


@dataclass
class Result:
    """What was done (in check mode: would be done); deleted objects as they were."""

    outcomes: list[Outcome] = field(default_factory=list)
    deleted: Objects = field(default_factory=list)
    kept: dict[Key, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything differs from before."""
        return bool(self.deleted) or any(outcome.action is not Action.UNCHANGED for outcome in self.outcomes)


class Layer:
    """One owner's objects on one cluster; a context manager that ends its threads."""

    def __init__(self, client: ClusterClient, owner: Owner, options: Options) -> None:
        self._client = client
        self._owner = owner
        self._options = options
        self._pool = ThreadPoolExecutor(options.threads)
        self._record = Record(client, owner, options.record_namespace)
        self._executor = Executor(
            client,
            owner,
            force=options.force_conflicts,
            dry_run=options.check_mode,
            patience=options.wait_timeout,
        )

    def __enter__(self) -> Layer:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def present(self, desired: Objects) -> Result:
        """Make the cluster hold ``desired`` and, with pruning, nothing else of this owner."""
        plan = self._plan(desired)
        if plan.mutates and not self._options.check_mode:
            noted = groups_of(desired) | groups_of(plan.prune)
            if self._record.acquire(noted, self._options.wait_timeout):
                # Another run changed the layer while this one waited.
                plan = self._plan(desired)
            try:
                result = self._carry_out(plan)
            except BaseException:
                self._record.release()
                raise
            self._record.release(groups_of(desired) if self._options.prune and not result.kept else None)
        else:
            result = self._carry_out(plan)
        if self._options.wait and not self._options.check_mode:
            known = {outcome.step.key: outcome.live for outcome in result.outcomes if outcome.live is not None}
            self._waiter().ready(keys_of(desired), known, probe=plan.mutates)
        return result

    def absent(self, desired: Objects) -> Result:
        """Delete all that this owner has, in reverse order, and wait until it is gone."""
        lease = self._record.read()
        groups = groups_of(desired) | (read_groups(lease) if lease is not None else set(self._every_group()))
        live = self._list(groups)
        own, strangers = applied_ones(live.values())
        result = Result(deleted=deletion_order(own), kept={key_of(obj): STRANGE for obj in strangers})
        self._spare(result)
        if self._options.check_mode or (lease is None and not own):
            return result
        self._record.acquire(groups, self._options.wait_timeout)
        try:
            self._delete(result.deleted, wait=True)
        except BaseException:
            self._record.release()
            raise
        self._record.release({group_to_list(live[key]) for key in result.kept}) if result.kept else self._record.erase()
        return result

    # -- observing -------------------------------------------------------------------------------------------

    def _plan(self, desired: Objects) -> Plan:
        groups = groups_of(desired)
        if not self._options.prune:
            return make_plan(desired, self._list(groups), prune=False)
        reading = self._pool.submit(self._record.read)
        live = self._list(groups)
        # An object turns up in every version of its kind that is listed: it is compared in the one that is given.
        live = self._list(read_groups(reading.result()) - groups) | live
        return make_plan(desired, live, prune=True)

    def _list(self, groups: Iterable[Group]) -> dict[Key, Object]:
        """This owner's live objects in the groups, listed at the same time."""
        listed = self._pool.map(lambda group: list_group(self._client, group, self._owner.selector), groups)
        return {key_of(obj): obj for objects in listed for obj in objects}

    def _every_group(self) -> list[Group]:
        """Every kind that the server can list: for a layer whose record is gone."""
        return [Group(item.api_version, item.kind, "") for item in self._client.discovery.everything()]

    # -- changing --------------------------------------------------------------------------------------------

    def _carry_out(self, plan: Plan) -> Result:
        self._let_go([step for step in plan.steps if step.verdict is Verdict.LEAVING])
        self._each(self._executor.look, [step for step in plan.steps if step.verdict is Verdict.UNKNOWN])
        result = Result(deleted=list(plan.prune), kept=dict.fromkeys(plan.kept, "asked to be kept"))
        result.kept |= {key_of(obj): f"is being deleted: {held(obj)}" for obj in plan.leaving}
        result.kept |= {key_of(obj): STRANGE for obj in plan.strangers}
        done: dict[Key, Outcome] = {}
        for stage in sorted({step.stage for step in plan.pending}):
            steps = [step for step in plan.pending if step.stage == stage]
            for outcome in self._each(self._run, steps):
                done[outcome.step.key] = outcome
            self._settle(steps, done)
        result.outcomes = [done.get(step.key) or _unchanged(step) for step in plan.steps]
        self._spare(result)
        if not self._options.check_mode:
            self._delete(result.deleted, wait=False)
        return result

    def _let_go(self, steps: Sequence[Step]) -> None:
        """Wait for objects that are being deleted: what is applied to them would go with them."""
        if steps and not self._options.check_mode:
            self._waiter().gone({step.key: group_to_list(step.desired) for step in steps})
        for step in steps:
            step.live = None

    def _run(self, step: Step) -> Outcome:
        self._record.check()
        return self._executor.run(step)

    def _settle(self, steps: Sequence[Step], done: dict[Key, Outcome]) -> None:
        """Wait for what the next stage stands on."""
        awaited = [step.desired for step in steps if step.key.kind in AWAITED]
        if awaited and not self._options.check_mode:
            known = {key: outcome.live for key, outcome in done.items() if outcome.live is not None}
            self._waiter().ready(keys_of(awaited), known)

    def _delete(self, objects: Objects, *, wait: bool) -> None:
        """Delete in the order given, a stage at a time; namespaces and definitions only when the rest is gone."""
        stages = [stage_of(obj["apiVersion"], obj["kind"]) for obj in objects]
        for stage in sorted(set(stages), reverse=True):
            batch = [obj for obj, its in zip(objects, stages, strict=True) if its == stage]
            self._each(self._delete_one, batch)
            if wait or stage != min(stages):
                self._waiter().gone(keys_of(batch))

    def _delete_one(self, obj: Object) -> None:
        self._record.check()
        metadata = obj["metadata"]
        self._client.delete(
            obj["apiVersion"],
            obj["kind"],
            metadata["name"],
            metadata.get("namespace"),
            propagation="Foreground" if obj["kind"] in _WITH_PODS else "Background",
            uid=metadata.get("uid"),
        )

    def _spare(self, result: Result) -> None:
        """Keep a namespace or definition in which others' objects live: deleting it would delete them."""
        result.kept |= spared(self._client, self._owner, self._options.record_namespace, result.deleted)
        result.deleted = [obj for obj in result.deleted if key_of(obj) not in result.kept]

    def _waiter(self) -> Waiter:
        return Waiter(self._client, self._list, Wait(self._options.wait_timeout, self._options.wait_sleep))

    def _each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Do it for all items at the same time; when some fail, all of their messages in one error."""
        futures = [self._pool.submit(work, item) for item in items]
        errors = []
        results = []
        for future in futures:
            try:
                results.append(future.result())
            except PlatformError as error:
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        if errors:
            shown = "\n".join(f"- {error.message}" for error in errors[:10])
            more = f"\n- and {len(errors) - 10} more" if len(errors) > 10 else ""
            raise PlatformError(f"{len(errors)} objects failed:\n{shown}{more}")
        return results


def _unchanged(step: Step) -> Outcome:
    shown = visible(step.live)
    return Outcome(step, Action.UNCHANGED, shown, shown, [], step.live)
