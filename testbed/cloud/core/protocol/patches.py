"""Merge patches: how the body of an update changes a resource."""

from __future__ import annotations

from typing import Any


def drop_nulls(value: Any) -> Any:
    """A value without fields that are null or an empty list: neither is answered."""
    if isinstance(value, dict):
        return {name: drop_nulls(item) for name, item in value.items() if item not in (None, [])}
    return [drop_nulls(item) for item in value] if isinstance(value, list) else value


def merge(old: Any, patch: Any) -> Any:
    """JSON merge patch, RFC 7396: null (or an empty list) removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict) or not isinstance(old, dict):
        return drop_nulls(patch)
    merged = dict(old)
    for name, value in patch.items():
        if value in (None, []):
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value) if isinstance(value, dict) else drop_nulls(value)
    return merged
