# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Field sets as ``managedFields`` records them (``fieldsV1``): lookup, union, difference. Pure.

A node is a dict of child nodes by ``f:<field>``, ``k:<key fields of a list item>`` or ``v:<value of a set>``; ``{}``
is a leaf that is a member itself, and ``.`` marks a node with children that is one as well.
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import FIELD_MANAGER

Fields = Mapping[str, Any]
Path = tuple[str, ...]

MISSING: Any = object()
_LEAF: Fields = {".": {}}
# Key fields that the server completes; an item without one has this value.
_KEY_DEFAULTS = {"protocol": "TCP"}


def entries(live: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries of an object's ``managedFields``."""
    return cast("list[dict[str, Any]]", live["metadata"].get("managedFields") or [])


def owned_fields(live: Mapping[str, Any], api_version: str) -> dict[str, Any] | None:
    """The field set of our own server-side apply (``fieldsV1``), None when there is none in this API version."""
    for entry in entries(live):
        if is_ours(entry) and entry.get("apiVersion") == api_version:
            return entry.get("fieldsV1") or {}
    return None


def is_ours(entry: Mapping[str, Any]) -> bool:
    """Whether an entry records our own server-side apply."""
    return entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply" and not entry.get("subresource")


def union(one: Fields, other: Fields) -> dict[str, Any]:
    """The members of both sets."""
    merged = dict(one)
    for name, node in other.items():
        merged[name] = _joined(merged[name], node) if name in merged and name != "." else node
    return merged


def difference(one: Fields, other: Fields) -> dict[str, Any]:
    """The members of ``one`` that are none of ``other``."""
    rest = {name: _reduced(node, other[name]) if name in other else node for name, node in one.items()}
    return {name: node for name, node in rest.items() if node is not None}


def _joined(one: Fields, other: Fields) -> Fields:
    merged = union(one or _LEAF, other or _LEAF)
    return {} if set(merged) == {"."} else merged


def _reduced(one: Fields, other: Fields) -> Fields | None:
    """A node without another one's members, None when nothing is left of it."""
    left, right = one or _LEAF, other or _LEAF
    rest = difference({name: node for name, node in left.items() if name != "."}, right)
    if "." in left and "." not in right:
        rest["."] = {}
    return {} if set(rest) == {"."} else rest or None


def members(fields: Fields, path: Path = ()) -> Iterator[Path]:
    """The paths of every member, those within list items too."""
    for name, node in fields.items():
        if name != ".":
            if not node or "." in node:
                yield (*path, name)
            yield from members(node, (*path, name))


def leaves(fields: Fields, path: Path = ()) -> Iterator[Path]:
    """The paths of a field set, a whole list item as one."""
    for name, node in fields.items():
        if name == ".":
            continue
        if not set(node) - {"."} or (name[:2] != "f:" and "." in node):
            yield (*path, name)
        else:
            yield from leaves(node, (*path, name))


def child(value: Any, name: str) -> Any:
    """What a node's name leads to in a value, MISSING when that is not there."""
    if name.startswith("f:"):
        return value.get(name[2:], MISSING) if isinstance(value, dict) else MISSING
    place = index_of(value, json.loads(name[2:])) if isinstance(value, list) else None
    return MISSING if place is None else value[place]


def value_at(value: Any, path: Path) -> Any:
    """What a path leads to, MISSING when that is not there."""
    for name in path:
        value = child(value, name)
        if value is MISSING:
            break
    return value


def index_of(items: list[Any], key: Any) -> int | None:
    """Where the item is that a field set means: the one that has the fields of ``key``, or that is this value."""
    for place, item in enumerate(items):
        if has_key(item, key):
            return place
    return None


def has_key(item: Any, key: Any) -> bool:
    """Whether an item of a list has these key fields, or is this value; a key field left out has its default."""
    if isinstance(key, dict) and isinstance(item, dict):
        known = any(name in item for name in key)
        return known and all(item.get(name, _KEY_DEFAULTS.get(name, value)) == value for name, value in key.items())
    return type(item) is type(key) and bool(item == key)


def indexed(path: Path, obj: Any) -> str:
    """A path with the places that items have in this object: ``spec.containers[0].image``."""
    text, value = "", obj
    for name in path:
        inside = child(value, name)
        if name.startswith("f:"):
            text += f".{name[2:]}" if text else name[2:]
        elif inside is not MISSING:
            text += f"[{index_of(value, json.loads(name[2:]))}]"
        value = inside
    return text


def shown(path: Path) -> str:
    """A path for people: ``spec.containers[app].image``, ``metadata.annotations.example.org/x``."""
    text = ""
    for name in path:
        if name.startswith("f:"):
            text += f".{name[2:]}" if text else name[2:]
        else:
            key = json.loads(name[2:])
            text += f"[{','.join(str(part) for part in key.values()) if isinstance(key, dict) else key}]"
    return text
