# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""JSON merge patches, https://www.rfc-editor.org/rfc/rfc7396: from one value to another. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that makes ``before`` into ``after``."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            if inner := merge_patch(old, value):
                patch[name] = inner
        elif name not in before or value != old:
            patch[name] = value
    return patch


def shows(live: Mapping[str, Any], patch: Mapping[str, Any]) -> bool:
    """Whether ``live`` is as a merge patch makes it. A server leaves empty values out, so these are absent ones."""
    return all(
        shows(live.get(name) or {}, value)
        if isinstance(value, Mapping)
        else (live.get(name) or None) == (value or None)
        for name, value in patch.items()
    )
