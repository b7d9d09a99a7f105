# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an Application of Argo CD says of a commit. Pure.

https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml has its status.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Key, Object
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.conditions import (
    READY,
    Readiness,
    failed,
    mapping,
    mappings,
    pending,
    status_of,
)

API_VERSION, KIND = "argoproj.io/v1alpha1", "Application"
# Argo looks into the repository at once, and takes the annotation off.
REFRESH = "argocd.argoproj.io/refresh"
_FAILED = ("Failed", "Error")
_SHOWN = 5


def synced(application: Object, commit: str, declared: Collection[Key]) -> Readiness:
    """Whether Argo has applied all that is declared and has nothing else; failed when it gave up on ``commit``.

    A sync of another commit is not waited for by its name: it may be a later one, with the same in this folder.
    """
    status = status_of(application)
    sync, operation = mapping(status.get("sync")), mapping(status.get("operationState"))
    said = complaints(application)
    result = mapping(operation.get("syncResult"))
    if operation.get("phase") in _FAILED and result.get("revision") == sync.get("revision") == commit:
        return failed(said or str(operation["phase"]))
    if sync.get("status") != "Synced":
        state = f"{sync.get('status') or 'not compared yet'} at {str(sync.get('revision') or 'no commit')[:12]}"
        return pending(f"{state}: {said}" if said else state)
    extra = sorted(set(held(application)) - set(declared))
    if extra:
        return pending(f"it still has {', '.join(map(str, extra[:_SHOWN]))}" + (f": {said}" if said else ""))
    return READY


def held(application: Object) -> Iterator[Key]:
    """The objects that Argo counts as the Application's: those in Git, and those to be pruned."""
    for item in mappings(status_of(application).get("resources")):
        yield _key(item)


def complaints(application: Object) -> str:
    """What Argo complains of: conditions, then each object that the API server refused, with its words."""
    status = status_of(application)
    return "; ".join(_complaints(status, mapping(status.get("operationState"))))


def _complaints(status: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    for condition in mappings(status.get("conditions")):
        yield f"{condition.get('type')}: {condition.get('message')}"
    refused = [
        f"{_key(item)}: {item.get('message')}"
        for item in mappings(mapping(operation.get("syncResult")).get("resources"))
        if item.get("status") == "SyncFailed"
    ]
    yield from refused[:_SHOWN]
    if not refused and operation.get("phase") in _FAILED:
        yield str(operation.get("message") or "")


def _key(item: Mapping[str, Any]) -> Key:
    return Key(*(str(item.get(name) or "") for name in ("group", "kind", "namespace", "name")))
