# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A 409 of a server-side apply: other field managers own what we would change. Who they are, and what to say. Pure.

A conflict with a person's tool alone, on an object of ours, is drift and is forced; so is one over a field that a
controller shares with us; any other fails the task.
"""

from __future__ import annotations

import re

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.field_sets import (
    Path,
    entries,
    members,
    shown,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.shared_fields import (
    CONTROLLER,
    shared_field,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Key, Object

_KEYS = re.compile(r"\[([^\]]*=[^\]]*)\]")


class FieldConflict(PlatformError):
    """Another manager owns a field with another value."""


def only_user_tools(error: ApiError, policy: ManagerPolicy) -> bool:
    """Whether all managers that a conflict names are tools of a person."""
    return not any(policy.trusts(_manager(cause.message)) for cause in error.ownership)


def only_shared(desired: Object, error: ApiError) -> bool:
    """Whether a conflict is with Argo Rollouts alone, over the field in which its values were taken over."""
    field = shared_field(desired)
    return all(_manager(cause.message) == CONTROLLER and cause.field.lstrip(".") == field for cause in error.ownership)


def conflicting(live: Object, error: ApiError) -> list[Path]:
    """The paths of the fields that a conflict names, as the live object's ``managedFields`` have them."""
    named = {_KEYS.sub(_values, cause.field.lstrip(".")) for cause in error.ownership}
    owned = {path for entry in entries(live) for path in members(entry.get("fieldsV1") or {})}
    return sorted(path for path in owned if shown(path) in named)


def explain(key: Key, error: ApiError) -> str:
    """A sentence with the fields of each manager, and what to do."""
    owned: dict[str, list[str]] = {}
    for cause in error.ownership:
        owned.setdefault(_manager(cause.message), []).append(cause.field.lstrip("."))
    said = "; ".join(f"{manager} owns {', '.join(fields)}" for manager, fields in sorted(owned.items()))
    return f"{key}: conflict: {said}. Leave these fields out, or set force_conflicts to take them from their managers"


def _values(keys: re.Match[str]) -> str:
    """``[port=80,protocol="TCP"]`` as ``[80,TCP]``."""
    return f"[{','.join(part.partition('=')[2].strip(chr(34)) for part in keys[1].split(','))}]"


def _manager(message: str) -> str:
    """From ``conflict with "kubectl-edit" using apps/v1``."""
    parts = message.split('"')
    return parts[1] if len(parts) > 2 else message
