# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plan for people: by resource, by field, with counts at the end. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.diff import FieldDiff, masked
from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import plain
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

_SIGNS = {"create": "+", "update": "~", "replace": "!", "delete": "-", "blocked": "x"}
_ABSENT = "(absent)"
_NAMES = ("name", "rangeName", "key", "role", "priority")
_COUNTED = ("create", "update", "replace", "delete", "blocked")


def report(
    changes: tuple[ResourceChange, ...], done: Collection[str], failed: Mapping[str, PlatformError], check: bool
) -> dict[str, Any]:
    """The parts of a task's result that say what differs: changed, resources, counts, summary and diff.

    ``done`` are the keys of what was carried out, ``failed`` the errors of the rest; both are empty in check mode.
    """
    shown = [change for change in changes if change.action != "none"]
    counts = {action: sum(change.action == action for change in changes) for action in _COUNTED}
    counts["unchanged"] = len(changes) - len(shown)
    tried = {*done, *failed}
    changed = any(change.action != "blocked" if check else change.key in tried for change in shown)
    return {
        "changed": changed,
        "resources": [_entry(change, failed) for change in changes],
        "counts": counts,
        "summary": summary(counts),
        "diff": [{"prepared": plan_text(shown, counts)}] if shown else [],
    }


def summary(counts: dict[str, int]) -> str:
    """``2 to create, 1 to update, 17 unchanged``."""
    words = {"create": "to create", "update": "to update", "replace": "to replace", "delete": "to delete"}
    parts = [f"{counts[action]} {text}" for action, text in words.items() if counts[action]]
    if counts["blocked"]:
        parts.append(f"{counts['blocked']} that cannot be done")
    return ", ".join([*parts, f"{counts['unchanged']} unchanged"])


def shown_diffs(change: ResourceChange) -> list[FieldDiff]:
    """The changes with sensitive values masked."""
    diffs = (masked(change.resource.kind, diff) for diff in change.diffs)
    return [replace(diff, before=plain(diff.before), after=plain(diff.after)) for diff in diffs]


def _entry(change: ResourceChange, failed: Mapping[str, PlatformError]) -> dict[str, Any]:
    entry: dict[str, Any] = {"key": change.key, "kind": change.resource.kind.name, "action": change.action}
    if change.action != "none":
        entry["fields"] = [
            {"field": diff.path, "before": diff.before, "after": diff.after, "why": diff.why}
            for diff in shown_diffs(change)
        ]
    if change.why:
        entry["why"] = change.why
    if change.key in failed:
        entry["failed"] = failed[change.key].message
    return entry


def plan_text(changes: list[ResourceChange], counts: dict[str, int]) -> str:
    """The plan as a reviewer reads it: a line a resource, a line a field, the counts at the end."""
    lines: list[str] = []
    for change in changes:
        why = f"  # {change.why}" if change.why else ""
        lines.append(f"{_SIGNS[change.action]} {change.key}  ({_place(change)})  {change.action}{why}")
        for diff in shown_diffs(change):
            lines += _field_lines(change, diff)
    return "\n".join([*lines, f"= {summary(counts)}", ""])


def _field_lines(change: ResourceChange, diff: FieldDiff) -> list[str]:
    if change.action in ("create", "replace"):
        return [f"    {path}: {_short(value)}" for path, value in _leaves(diff.path, diff.after) if value != []]
    before, after = dict(_leaves("", diff.before)), dict(_leaves("", diff.after))
    lines: list[str] = []
    for path in {**before, **after}:
        old, new = before.get(path), after.get(path)
        if old != new:
            lines.append(f"    {diff.path}{path}: {_short(old)} -> {_short(new)}  ({diff.why})")
            lines += _line_changes(old, new)
    return lines


def _line_changes(old: Any, new: Any) -> list[str]:
    """Which lines differ between two texts of several lines (a startup script)."""
    if not (isinstance(old, str) and isinstance(new, str) and "\n" in old + new):
        return []
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return [f"        {line}" for line in lines if not line.startswith(("---", "+++", "@@"))]


def _leaves(path: str, value: Any) -> list[tuple[str, Any]]:
    """Dotted paths with their values; a list of plain values is one leaf, and empty objects and lists are alike."""
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(f"{path}.{key}" if path else key, item)]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [leaf for index, item in enumerate(value) for leaf in _element(path, item, index)]
    return [(path, [] if value == {} else value)]


def _element(path: str, item: Any, index: int) -> list[tuple[str, Any]]:
    """The leaves of a list's element, under its name where it has one; the name is not repeated."""
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


def _place(change: ResourceChange) -> str:
    place = change.resource.place
    return "/".join(value for name, value in place.items() if name not in change.resource.kind.body_locators)
