# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plan for people: by resource, by field, with counts at the end. Pure."""

from __future__ import annotations

import difflib
import json
from dataclasses import replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.execute import Outcome
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import Operation
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.diff import Change, masked
from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import plain

_SIGNS = {"create": "+", "update": "~", "replace": "!", "delete": "-", "blocked": "x"}
_ABSENT = "(absent)"
_NAMES = ("name", "rangeName", "key", "role", "priority")
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
        "diff": [{"prepared": plan_text(shown, counts)}] if shown else [],
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
    changes = (masked(operation.resource.kind, change) for change in operation.changes)
    return [replace(change, before=plain(change.before), after=plain(change.after)) for change in changes]


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


def plan_text(operations: list[Operation], counts: dict[str, int]) -> str:
    """The plan as a reviewer reads it: a line a resource, a line a field, the counts at the end."""
    lines: list[str] = []
    for operation in operations:
        why = f"  # {operation.why}" if operation.why else ""
        lines.append(f"{_SIGNS[operation.action]} {operation.key}  ({_place(operation)})  {operation.action}{why}")
        for change in shown_changes(operation):
            lines += _field_lines(operation, change)
    return "\n".join([*lines, f"= {summary(counts)}", ""])


def _field_lines(operation: Operation, change: Change) -> list[str]:
    if operation.action in ("create", "replace"):
        return [f"    {path}: {_short(value)}" for path, value in _leaves(change.path, change.after) if value != []]
    before, after = dict(_leaves("", change.before)), dict(_leaves("", change.after))
    lines: list[str] = []
    for path in {**before, **after}:
        old, new = before.get(path), after.get(path)
        if old != new:
            lines.append(f"    {change.path}{path}: {_short(old)} -> {_short(new)}  ({change.why})")
            lines += _line_changes(old, new)
    return lines


def _line_changes(old: Any, new: Any) -> list[str]:
    """Which lines differ between two texts of several lines (a startup script)."""
    if not (isinstance(old, str) and isinstance(new, str) and "\n" in old + new):
        return []
    told = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return [f"        {line}" for line in told if not line.startswith(("---", "+++", "@@"))]


def _leaves(path: str, value: Any) -> list[tuple[str, Any]]:
    """Dotted paths with their values; a list of plain values is one leaf, and empty objects and lists are alike."""
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(f"{path}.{key}" if path else key, item)]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [leaf for index, item in enumerate(value) for leaf in _element(path, item, index)]
    return [(path, [] if value == {} else value)]


def _element(path: str, item: Any, index: int) -> list[tuple[str, Any]]:
    """The leaves of a list's element, under its name where it has one; the name is not told again."""
    field = next((field for field in _NAMES if isinstance(item, dict) and item.get(field) is not None), None)
    if field is None:
        return _leaves(f"{path}[{index}]", item)
    return _leaves(f"{path}[{item[field]}]", {key: value for key, value in item.items() if key != field})


def _short(value: Any) -> str:
    if value is None:
        return _ABSENT
    text = value if isinstance(value, str) else json.dumps(value)
    first, _unused, rest = text.partition("\n")
    return f"{first} … ({text.count(chr(10)) + 1} lines)" if rest else first


def _place(operation: Operation) -> str:
    place = operation.resource.place
    return "/".join(value for name, value in place.items() if name not in operation.resource.kind.body_locators)
