# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a server-side apply of ours would make of a live object, before defaults and admission. Pure.

Check mode asks for it where foreign fields are to go: a dry run of the apply alone would still see them. Which lists
are keyed, sets, or atomic is read from ``managedFields``, which has it from the schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.field_sets import (
    Fields,
    child,
    difference,
    entries,
    has_key,
    index_of,
    is_ours,
    union,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.foreign_fields import (
    moved_to_us,
    undeclared,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object


def applied(desired: Object, live: Object, policy: ManagerPolicy) -> Object:
    """``live`` with ``desired`` merged into it, without what only we and untrusted managers own and is undeclared.

    Its ``managedFields`` are those that the apply would begin with.
    """
    ours: Fields = {}
    others: dict[str, Any] = {}
    every: dict[str, Any] = {}
    for entry in entries(live):
        every = union(every, entry.get("fieldsV1") or {})
    moved = moved_to_us(desired, live, policy)
    for entry in moved:
        fields = entry.get("fieldsV1") or {}
        if is_ours(entry):
            ours = fields
        else:
            others = union(others, fields)
    gone = difference(undeclared(ours, desired), others)
    merged: Object = _merged(_removed(live, gone, others), desired, every)
    return {**merged, "metadata": {**merged["metadata"], "managedFields": moved}}


def _removed(value: Any, gone: Fields, others: Fields) -> Any:
    """A value without the members of ``gone``; a part in which others own something stays."""
    if not isinstance(value, dict | list):
        return value
    rest: Any = value.copy()
    for name, node in gone.items():
        inside = child(rest, name)
        # A leaf of the set, or a part that goes whole as nobody else owns anything in it.
        whole = not set(node) - {"."} or ("." in node and not others.get(name))
        if isinstance(rest, dict) and name[2:] in rest:
            if whole:
                del rest[name[2:]]
            else:
                rest[name[2:]] = _removed(inside, node, others.get(name) or {})
        elif isinstance(rest, list) and name != ".":
            place = index_of(rest, json.loads(name[2:]))
            if place is not None and whole:
                del rest[place]
            elif place is not None:
                rest[place] = _removed(inside, node, others.get(name) or {})
    return rest


def _merged(live: Any, desired: Any, owned: Mapping[str, Any] | None) -> Any:
    """``desired`` over ``live``; ``owned`` is what any manager owns of it, None when it is atomic."""
    if isinstance(live, dict) and isinstance(desired, dict) and owned is not None:
        merged = dict(live)
        for name, value in desired.items():
            node = owned.get(f"f:{name}")
            merged[name] = (
                _merged(live[name], value, node or None if node is not None else {}) if name in live else value
            )
        return merged
    if isinstance(live, list) and isinstance(desired, list):
        return _merged_list(live, desired, owned or {})
    return desired


def _merged_list(live: list[Any], desired: list[Any], owned: Mapping[str, Any]) -> list[Any]:
    nodes = [(json.loads(name[2:]), node) for name, node in owned.items() if name[:2] in ("k:", "v:")]
    if not nodes:
        return desired
    merged = list(live)
    for item in desired:
        key, node = next(((key, node) for key, node in nodes if has_key(item, key)), (item, {}))
        place = index_of(merged, key)
        if place is None:
            merged.append(item)
        elif isinstance(item, dict):
            merged[place] = _merged(merged[place], item, node)
    return merged
