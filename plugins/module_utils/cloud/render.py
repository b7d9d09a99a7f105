# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plan for people: by resource, by field, with counts at the end. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply import Outcome
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.compare import Change
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.operation import Operation
from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import plain
from ansible_collections.pingpong.platform.plugins.module_utils.common.redact import MASKED
from ansible_collections.pingpong.platform.plugins.module_utils.common.results import diff

_COUNTED = ("create", "update", "replace", "delete", "blocked")


def report(operations: tuple[Operation, ...], outcome: Outcome, check: bool) -> dict[str, Any]:
    """The parts of a task's result that say what differs: changed, resources, counts, summary and diff."""
    shown = [operation for operation in operations if operation.action != "none"]
    counts = {action: sum(operation.action == action for operation in operations) for action in _COUNTED}
    counts["unchanged"] = len(operations) - len(shown)
    changed = any(operation.action != "blocked" for operation in shown) if check else _did(shown, outcome)
    return {
        "changed": changed,
        "resources": [_entry(operation, outcome) for operation in operations],
        "counts": counts,
        "summary": summary(counts),
        "diff": [_diff(operation) for operation in shown],
    }


def summary(counts: dict[str, int]) -> str:
    """``2 to create, 1 to update, 17 unchanged``."""
    words = {"create": "to create", "update": "to update", "replace": "to replace", "delete": "to delete"}
    parts = [f"{counts[action]} {text}" for action, text in words.items() if counts[action]]
    if counts["blocked"]:
        parts.append(f"{counts['blocked']} that cannot be done as wished")
    return ", ".join([*parts, f"{counts['unchanged']} unchanged"])


def shown_changes(operation: Operation) -> list[Change]:
    """The changes with sensitive values masked."""
    sensitive = operation.resource.kind.sensitive
    return [
        Change(change.path, change.before and MASKED, change.after and MASKED, change.why)
        if any(change.path == path or change.path.startswith(f"{path}.") for path in sensitive)
        else Change(change.path, plain(change.before), plain(change.after), change.why)
        for change in operation.changes
    ]


def _did(shown: list[Operation], outcome: Outcome) -> bool:
    keys = {*outcome.done, *outcome.failed}
    return any(operation.key in keys for operation in shown)


def _entry(operation: Operation, outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {"key": operation.key, "kind": operation.resource.kind.name, "action": operation.action}
    if operation.action != "none":
        entry["fields"] = [
            {"field": change.path, "before": change.before, "after": change.after, "why": change.why}
            for change in shown_changes(operation)
        ]
    if operation.why:
        entry["why"] = operation.why
    if operation.key in outcome.failed:
        entry["failed"] = outcome.failed[operation.key].message
    return entry


def _diff(operation: Operation) -> dict[str, str]:
    changes = shown_changes(operation)
    why = f" ({operation.why})" if operation.why else ""
    header = f"{operation.key} in {_place(operation)}: {operation.action}{why}"
    if operation.action == "delete" and not changes:
        return diff({"exists": True}, None, header)
    new = operation.action == "create"
    before = None if new else {change.path: change.before for change in changes}
    return diff(before, {change.path: change.after for change in changes}, header)


def _place(operation: Operation) -> str:
    place = operation.resource.place
    return "/".join(value for name, value in place.items() if name not in operation.resource.kind.body_locators)
