# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""References between the resources of a stack: ``${kind/name}`` (its path) and ``${kind/name:field.path}``. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_REFERENCE = re.compile(r"\$\{([a-z_]+/[^}:]+)(?::([A-Za-z0-9_.]+))?\}")


_WRITTEN = re.compile(r"\$\{[^{}]*\}")


class Unknown(str):
    """A value that is known only once the resource that it refers to exists; reads as a sentence in a plan."""

    __slots__ = ()


def unknown(value: Any) -> Unknown | None:
    """The first value that is not known yet."""
    if isinstance(value, Unknown):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in inner if (found := unknown(item)) is not None), None)


Lookup = Callable[[str, "str | None"], Any]
"""From the key of a resource and a dotted field (None: its path) to the value; an Unknown when there is none yet."""


def find(value: Any) -> set[str]:
    """The keys of all resources that a value refers to."""
    if isinstance(value, str):
        return {match.group(1) for match in _REFERENCE.finditer(value)}
    if isinstance(value, dict):
        return set().union(*(find(item) for item in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(find(item) for item in value)) if value else set()
    return set()


def malformed(value: Any) -> str | None:
    """The first text that is written as a reference and nothing else, but is none."""
    if isinstance(value, str):
        return value if _WRITTEN.fullmatch(value) and not _REFERENCE.fullmatch(value) else None
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in inner if (found := malformed(item)) is not None), None)


def resolve(value: Any, lookup: Lookup) -> Any:
    """The value with its references replaced; one that is a whole string keeps the type of what it refers to."""
    if isinstance(value, dict):
        return {key: resolve(item, lookup) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, lookup) for item in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return lookup(whole.group(1), whole.group(2))
    missing: list[Unknown] = []

    def replace(match: re.Match[str]) -> str:
        found = lookup(match.group(1), match.group(2))
        if isinstance(found, Unknown):
            missing.append(found)
        return str(found)

    text = _REFERENCE.sub(replace, value)
    return Unknown(text) if missing else text
