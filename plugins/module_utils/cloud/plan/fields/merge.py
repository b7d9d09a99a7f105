# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Desired laid over live, for the body of an update, and what has to give way in it. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact, same_key
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.values import is_empty, is_unspecified


def excluded(kind: Kind, field: str, desired: dict[str, Any], live: dict[str, Any]) -> set[str]:
    """The live fields that a declared alternative, which is not live yet, takes the place of; empty ones too."""
    gone: set[str] = set()
    for union in kind.unions:
        if union.path != field:
            continue
        ours = {name for names in union.alternatives for name in names if _is_chosen(desired.get(name))}
        theirs = {name for names in union.alternatives for name in names if live.get(name) is not None}
        others = {name for names in union.alternatives if ours.isdisjoint(names) for name in names}
        if ours - theirs:
            gone |= {name for name in theirs & others if desired.get(name) is None}
    return gone


def _is_chosen(value: Any) -> bool:
    return value is not None and (isinstance(value, dict) or not is_empty(value))


def orphaned(kind: Kind, field: str, desired: dict[str, Any], live: dict[str, Any]) -> set[str]:
    """The live fields that go with a value beside them that is declared otherwise (``Kind.requires``)."""
    gone: set[str] = set()
    for path, (other, values) in kind.requires.items():
        parent, _unused, name = path.rpartition(".")
        if parent != field or name in desired or is_empty(live.get(name)):
            continue
        if other in desired and desired[other] not in values and live.get(other) in values:
            gone.add(name)
    return gone


def merge(kind: Kind, desired: Any, live: Any, field: str = "") -> Any:
    """Desired laid over live: objects and elements of keyed lists merged, other lists replaced; what gives way is None.

    A desired None stays: PATCH takes it as the order to remove the field.
    """
    if is_unspecified(desired) and live is not None:
        return live
    if isinstance(desired, dict) and isinstance(live, dict):
        gone = excluded(kind, field, desired, live) | orphaned(kind, field, desired, live)
        result = {key: None if key in gone else value for key, value in live.items()}
        for key, value in desired.items():
            theirs = same_key(live, key)
            result[theirs] = merge(kind, value, live.get(theirs), kind.below(field, key))
        return result
    key_field = kind.keyed.get(field)
    if key_field is not None and isinstance(desired, list) and isinstance(live, list):
        items = {str(item.get(key_field)): item for item in live if isinstance(item, dict)}
        return [compact(merge(kind, item, items.get(str(item.get(key_field))), field)) for item in desired]
    return desired
