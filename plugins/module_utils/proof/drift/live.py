# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What was seen of a cluster, and how its objects hang together. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Key, Object, group_of, key_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.controllers import CHILDREN
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.kinds import Decides


@dataclass
class Live:
    """What a cluster holds: ``decides`` are the kinds that it serves of those that decide.

    ``completed`` is for each declared object what the server would make of it now, or why it did not say.
    """

    objects: dict[Key, Object]
    decides: tuple[Decides, ...]
    completed: dict[Key, Object | str] = field(default_factory=dict)
    requests: int = 0
    notes: tuple[str, ...] = ()

    def of(self, rule: Decides) -> Iterator[Object]:
        """The objects that a rule is about."""
        for key, obj in self.objects.items():
            if (key.group, key.kind) == (rule.group, rule.kind) and rule.only(obj):
                yield obj

    def root(self, obj: Object) -> Object:
        """The object at the end of the way from a child to what controls it; itself where it belongs to nothing live.

        A reference counts between kinds whose controller makes the one for the other, and to the very object.
        """
        while True:
            parent = self.parent(obj)
            if parent is None:
                return obj
            obj = parent

    def parent(self, obj: Object) -> Object | None:
        """What controls an object; None where it belongs to nothing live."""
        key = key_of(obj)
        reference = controller_of(obj)
        if reference is None:
            return None
        owner = (group_of(str(reference.get("apiVersion"))), str(reference.get("kind")))
        if owner not in CHILDREN.get((key.group, key.kind), ()):
            return None
        parent = self.objects.get(Key(*owner, key.namespace, str(reference.get("name"))))
        return parent if parent is not None and parent["metadata"].get("uid") == reference.get("uid") else None


def controller_of(obj: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The owner reference that names an object's controller."""
    references = obj["metadata"].get("ownerReferences") or []
    return next((reference for reference in references if reference.get("controller")), None)
