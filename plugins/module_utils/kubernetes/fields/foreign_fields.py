# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Undeclared fields that a person's tool wrote into our objects, and how our next apply takes them out. Pure.

A server-side apply removes what its own manager owned and no longer sends. So what is to go is first moved to our
entry of ``managedFields``, as Kubernetes migrates from client-side apply
(https://github.com/kubernetes/kubernetes/tree/master/staging/src/k8s.io/client-go/util/csaupgrade).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.controller_fields import left_alone
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.field_sets import (
    MISSING,
    Fields,
    Path,
    child,
    difference,
    entries,
    is_ours,
    leaves,
    shown,
    union,
    value_at,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import FIELD_MANAGER, Object

# Of the metadata only these are set by anyone but the server.
METADATA = ("labels", "annotations", "finalizers", "ownerReferences")
_SERVERS = ("f:apiVersion", "f:kind", "f:status")


class ForeignField(NamedTuple):
    """An undeclared field and the field manager that wrote it."""

    path: Path
    manager: str

    def __str__(self) -> str:
        return f"{shown(self.path)} ({self.manager})"


def undeclared(fields: Fields, desired: Object) -> dict[str, Any]:
    """The members of a field set that ``desired`` does not have; empty when it has them all.

    What the server or another object's controller completes in any case is passed over (``left_alone``).
    """
    return _undeclared({name: node for name, node in fields.items() if name not in _SERVERS}, desired, (), desired)


def _undeclared(fields: Fields, desired: Any, path: Path, obj: Object) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, node in fields.items():
        here = (*path, name)
        if name == ".":
            if desired is MISSING:
                found[name] = {}
            continue
        if left_alone(obj["kind"], here) or (path == ("f:metadata",) and name[2:] not in METADATA):
            continue
        value = MISSING if desired is MISSING else child(desired, name)
        inside = _undeclared(node, value, here, obj)
        # A map or item is not foreign for being there if all that is in it is left alone.
        if (inside and (set(inside) != {"."} or set(node) == {"."})) or (not node and value is MISSING):
            found[name] = inside
    return found


def foreign_fields(desired: Object, live: Object, policy: ManagerPolicy) -> list[ForeignField]:
    """The undeclared fields of managers that the policy does not trust; none where it does not revert."""
    return [
        ForeignField(path, entry["manager"])
        for entry in entries(live)
        if _removable(entry, policy)
        for path in leaves(undeclared(entry.get("fieldsV1") or {}, desired))
    ]


def moved_to_us(desired: Object, live: Object, policy: ManagerPolicy) -> list[dict[str, Any]]:
    """``managedFields`` with the foreign fields in our entry, so that the next apply of ``desired`` removes them."""
    foreign: dict[str, Any] = {}
    others = []
    for entry in entries(live):
        fields = entry.get("fieldsV1") or {}
        if _removable(entry, policy):
            theirs = undeclared(fields, desired)
            foreign, fields = union(foreign, theirs), difference(fields, theirs)
        if fields and not is_ours(entry):
            others.append({**entry, "fieldsV1": fields})
    ours = next((entry for entry in entries(live) if is_ours(entry)), None) or {
        "manager": FIELD_MANAGER,
        "operation": "Apply",
        "apiVersion": desired["apiVersion"],
        "fieldsType": "FieldsV1",
    }
    return [*others, {**ours, "fieldsV1": union(ours.get("fieldsV1") or {}, foreign)}]


def taken_fields(desired: Object, live: Object, policy: ManagerPolicy) -> Iterator[ForeignField]:
    """Declared fields that an untrusted manager owns and we do not: it gave them another value, or scaled."""
    ours = next((entry.get("fieldsV1") or {} for entry in entries(live) if is_ours(entry)), {})
    for entry in entries(live):
        if policy.trusts(entry.get("manager", "")) or entry.get("subresource") == "status":
            continue
        for path in leaves(difference(entry.get("fieldsV1") or {}, ours)):
            if value_at(desired, path) is not MISSING:
                yield ForeignField(path, entry["manager"])


def _removable(entry: Mapping[str, Any], policy: ManagerPolicy) -> bool:
    """Whether an entry is of a person's tool; what is written through a subresource (scale, status) stays."""
    return policy.revert and not entry.get("subresource") and not policy.trusts(entry.get("manager", ""))
