# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Objects whose spec a fault changes, each with the earlier spec in an annotation on it.

Spec and annotation change in one request. What the platform applied, it owns field by field; what a drill changes, the
drill owns. So the ownership is kept and handed back as well: the next run of a playbook finds nothing to do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    FIELD_MANAGER,
    Object,
    label,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.merge_patch import (
    merge_patch,
    shows,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Restoration

SPEC_ANNOTATION = "pingpong.platform/drill-spec"
# From an object the spec that the fault gives it; None for one that the fault leaves alone.
Change = Callable[[Object], "Object | None"]


class ChangedSpecs:
    """The objects of a kind that a drill changes and restores, in whatever namespaces; ``what`` names them in cells."""

    def __init__(self, client: ClusterClient, kind: tuple[str, str], what: str, change: Change) -> None:
        self.client, self.kind, self.what, self.change = client, kind, what, change

    def __str__(self) -> str:
        return self.what

    def inject(self) -> None:
        """Change each spec; a PlatformError where there is none to change."""
        changes = [(obj, spec) for obj in self.client.list(*self.kind) if (spec := self.change(obj)) is not None]
        if not changes:
            raise PlatformError(f"{self.what}: found none, expected what the playbook base makes")
        for obj, spec in changes:
            if _kept(obj) is None:
                owners = [entry for entry in obj["metadata"].get("managedFields") or [] if _is_ours(entry)]
                kept = {"spec": obj["spec"], "changed": spec, "owners": owners}
                self._patch(obj, merge_patch(obj["spec"], spec), json.dumps(kept))

    def restore(self) -> bool:
        """Each spec as it was; where somebody has written another one since, that one stays."""
        left = self._changed()
        errors = []
        for obj, kept in left:
            try:
                self._restore(obj, kept)
            except PlatformError as error:
                errors.append(error.message)
        if errors:
            raise PlatformError("; ".join(errors))
        return bool(left)

    def left(self) -> bool:
        return bool(self._changed())

    def restoration(self) -> Restoration:
        left = [label(obj) for obj, _unused in self._changed()]
        if left:
            return Restoration(f"{len(left)} changed", f"{', '.join(left)}: not restored; state restored does it")
        return Restoration("as before")

    def _changed(self) -> list[tuple[Object, Object]]:
        """What still has the spec of a fault, with what was kept. No such kind, nothing left."""
        with suppress(UnknownKind):
            return [(obj, kept) for obj in self.client.list(*self.kind) if (kept := _kept(obj)) is not None]
        return []

    def _restore(self, obj: Object, kept: Object) -> None:
        whole = shows(obj["spec"], merge_patch(kept["spec"], kept["changed"]))
        live = self._patch(obj, merge_patch(obj["spec"], kept["spec"]) if whole else {}, None)
        others = [entry for entry in live["metadata"].get("managedFields") or [] if not _is_ours(entry)]
        # Refused where somebody wrote meanwhile; the next apply takes the fields over then.
        with suppress(ApiError):
            if whole:
                self.client.set_managed_fields({**obj, "metadata": live["metadata"]}, [*others, *kept["owners"]])

    def _patch(self, obj: Object, spec: Object, kept: str | None) -> Object:
        metadata = obj["metadata"]
        patch: Object = {"metadata": {"annotations": {SPEC_ANNOTATION: kept}}, "spec": spec}
        return self.client.patch(*self.kind, metadata["name"], metadata["namespace"], patch)


def _is_ours(entry: Object) -> bool:
    return entry.get("manager") == FIELD_MANAGER and not entry.get("subresource")


def _kept(obj: Object) -> Object | None:
    """What a drill has kept on an object; a PlatformError where that can't be read."""
    text = (obj["metadata"].get("annotations") or {}).get(SPEC_ANNOTATION)
    if text is None:
        return None
    with suppress(ValueError):
        kept: Any = json.loads(text)
        if isinstance(kept, dict) and {"spec", "changed", "owners"} <= kept.keys():
            return kept
    raise PlatformError(f"{label(obj)}: annotation {SPEC_ANNOTATION}: found {text[:40]!r}, expected what a drill keeps")
