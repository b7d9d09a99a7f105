# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What others wrote to an object between our reading it and our applying it: no part of our change. Pure.

A controller numbers a Deployment's revision a moment after it is made. Seen by the apply and not by the reading before
it, the number would be reported as our doing, in one run and not in the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.field_sets import (
    Fields,
    entries,
    index_of,
    union,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import FIELD_MANAGER, Object


def with_foreign_changes(before: Object, after: Object) -> Object:
    """``before`` with the values that other managers gave to their fields until ``after`` was made.

    Both carry their ``managedFields``: an entry of another manager that is new names the fields.
    """
    known = entries(before)
    ours: Fields = {}
    for entry in entries(after):
        if entry.get("manager") == FIELD_MANAGER:
            ours = union(ours, entry.get("fieldsV1") or {})
    for entry in entries(after):
        if entry.get("manager") != FIELD_MANAGER and entry not in known:
            before = _dict(before, after, entry.get("fieldsV1") or {}, ours)
    return before


def _value(before: Any, after: Any, theirs: Fields, ours: Fields | None) -> Any:
    """One value that they own below ``theirs``, and we below ``ours``: None when nothing of it is ours."""
    if isinstance(after, dict) and set(theirs) - {"."}:
        return _dict(before if isinstance(before, dict) else {}, after, theirs, ours or {})
    if isinstance(after, list) and set(theirs) - {"."}:
        return _list(before if isinstance(before, list) else [], after, theirs, ours or {})
    return after if ours is None else before


def _dict(before: Mapping[str, Any], after: Mapping[str, Any], theirs: Fields, ours: Fields) -> dict[str, Any]:
    merged = dict(before)
    for name, node in theirs.items():
        field = name[2:]
        if name.startswith("f:") and field in after and ours.get(name) != {}:
            merged[field] = _value(before.get(field), after[field], node, ours.get(name))
    return merged


def _list(before: list[Any], after: list[Any], theirs: Fields, ours: Fields) -> list[Any]:
    merged = list(before)
    for name, node in theirs.items():
        if not name.startswith(("k:", "v:")) or ours.get(name) == {}:
            continue
        key = json.loads(name[2:])
        place = index_of(after, key)
        if place is None:
            continue
        known = index_of(merged, key)
        if known is None:
            if name not in ours:
                merged.insert(place, after[place])
        else:
            merged[known] = _value(merged[known], after[place], node, ours.get(name))
    return merged
