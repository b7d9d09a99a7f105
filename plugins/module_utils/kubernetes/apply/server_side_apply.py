# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Carry one planned out: server-side apply, for real or as a dry run, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError, Hint
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.conflicts import (
    FieldConflict,
    conflicting,
    explain,
    only_shared,
    only_user_tools,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.plan import Comparison, ObjectPlan
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.reverted import (
    Reverted,
    reverted_fields,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.controller_fields import (
    without_controller_fields,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.diff import changed_fields, comparable
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.field_sets import value_at
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.foreign_changes import (
    with_foreign_changes,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.foreign_fields import (
    foreign_fields,
    moved_to_us,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.prediction import applied
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.shared_fields import (
    with_shared_values,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    DESIRED_HASH,
    Object,
    Owner,
    owner_of,
)

_SOON = 15.0
_ATTEMPTS = 5
_HASH_FIELD = f"metadata.annotations.{DESIRED_HASH}"


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
class ObjectResult:
    """What became of one object: before and after, comparable, the paths that differ, what was reverted."""

    planned: ObjectPlan
    action: Action
    before: Object | None
    after: Object | None
    fields: list[str]
    live: Object | None = None
    reverted: list[Reverted] = field(default_factory=list)


class Applier:
    """Applies the objects of one owner; ``patience`` is how long to wait for webhooks and namespaces, in seconds.

    ``force`` takes fields from other managers and objects from other owners; ``dry_run`` changes nothing.
    """

    def __init__(
        self,
        client: ClusterClient,
        owner: Owner,
        *,
        force: bool,
        policy: ManagerPolicy,
        dry_run: bool,
        patience: float,
    ) -> None:
        self._client = client
        self._policy = policy
        self._owner = owner
        self._force = force
        self._dry_run = dry_run
        # A webhook's pods are starting, a namespace of this name is still being deleted: as long as we may wait.
        self._patient = Retry(attempts=1000, base=0.25, cap=3.0, deadline=0.0 if dry_run else patience)
        # A kind that was just defined, a namespace that was just made: at once, or it is a mistake.
        self._soon = Retry(attempts=1000, base=0.1, cap=1.0, deadline=0.0 if dry_run else min(patience, _SOON))

    def find_live(self, planned: ObjectPlan) -> None:
        """Read an object that is not among the owner's: it may exist without the owner's labels."""
        try:
            planned.live = self._read(planned)
        except UnknownKind:
            planned.live = None
        if planned.live is None:
            return
        other = owner_of(planned.live)
        if other is not None and other != self._owner and not self._force:
            raise PlatformError(
                f"{planned.key} belongs to layer {other.layer} of {other.environment}, not to layer "
                f"{self._owner.layer} of {self._owner.environment}; remove it from one of them, "
                "or set force_conflicts to take it over"
            )
        desired = with_shared_values(planned.desired, planned.live)
        planned.desired = without_controller_fields(desired, planned.live, self._policy)

    def apply(self, planned: ObjectPlan) -> ObjectResult:
        """Apply an object, or say from a dry run what applying it would change."""
        try:
            result = self._patient.call(
                lambda: self._soon.call(lambda: self._apply(planned), retryable=_not_served_yet), retryable=_blocked
            )
        except (ApiError, UnknownKind) as error:
            if not self._dry_run or not _fails_only_dry(error):
                raise
            # What it depends on would be made in the same run, or a webhook takes no dry runs: the plan decides.
            return self._result(planned, planned.live, comparable(planned.desired), None)
        before = with_foreign_changes(planned.live, result) if planned.live is not None else None
        return self._result(planned, before, comparable(result), result)

    def _result(
        self, planned: ObjectPlan, found: Object | None, after: Object | None, live: Object | None
    ) -> ObjectResult:
        before = comparable(found)
        if before is None:
            return ObjectResult(planned, Action.CREATED, None, after, [], live)
        fields = changed_fields(before, after)
        if not set(fields) - {_HASH_FIELD}:  # the same in other words, 1000m for 1
            return ObjectResult(planned, Action.UNCHANGED, before, after, [], live)
        action = Action.ADOPTED if planned.comparison is Comparison.NOT_OWNED else Action.UPDATED
        reverted = reverted_fields(planned, before, after or {}, self._policy)
        return ObjectResult(planned, action, before, after, fields, live, reverted)

    def _apply(self, planned: ObjectPlan) -> Object:
        desired = planned.desired
        if planned.live is not None and foreign_fields(desired, planned.live, self._policy):
            if self._dry_run:
                return self._dry_replace(planned)
            self._take_over(planned)
        result = self._server_side_apply(planned)
        # An object without managedFields has its fields recorded by the server at this apply (before-first-apply).
        if planned.live is not None and foreign_fields(desired, result, self._policy):
            if self._dry_run:
                return applied(desired, result, self._policy)
            self._client.set_managed_fields(result, moved_to_us(desired, result, self._policy))
            result = self._server_side_apply(planned)
        return result

    def _server_side_apply(self, planned: ObjectPlan) -> Object:
        try:
            return self._client.apply(planned.desired, force=self._force, dry_run=self._dry_run)
        except ApiError as error:
            if not error.ownership:
                raise
            ours = planned.live is not None and owner_of(planned.live) == self._owner
            shared = ours and only_shared(planned.desired, error)
            if not shared and not (
                only_user_tools(error, self._policy) and (ours or self._same_values(planned, error))
            ):
                raise FieldConflict(explain(planned.key, error)) from None
        # A person's tool changed an object of ours: that is drift, and the desired state wins. In a shared field it
        # has the controller's values in it.
        return self._client.apply(planned.desired, force=True, dry_run=self._dry_run)

    def _same_values(self, planned: ObjectPlan, error: ApiError) -> bool:
        """Whether an object to adopt has the desired values, perhaps in other words (0.1 for 100m)."""
        live, made = planned.live or {}, self._client.apply(planned.desired, force=True, dry_run=True)
        return all(value_at(live, path) == value_at(made, path) for path in conflicting(live, error))

    def _take_over(self, planned: ObjectPlan) -> None:
        """Make foreign fields ours, so that the apply removes them; another write meanwhile begins it anew."""
        for _attempt in range(_ATTEMPTS):
            live = self._read(planned) if _attempt else planned.live
            if live is None or not foreign_fields(planned.desired, live, self._policy):
                return
            try:
                self._client.set_managed_fields(live, moved_to_us(planned.desired, live, self._policy))
            except ApiError as error:
                if error.status not in (404, 409) or _attempt == _ATTEMPTS - 1:
                    raise
            else:
                return

    def _dry_replace(self, planned: ObjectPlan) -> Object:
        """What the server would make of the object after the apply, with its defaults and admission."""
        live = planned.live
        for _attempt in range(_ATTEMPTS):
            try:
                return self._client.replace(applied(planned.desired, live or {}, self._policy), dry_run=True)
            except ApiError as error:
                live = self._read(planned)
                if error.status != 409 or live is None or _attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError

    def _read(self, planned: ObjectPlan) -> Object | None:
        metadata = planned.desired["metadata"]
        api_version, kind = planned.desired["apiVersion"], planned.desired["kind"]
        return self._client.get(api_version, kind, metadata["name"], metadata.get("namespace"))


def _blocked(error: Exception) -> bool:
    return isinstance(error, ApiError) and error.hint in (Hint.WEBHOOK, Hint.TERMINATING)


def _not_served_yet(error: Exception) -> bool:
    return isinstance(error, UnknownKind) or (isinstance(error, ApiError) and error.status == 404)


def _fails_only_dry(error: PlatformError) -> bool:
    return _not_served_yet(error) or (isinstance(error, ApiError) and error.hint in _ONLY_DRY)
