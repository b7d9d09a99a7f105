# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Dotted paths into plain data, and the forms in which Google names a resource."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

_HOST = re.compile(r"^https?://[^/]+/(?:compute/)?(?:v\d+(?:(?:alpha|beta)\d*)?|beta|alpha)/|^//[^/]+/")
_PROJECT = re.compile(r"projects/([^/]+)/")
_PLACE = re.compile(r"^(projects/[^/]+)/(?:zones|regions)/")
_LINK = re.compile(r"^(?:https?://|//|projects/|global/|regions/|zones/)")


def get(value: Any, path: str) -> Any:
    """The value at a dotted path, None when any part of it is missing."""
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value


def described(live: Mapping[str, Any], key: str) -> str:
    """What the JSON in a resource's description has under a key, as GKE's controllers write it; empty for nothing."""
    try:
        return str(json.loads(str(live.get("description") or "{}")).get(key) or "")
    except (ValueError, AttributeError):
        return ""


def put(value: dict[str, Any], path: str, item: Any) -> None:
    """Set the value at a dotted path, making the objects on the way."""
    *parents, last = path.split(".")
    for part in parents:
        value = value.setdefault(part, {})
    value[last] = item


def without(value: dict[str, Any], paths: Collection[str]) -> dict[str, Any]:
    """A copy that lacks the values at the dotted paths; a list on the way is entered, and ``*`` is any key."""
    result: dict[str, Any] = {}
    for key, item in value.items():
        if key in paths:
            continue
        inner = tuple(path.split(".", 1)[1] for path in paths if path.startswith((f"{key}.", "*.")))
        result[key] = _without(item, inner) if inner else item
    return result


def _without(value: Any, paths: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return without(value, paths)
    if isinstance(value, list):
        return [_without(item, paths) for item in value]
    return value


def without_any(value: Any, names: Collection[str]) -> Any:
    """A copy without the keys of these names, at any depth."""
    if isinstance(value, dict):
        return {key: without_any(item, names) for key, item in value.items() if key not in names}
    if isinstance(value, list):
        return [without_any(item, names) for item in value]
    return value


def is_link(value: Any) -> bool:
    """Whether a value names a resource by a path or an URL."""
    return isinstance(value, str) and bool(_LINK.match(value))


def canonical_link(value: str, project: str) -> str:
    """``projects/P/global/networks/N`` from any of the forms in which Google accepts and answers it."""
    path = _HOST.sub("", value, count=1)
    if path.startswith(("global/", "regions/", "zones/")):
        path = f"projects/{project}/{path}"
    return path


def placed(path: str) -> str:
    """A path with ``locations/`` for ``zones/`` and ``regions/``: some services use both for the same place."""
    return _PLACE.sub(r"\1/locations/", path)


def same_path(one: str, other: str) -> bool:
    """Whether two paths name one resource: also with the project's number, and a place by either of its words."""
    one, other = placed(one), placed(other)
    if one == other:
        return True
    ours, theirs = _PROJECT.match(one), _PROJECT.match(other)
    if ours is None or theirs is None or not (ours.group(1).isdigit() or theirs.group(1).isdigit()):
        return False
    return one[ours.end() :] == other[theirs.end() :]


def same_key(mapping: Mapping[str, Any], key: str) -> str:
    """The key of a mapping that names the same resource, where keys are paths; otherwise the key itself."""
    if key in mapping or not is_link(key):
        return key
    return next((other for other in mapping if same_path(key, other)), key)


def compact(value: Any) -> Any:
    """A copy without the keys whose value is None, at any depth."""
    if isinstance(value, dict):
        return {key: compact(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [compact(item) for item in value]
    return value


def strings(value: object) -> list[str]:
    """All texts in plain data, at any depth."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return []
