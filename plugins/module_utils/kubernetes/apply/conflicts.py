# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A 409 of a server-side apply: other field managers own what we would change. Who they are, and what to say. Pure.

A conflict with a person's tool alone, on an object of ours, is drift and is forced; any other fails the task.
"""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.controller_fields import is_user_tool
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Key


class FieldConflict(PlatformError):
    """Another manager owns a field with another value."""


def only_user_tools(error: ApiError) -> bool:
    """Whether all managers that a conflict names are tools of a person."""
    return all(is_user_tool(_manager(cause.message)) for cause in error.ownership)


def explain(key: Key, error: ApiError) -> str:
    """A sentence with the fields of each manager, and what to do."""
    owned: dict[str, list[str]] = {}
    for cause in error.ownership:
        owned.setdefault(_manager(cause.message), []).append(cause.field.lstrip("."))
    said = "; ".join(f"{manager} owns {', '.join(fields)}" for manager, fields in sorted(owned.items()))
    return f"{key}: conflict: {said}. Leave these fields out, or set force_conflicts to take them from their managers"


def _manager(message: str) -> str:
    """From ``conflict with "kubectl-edit" using apps/v1``."""
    parts = message.split('"')
    return parts[1] if len(parts) > 2 else message
