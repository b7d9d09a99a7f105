# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Carry one step out: server-side apply, for real or as a dry run, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError, Hint
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.controller_fields import (
    by_hand,
    without_yielded,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.diff import changed_fields, visible
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.foreign_changes import (
    with_others_changes,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.plan import Step, Verdict
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import INTENT, Object, Owner, owner_of

_SOON = 15.0
_INTENT = f"metadata.annotations.{INTENT}"


# Refusals of a dry run that say nothing of the run itself.
_ONLY_DRY = (Hint.WEBHOOK, Hint.TERMINATING, Hint.NO_DRY_RUN)


class Action(Enum):
    """What was done with an object (in check mode: what would be done)."""

    CREATED = "created"
    ADOPTED = "adopted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    KEPT = "kept"


@dataclass
class Outcome:
    """A step's end: the visible objects before and after, and the paths between which they differ."""

    step: Step
    action: Action
    before: Object | None
    after: Object | None
    fields: list[str]
    live: Object | None = None


class Conflict(PlatformError):
    """Another manager owns a field with another value."""


class Executor:
    """Applies the steps of one owner."""

    def __init__(self, client: ClusterClient, owner: Owner, *, force: bool, dry_run: bool, patience: float) -> None:
        self._client = client
        self._owner = owner
        self._force = force
        self._dry_run = dry_run
        # A webhook's pods are starting, a namespace of this name is still being deleted: as long as we may wait.
        self._patient = Retry(attempts=1000, base=0.25, cap=3.0, deadline=0.0 if dry_run else patience)
        # A kind that was just defined, a namespace that was just made: at once, or it is a mistake.
        self._soon = Retry(attempts=1000, base=0.1, cap=1.0, deadline=0.0 if dry_run else min(patience, _SOON))

    def look(self, step: Step) -> None:
        """Complete a step of an object that is not among the owner's: it may exist without the owner's labels."""
        metadata = step.desired["metadata"]
        try:
            step.live = self._client.get(
                step.desired["apiVersion"], step.desired["kind"], metadata["name"], metadata.get("namespace")
            )
        except UnknownKind:
            step.live = None
        if step.live is None:
            return
        other = owner_of(step.live)
        if other is not None and other != self._owner and not self._force:
            raise PlatformError(
                f"{step.key} belongs to layer {other.layer} of {other.environment}, not to layer {self._owner.layer} "
                f"of {self._owner.environment}; remove it from one of them, or set force_conflicts to take it over"
            )
        step.desired = without_yielded(step.desired, step.live)

    def run(self, step: Step) -> Outcome:
        """Apply a step, or say from a dry run what applying it would change."""
        try:
            result = self._patient.call(
                lambda: self._soon.call(lambda: self._apply(step), retryable=_about_to_be), retryable=_held_up
            )
        except (ApiError, UnknownKind) as error:
            if not self._dry_run or not _needs_the_real_thing(error):
                raise
            # What it depends on would be made in the same run, or a webhook takes no dry runs: the plan decides.
            return self._outcome(step, step.live, visible(step.desired), None)
        before = with_others_changes(step.live, result) if step.live is not None else None
        return self._outcome(step, before, visible(result), result)

    def _outcome(self, step: Step, found: Object | None, after: Object | None, live: Object | None) -> Outcome:
        before = visible(found)
        if before is None:
            return Outcome(step, Action.CREATED, None, after, [], live)
        fields = changed_fields(before, after)
        if not set(fields) - {_INTENT}:  # the same in other words, 1000m for 1
            return Outcome(step, Action.UNCHANGED, before, after, [], live)
        action = Action.ADOPTED if step.verdict is Verdict.UNKNOWN else Action.UPDATED
        return Outcome(step, action, before, after, fields, live)

    def _apply(self, step: Step) -> Object:
        try:
            return self._client.apply(step.desired, force=self._force, dry_run=self._dry_run)
        except ApiError as error:
            if error.status != 409 or not error.ownership:
                raise
            managers = {_manager(cause.message) for cause in error.ownership}
            ours = step.live is not None and owner_of(step.live) == self._owner
            if not (ours and all(by_hand(manager) for manager in managers)):
                raise Conflict(_explain(step, error)) from None
        # Changed by hand on an object of ours: that is drift, and the declared state wins.
        return self._client.apply(step.desired, force=True, dry_run=self._dry_run)


def _held_up(error: Exception) -> bool:
    return isinstance(error, ApiError) and error.hint in (Hint.WEBHOOK, Hint.TERMINATING)


def _about_to_be(error: Exception) -> bool:
    return isinstance(error, UnknownKind) or (isinstance(error, ApiError) and error.status == 404)


def _needs_the_real_thing(error: PlatformError) -> bool:
    return _about_to_be(error) or (isinstance(error, ApiError) and error.hint in _ONLY_DRY)


def _manager(message: str) -> str:
    """From ``conflict with "kubectl-edit" using apps/v1``."""
    parts = message.split('"')
    return parts[1] if len(parts) > 2 else message


def _explain(step: Step, error: ApiError) -> str:
    held: dict[str, list[str]] = {}
    for cause in error.ownership:
        held.setdefault(_manager(cause.message), []).append(cause.field.lstrip("."))
    said = "; ".join(f"{manager} owns {', '.join(fields)}" for manager, fields in sorted(held.items()))
    return (
        f"{step.key}: conflict: {said}. Leave these fields out, or set force_conflicts to take them from their managers"
    )
