# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which fields of an object are set back, and the field manager that wrote each. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.plan import Comparison, ObjectPlan
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.diff import restored_fields
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.field_sets import (
    indexed,
    shown,
    value_at,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.foreign_fields import (
    foreign_fields,
    taken_fields,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import DESIRED_HASH, Object


class Reverted(NamedTuple):
    """A field that another manager wrote, or that was removed; ``manager`` is empty where none is recorded."""

    field: str
    manager: str

    def __str__(self) -> str:
        return f"{self.field} by {self.manager}" if self.manager else self.field


def reverted_fields(planned: ObjectPlan, before: Object, after: Object, policy: ManagerPolicy) -> list[Reverted]:
    """What of a change sets back what others did; a change of what is declared is none.

    What was removed has no manager: nobody owns a field that is not there.
    """
    live, desired = planned.live, planned.desired
    if live is None:
        return []
    written = [*foreign_fields(desired, live, policy), *taken_fields(desired, live, policy)]
    changed = [one for one in written if value_at(before, one.path) != value_at(after, one.path)]
    found = [Reverted(shown(one.path), one.manager) for one in changed]
    if planned.comparison is Comparison.MAY_DIFFER and _same_hash(desired, live):
        explained = [indexed(one.path, before) for one in changed]
        found += [
            Reverted(name, "")
            for name in restored_fields(before, after)
            if not any(_within(name, other) for other in explained)
        ]
    return sorted(set(found))


def _same_hash(desired: Object, live: Object) -> bool:
    def recorded(obj: Object) -> Any:
        return (obj["metadata"].get("annotations") or {}).get(DESIRED_HASH)

    return bool(recorded(desired) == recorded(live))


def _within(one: str, other: str) -> bool:
    """Whether one path leads to, or through, what the other one does."""
    return any(a == b or a.startswith((f"{b}.", f"{b}[")) for a, b in ((one, other), (other, one)))
