# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is to be done with each object of a layer, from desired and live. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.retention import keep_reason
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.controller_fields import (
    without_controller_fields,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.diff import drift
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.shared_fields import (
    with_shared_values,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.stages import stage_of
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    FIELD_MANAGER,
    Key,
    ListScope,
    Object,
    Objects,
    key_of,
    list_scope_of,
)

# Both roll by starting new pods beside the old ones, so that one can take over from the other.
_ROLLING = frozenset({"Deployment", "Rollout"})


class Comparison(Enum):
    """What the comparison of one object says."""

    NOT_OWNED = "unknown"  # not among the owner's objects: to be created, or another's to be adopted
    TERMINATING = "terminating"  # being deleted: to be created when it is gone
    MAY_DIFFER = "may differ"  # may differ: the server decides
    UNCHANGED = "unchanged"


@dataclass
class ObjectPlan:
    """One desired object beside its live one, None where there is none; ``reason`` says why it is not unchanged."""

    key: Key
    desired: Object
    live: Object | None
    comparison: Comparison
    reason: str = ""

    @property
    def stage(self) -> int:
        """Its place in the order."""
        return stage_of(self.desired["apiVersion"], self.desired["kind"])


@dataclass
class LayerPlan:
    """A layer's objects in the order given, those to prune in deletion order, and those kept with the reason.

    ``terminating`` are objects that would be pruned, but are being deleted already; ``unmanaged`` carry the owner's
    labels and were never applied for it, such as a copy made by hand.
    """

    objects: list[ObjectPlan]
    prune: Objects = field(default_factory=list)
    kept: dict[Key, str] = field(default_factory=dict)
    terminating: Objects = field(default_factory=list)
    unmanaged: Objects = field(default_factory=list)

    def which(self, comparison: Comparison) -> list[ObjectPlan]:
        """The objects that compared so."""
        return [planned for planned in self.objects if planned.comparison is comparison]

    @property
    def pending(self) -> list[ObjectPlan]:
        """The objects that need the server."""
        return [planned for planned in self.objects if planned.comparison is not Comparison.UNCHANGED]

    @property
    def mutates(self) -> bool:
        """Whether anything may have to be written."""
        return bool(self.prune) or any(planned.comparison is not Comparison.UNCHANGED for planned in self.objects)

    @property
    def replacements(self) -> Objects:
        """The desired workloads that take over from a pruned one, such as a Rollout from the Deployment of its name."""
        going = {(key.namespace, key.name) for key in map(key_of, self.prune) if key.kind in _ROLLING}
        return [
            planned.desired
            for planned in self.objects
            if planned.key.kind in _ROLLING and (planned.key.namespace, planned.key.name) in going
        ]


def plan_layer(
    desired: Iterable[Object], live: Mapping[Key, Object], *, prune: bool, policy: ManagerPolicy
) -> LayerPlan:
    """Compare each desired object with the owner's live ones; with ``prune`` the undeclared live ones are deleted.

    ``live`` holds what the owner's label selector lists, with ``managedFields``.
    """
    objects = [_plan_object(obj, live.get(key_of(obj)), policy) for obj in desired]
    plan = LayerPlan(objects)
    if prune:
        declared = {planned.key for planned in objects}
        extra, plan.unmanaged = split_managed(obj for key, obj in live.items() if key not in declared)
        plan.terminating = [obj for obj in extra if "deletionTimestamp" in obj["metadata"]]
        extra = [obj for obj in extra if obj not in plan.terminating]
        plan.kept = {key_of(obj): reason for obj in extra if (reason := keep_reason(obj))}
        plan.prune = deletion_order(obj for obj in extra if key_of(obj) not in plan.kept)
    return plan


def split_managed(objects: Iterable[Object]) -> tuple[Objects, Objects]:
    """Those that this collection applied, and those that only carry its labels; what controllers made is neither."""
    own = [obj for obj in objects if not _dependent(obj)]
    return [obj for obj in own if _applied(obj)], [obj for obj in own if not _applied(obj)]


def deletion_order(objects: Iterable[Object]) -> Objects:
    """The reverse of the order of creation, so that nothing is judged or needed by what is already gone."""
    return sorted(
        objects,
        key=lambda obj: (-stage_of(obj["apiVersion"], obj["kind"]), obj["kind"], key_of(obj)),
    )


def list_scopes(objects: Iterable[Object]) -> set[ListScope]:
    """The LISTs in which objects turn up."""
    return {list_scope_of(obj) for obj in objects}


def _plan_object(obj: Object, live: Object | None, policy: ManagerPolicy) -> ObjectPlan:
    key = key_of(obj)
    if live is None:
        return ObjectPlan(key, obj, None, Comparison.NOT_OWNED, "does not exist for this owner")
    if "deletionTimestamp" in live["metadata"]:
        return ObjectPlan(key, obj, live, Comparison.TERMINATING, "is being deleted")
    desired = without_controller_fields(with_shared_values(obj, live), live, policy)
    reason = drift(desired, live, policy)
    comparison = Comparison.UNCHANGED if reason is None else Comparison.MAY_DIFFER
    return ObjectPlan(key, desired, live, comparison, reason or "")


def _applied(obj: Object) -> bool:
    entries = obj["metadata"].get("managedFields") or []
    return any(entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply" for entry in entries)


def _dependent(obj: Object) -> bool:
    """Made by a controller from an object of ours, whose labels it copied: it goes when its owner goes."""
    if (obj["apiVersion"], obj["kind"]) == ("v1", "Endpoints") and not _applied(obj):
        return True
    return any(reference.get("controller") for reference in obj["metadata"].get("ownerReferences") or [])
