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
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.plan import (
    Comparison,
    LayerPlan,
    ObjectPlan,
    deletion_order,
    list_scopes,
    plan_layer,
    split_managed,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.prune_guard import protected
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.record import Record, recorded_scopes
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.retention import keep_reason
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.server_side_apply import (
    Action,
    Applier,
    ObjectResult,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.diff import comparable
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.stages import AWAITED, stage_of
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    Key,
    ListScope,
    Object,
    Objects,
    Owner,
    key_of,
    list_scope_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.waiter import (
    Waiter,
    WaitOptions,
    deletion_blockers,
    keys_of,
    list_scope,
)

T = TypeVar("T")
R = TypeVar("R")


UNMANAGED = "carries the labels of this layer and was never applied for it; take them off it, or delete it"
# Deleted in the foreground: gone only when their pods are, so that what they use is deleted after them.
_WITH_PODS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout", "Job", "CronJob"})


@dataclass(frozen=True)
class Options:
    """How to reconcile; times in seconds."""

    prune: bool = True
    wait: bool = True
    wait_timeout: float = 300.0
    wait_sleep: float = 1.0
    force_conflicts: bool = False
    policy: ManagerPolicy = field(default_factory=ManagerPolicy)
    threads: int = 12
    record_namespace: str = "kube-system"
    check_mode: bool = False


@dataclass
class LayerResult:
    """What was done (in check mode: would be done); deleted objects as they were."""

    objects: list[ObjectResult] = field(default_factory=list)
    deleted: Objects = field(default_factory=list)
    kept: dict[Key, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything differs from before."""
        return bool(self.deleted) or any(one.action is not Action.UNCHANGED for one in self.objects)


class LayerReconciler:
    """One owner's objects on one cluster: list, plan, lock, apply, prune, wait. A context manager, for its threads.

    ``present`` and ``absent`` take the desired objects as ``manifests.objects.prepare`` makes them, and raise a
    PlatformError for a refusal, a conflict of field managers (``FieldConflict``), a lock that another run holds
    (DeadlineError), or an object that cannot become ready (``NotReady``).
    """

    def __init__(self, client: ClusterClient, owner: Owner, options: Options) -> None:
        self._client = client
        self._owner = owner
        self._options = options
        self._pool = ThreadPoolExecutor(options.threads)
        self._record = Record(client, owner, options.record_namespace)
        self._applier = Applier(
            client,
            owner,
            force=options.force_conflicts,
            policy=options.policy,
            dry_run=options.check_mode,
            patience=options.wait_timeout,
        )

    def __enter__(self) -> LayerReconciler:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def present(self, desired: Objects) -> LayerResult:
        """Make the cluster hold ``desired`` and, with pruning, nothing else of this owner."""
        plan = self._plan(desired)
        if plan.mutates and not self._options.check_mode:
            noted = list_scopes(desired) | list_scopes(plan.prune)
            if self._record.acquire(noted, self._options.wait_timeout):
                # Another run changed the layer while this one waited.
                plan = self._plan(desired)
            try:
                result = self._apply_plan(plan)
            except BaseException:
                self._record.release()
                raise
            self._record.release(list_scopes(desired) if self._options.prune and not result.kept else None)
        else:
            result = self._apply_plan(plan)
        if self._options.wait and not self._options.check_mode:
            known = {one.planned.key: one.live for one in result.objects if one.live is not None}
            self._waiter().until_ready(keys_of(desired), known, probe=plan.mutates)
        return result

    def absent(self, desired: Objects) -> LayerResult:
        """Delete all that this owner has, in reverse order, and wait until it is gone."""
        lease = self._record.read()
        scopes = list_scopes(desired) | (recorded_scopes(lease) if lease is not None else set(self._every_scope()))
        live = self._list(scopes)
        own, unmanaged = split_managed(live.values())
        kept = {key_of(obj): reason for obj in own if (reason := keep_reason(obj))}
        result = LayerResult(deleted=deletion_order(obj for obj in own if key_of(obj) not in kept), kept=kept)
        self._keep_protected(result)
        result.kept |= {key_of(obj): UNMANAGED for obj in unmanaged}
        if self._options.check_mode or (not result.deleted and (lease is None or result.kept)):
            return result
        self._record.acquire(scopes, self._options.wait_timeout)
        try:
            self._delete(result.deleted, wait=True)
        except BaseException:
            self._record.release()
            raise
        self._record.release({list_scope_of(live[key]) for key in result.kept}) if result.kept else self._record.erase()
        return result

    # -- observing -------------------------------------------------------------------------------------------

    def _plan(self, desired: Objects) -> LayerPlan:
        scopes = list_scopes(desired)
        if not self._options.prune:
            return plan_layer(desired, self._list(scopes), prune=False, policy=self._options.policy)
        reading = self._pool.submit(self._record.read)
        live = self._list(scopes)
        # An object turns up in every version of its kind that is listed: it is compared in the one that is given.
        live = self._list(recorded_scopes(reading.result()) - scopes) | live
        return plan_layer(desired, live, prune=True, policy=self._options.policy)

    def _list(self, scopes: Iterable[ListScope]) -> dict[Key, Object]:
        """This owner's live objects in the scopes, listed at the same time."""
        listed = self._pool.map(lambda scope: list_scope(self._client, scope, self._owner.selector), scopes)
        return {key_of(obj): obj for objects in listed for obj in objects}

    def _every_scope(self) -> list[ListScope]:
        """Every kind that the server can list: for a layer whose record is gone."""
        return [ListScope(item.api_version, item.kind, "") for item in self._client.discovery.listable_kinds()]

    # -- changing --------------------------------------------------------------------------------------------

    def _apply_plan(self, plan: LayerPlan) -> LayerResult:
        self._await_deletion(plan.which(Comparison.TERMINATING))
        self._in_parallel(self._applier.find_live, plan.which(Comparison.NOT_OWNED))
        done: dict[Key, ObjectResult] = {}
        for stage in sorted({planned.stage for planned in plan.pending}):
            batch = [planned for planned in plan.pending if planned.stage == stage]
            done |= {result.planned.key: result for result in self._in_parallel(self._apply_object, batch)}
            self._await_ready([one.desired for one in batch if one.key.kind in AWAITED], done)
        result = LayerResult(
            [done.get(planned.key) or _unchanged(planned) for planned in plan.objects], list(plan.prune)
        )
        result.kept |= plan.kept
        self._keep_protected(result)
        result.kept |= {key_of(obj): f"is being deleted: {deletion_blockers(obj)}" for obj in plan.terminating}
        result.kept |= {key_of(obj): UNMANAGED for obj in plan.unmanaged}
        if self._options.wait:
            self._await_ready(plan.replacements, done)
        if not self._options.check_mode:
            self._delete(result.deleted, wait=False)
        return result

    def _await_deletion(self, objects: Sequence[ObjectPlan]) -> None:
        """Wait for objects that are being deleted: what is applied to them would go with them."""
        if objects and not self._options.check_mode:
            self._waiter().until_deleted({planned.key: list_scope_of(planned.desired) for planned in objects})
        for planned in objects:
            planned.live = None

    def _apply_object(self, planned: ObjectPlan) -> ObjectResult:
        self._record.check()
        return self._applier.apply(planned)

    def _await_ready(self, awaited: Objects, done: dict[Key, ObjectResult]) -> None:
        """Wait for what the next step depends on: namespaces and definitions, or the workload that takes over."""
        if awaited and not self._options.check_mode:
            known = {key: result.live for key, result in done.items() if result.live is not None}
            self._waiter().until_ready(keys_of(awaited), known)

    def _delete(self, objects: Objects, *, wait: bool) -> None:
        """Delete in the order given, a stage at a time; namespaces and definitions only when the rest is gone."""
        stages = [stage_of(obj["apiVersion"], obj["kind"]) for obj in objects]
        for stage in sorted(set(stages), reverse=True):
            batch = [obj for obj, its in zip(objects, stages, strict=True) if its == stage]
            self._in_parallel(self._delete_one, batch)
            if wait or stage != min(stages):
                self._waiter().until_deleted(keys_of(batch))

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

    def _keep_protected(self, result: LayerResult) -> None:
        """Keep a namespace or definition that holds what is another owner's, or kept: deleting it would delete that."""
        namespace = self._options.record_namespace
        result.kept |= protected(self._client, self._owner, namespace, result.deleted, list(result.kept))
        result.deleted = [obj for obj in result.deleted if key_of(obj) not in result.kept]

    def _waiter(self) -> Waiter:
        return Waiter(self._client, self._list, WaitOptions(self._options.wait_timeout, self._options.wait_sleep))

    def _in_parallel(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
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


def _unchanged(planned: ObjectPlan) -> ObjectResult:
    shown = comparable(planned.live)
    return ObjectResult(planned, Action.UNCHANGED, shown, shown, [], planned.live)
