# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Desired beside live: a subset comparison that knows what a server does to objects. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields import quantity
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.field_sets import (
    has_key,
    index_of,
    leaves,
    owned_fields,
    shown,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.foreign_fields import (
    METADATA,
    foreign_fields,
    undeclared,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import DESIRED_HASH, Object

_MISSING: Any = object()
_IDENTITY = ("apiVersion", "kind", "metadata")
_VOLATILE = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")


def drift(desired: Object, live: Object, policy: ManagerPolicy) -> str | None:
    """The first reason why ``live`` may not be what ``desired`` says, None when it certainly is.

    Certain means: the recorded hash is this object's, our apply still owns every desired field and nothing else,
    every desired leaf has its value, and no untrusted manager has added a field.
    """
    annotations = live["metadata"].get("annotations") or {}
    if annotations.get(DESIRED_HASH) != desired["metadata"]["annotations"][DESIRED_HASH]:
        return "another desired state was applied last"
    owned = owned_fields(live, desired["apiVersion"])
    if owned is None:
        return "not applied by this collection in this API version"
    for foreign in foreign_fields(desired, live, policy):
        return f"{foreign} is not declared"
    for path in leaves(undeclared(owned, desired)):
        return f"{shown(path)} is no longer declared"
    return next(_differences(desired, live, owned), None)


def _differences(desired: Object, live: Object, owned: dict[str, Any]) -> Iterator[str]:
    metadata, live_metadata = desired["metadata"], live["metadata"]
    owned_metadata = owned.get("f:metadata", {})
    for field in METADATA:
        if field in metadata:
            yield from _field(field, metadata, live_metadata, owned_metadata, "metadata", False)
    for field in desired:
        if field not in _IDENTITY:
            yield from _field(field, desired, live, owned, "", False)


def _field(
    name: str, desired: dict[str, Any], live: dict[str, Any], owned: dict[str, Any] | None, path: str, amount: bool
) -> Iterator[str]:
    where = f"{path}.{name}" if path else name
    want, have = desired[name], live.get(name)
    # The server leaves empty and zero values out, or says null; that it does not own them shows that they were removed.
    if have is None and want not in ({}, [], "", 0, False):
        yield f"{where} is missing"
        return
    node: dict[str, Any] | None = None
    if owned is not None:
        node = owned.get(f"f:{name}")
        if node is None:
            yield f"{where} is missing" if have is None else f"{where} is no longer owned"
            return
    if have is None:
        return
    yield from _value(want, have, node or None, where, amount or name in quantity.PARENTS)


def _value(want: Any, have: Any, owned: dict[str, Any] | None, path: str, amount: bool) -> Iterator[str]:
    """``owned`` is the node of the field set below which ownership is recorded, None when it is whole from here."""
    if isinstance(want, dict) and isinstance(have, dict):
        for name in want:
            yield from _field(name, want, have, owned, path, amount)
    elif isinstance(want, list) and isinstance(have, list):
        yield from _list(want, have, owned, path, amount)
    elif not _same(want, have, amount):
        yield f"{path} differs"


def _list(want: list[Any], have: list[Any], owned: dict[str, Any] | None, path: str, amount: bool) -> Iterator[str]:
    nodes = owned or {}
    keyed = [(json.loads(name[2:]), node) for name, node in nodes.items() if name.startswith("k:")]
    if keyed:
        for item in want:
            yield from _item(item, have, keyed, path, amount)
        return
    if any(name.startswith("v:") for name in nodes):
        members = [json.loads(name[2:]) for name in nodes if name.startswith("v:")]
        for item in want:
            if item not in members or item not in have:
                yield f"{path}: {item!r} is missing"
        return
    if len(want) != len(have):
        yield f"{path} has another length"
        return
    for place, (item, other) in enumerate(zip(want, have, strict=True)):
        yield from _value(item, other, None, f"{path}[{place}]", amount)


def _item(
    item: Any, have: list[Any], keyed: list[tuple[dict[str, Any], dict[str, Any]]], path: str, amount: bool
) -> Iterator[str]:
    """One item of a list that is a map by key fields; a key field that we left out has its default."""
    if isinstance(item, dict):
        for key, node in keyed:
            if has_key(item, key):
                where = f"{path}[{','.join(str(value) for value in key.values())}]"
                place = index_of(have, key)
                if place is None:
                    yield f"{where} is missing"
                else:
                    yield from _value(item, have[place], node or None, where, amount)
                return
    yield f"{path}: an item is not owned"


def _same(want: Any, have: Any, amount: bool) -> bool:
    if isinstance(want, bool) or isinstance(have, bool):
        return want is have
    return bool(want == have) or (amount and quantity.equal(want, have))


def comparable(obj: Object | None) -> Object | None:
    """An object without what the server counts and observes: what a change is judged and shown by."""
    if obj is None:
        return None
    shown = {name: value for name, value in obj.items() if name != "status"}
    shown["metadata"] = {name: value for name, value in obj["metadata"].items() if name not in _VOLATILE}
    return shown


def changed_fields(before: Any, after: Any) -> list[str]:
    """The paths at which two comparable objects differ, lists by index."""
    return [path for path, _left, _right in _changes(before, after, "")]


def restored_fields(before: Any, after: Any) -> list[str]:
    """Of the changed paths those that ``after`` has: what was removed or changed, not what was added."""
    return [path for path, _left, right in _changes(before, after, "") if right is not _MISSING]


def _changes(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            where = f"{path}.{name}" if path else name
            yield from _changes(before.get(name, _MISSING), after.get(name, _MISSING), where)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (left, right) in enumerate(zip(before, after, strict=True)):
            yield from _changes(left, right, f"{path}[{place}]")
    elif before is _MISSING or after is _MISSING or not _same(before, after, False):
        yield path, before, after
