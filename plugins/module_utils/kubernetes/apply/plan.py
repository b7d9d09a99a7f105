# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is to be done, decided from what is desired and what is live. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.controller_fields import (
    without_yielded,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.diff import drift
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.stages import stage_of
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    FIELD_MANAGER,
    PRUNE,
    Group,
    Key,
    Object,
    Objects,
    group_to_list,
    key_of,
)


class Verdict(Enum):
    """What the comparison of one object says."""

    UNKNOWN = "unknown"  # not among the owner's objects: to be created, or another's to be adopted
    LEAVING = "leaving"  # being deleted: to be created when it is gone
    SUSPECT = "suspect"  # may differ: the server decides
    UNCHANGED = "unchanged"


@dataclass
class Step:
    """One desired object and what is known of it; ``reason`` says why it is not unchanged."""

    key: Key
    desired: Object
    live: Object | None
    verdict: Verdict
    reason: str = ""

    @property
    def stage(self) -> int:
        """Its place in the order."""
        return stage_of(self.desired["apiVersion"], self.desired["kind"])


@dataclass
class Plan:
    """Steps in the order given, objects to prune in the order of their deletion, and those kept on request.

    ``leaving`` are objects that would be pruned, but are being deleted already; ``strangers`` carry the owner's labels
    and were never applied for it, such as a copy that somebody made by hand.
    """

    steps: list[Step]
    prune: Objects = field(default_factory=list)
    kept: list[Key] = field(default_factory=list)
    leaving: Objects = field(default_factory=list)
    strangers: Objects = field(default_factory=list)

    @property
    def pending(self) -> list[Step]:
        """The steps that need the server."""
        return [step for step in self.steps if step.verdict is not Verdict.UNCHANGED]

    @property
    def mutates(self) -> bool:
        """Whether anything may have to be written."""
        return bool(self.prune) or any(step.verdict is not Verdict.UNCHANGED for step in self.steps)


def make_plan(desired: Iterable[Object], live: Mapping[Key, Object], *, prune: bool) -> Plan:
    """Compare each desired object with the owner's live ones; with ``prune`` the live ones not desired go."""
    steps = [_step(obj, live.get(key_of(obj))) for obj in desired]
    plan = Plan(steps)
    if prune:
        wanted = {step.key for step in steps}
        extra, plan.strangers = applied_ones(obj for key, obj in live.items() if key not in wanted)
        plan.kept = [key_of(obj) for obj in extra if _keep(obj)]
        plan.leaving = [obj for obj in extra if not _keep(obj) and "deletionTimestamp" in obj["metadata"]]
        plan.prune = deletion_order(obj for obj in extra if not _keep(obj) and obj not in plan.leaving)
    return plan


def applied_ones(objects: Iterable[Object]) -> tuple[Objects, Objects]:
    """Those that this collection applied, and those that only carry its labels; what controllers made is neither."""
    own = [obj for obj in objects if not _dependent(obj)]
    return [obj for obj in own if _applied(obj)], [obj for obj in own if not _applied(obj)]


def deletion_order(objects: Iterable[Object]) -> Objects:
    """The reverse of the order of creation, so that nothing is judged or needed by what is already gone."""
    return sorted(
        objects,
        key=lambda obj: (-stage_of(obj["apiVersion"], obj["kind"]), obj["kind"], key_of(obj)),
    )


def groups_of(objects: Iterable[Object]) -> set[Group]:
    """The LISTs in which objects turn up."""
    return {group_to_list(obj) for obj in objects}


def _step(obj: Object, live: Object | None) -> Step:
    key = key_of(obj)
    if live is None:
        return Step(key, obj, None, Verdict.UNKNOWN, "does not exist for this owner")
    if "deletionTimestamp" in live["metadata"]:
        return Step(key, obj, live, Verdict.LEAVING, "is being deleted")
    desired = without_yielded(obj, live)
    reason = drift(desired, live)
    verdict = Verdict.UNCHANGED if reason is None else Verdict.SUSPECT
    return Step(key, desired, live, verdict, reason or "")


def _keep(obj: Object) -> bool:
    return bool((obj["metadata"].get("annotations") or {}).get(PRUNE) == "keep")


def _applied(obj: Object) -> bool:
    entries = obj["metadata"].get("managedFields") or []
    return any(entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply" for entry in entries)


def _dependent(obj: Object) -> bool:
    """Made by a controller from an object of ours, whose labels it copied: it goes when its owner goes."""
    if (obj["apiVersion"], obj["kind"]) == ("v1", "Endpoints") and not _applied(obj):
        return True
    return any(reference.get("controller") for reference in obj["metadata"].get("ownerReferences") or [])
