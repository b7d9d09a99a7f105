# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Namespaces and definitions that are kept because of what lives in them: deleting one deletes all of that."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.record import other_layers
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.stages import AWAITED
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    Key,
    ListScope,
    Object,
    Objects,
    Owner,
    key_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.waiter import list_scope


def protected(
    client: ClusterClient, owner: Owner, record_namespace: str, deleted: Objects, kept: Collection[Key]
) -> dict[Key, str]:
    """Which of the objects that are to be deleted stay, each with the reason; ``kept`` are those that stay anyway."""
    containers = [obj for obj in deleted if obj["kind"] in AWAITED]
    if not containers:
        return {}
    others = other_layers(client, owner, record_namespace)
    found = {
        key_of(obj): _layers_inside(obj, others) or _kept_inside(obj, kept) or _objects_of_kind(client, obj, deleted)
        for obj in containers
    }
    return {key: reason for key, reason in found.items() if reason}


def _layers_inside(container: Object, others: Mapping[str, Collection[ListScope]]) -> str:
    layers = [layer for layer, scopes in others.items() if any(_inside(scope, container) for scope in scopes)]
    return f"holds objects of layer {layers[-1]}" if layers else ""


def _kept_inside(container: Object, kept: Collection[Key]) -> str:
    if container["kind"] != "Namespace":
        return ""
    inside = [key for key in kept if key.namespace == container["metadata"]["name"]]
    return f"holds {inside[0]}, which is kept" if inside else ""


def _inside(scope: ListScope, container: Object) -> bool:
    if container["kind"] == "Namespace":
        return bool(scope.namespace == container["metadata"]["name"])
    spec = container.get("spec") or {}
    return bool(
        scope.kind == (spec.get("names") or {}).get("kind") and scope.api_version.startswith(f"{spec['group']}/")
    )


def _objects_of_kind(client: ClusterClient, definition: Object, deleted: Objects) -> str:
    """Objects of a definition's kind, of any owner, that are not to be deleted themselves."""
    if definition["kind"] != "CustomResourceDefinition":
        return ""
    spec = definition["spec"]
    version = next((one["name"] for one in spec["versions"] if one.get("served")), None)
    if version is None:
        return ""
    keys = {key_of(obj) for obj in deleted}
    owners = {obj["metadata"].get("uid") for obj in deleted}
    found = [
        key_of(obj)
        for obj in list_scope(client, ListScope(f"{spec['group']}/{version}", spec["names"]["kind"], ""), None)
        if key_of(obj) not in keys and not _deleted_anyway(obj, owners)
    ]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"holds {found[0]}{more}, which would be deleted with it" if found else ""


def _deleted_anyway(obj: Object, owners: Collection[str | None]) -> bool:
    """Whether an object goes anyway: it is being deleted, or one of those that go owns it."""
    metadata = obj["metadata"]
    references = metadata.get("ownerReferences") or []
    return "deletionTimestamp" in metadata or any(reference.get("uid") in owners for reference in references)
