# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fields that a controller takes over once an object exists: declared when it is created, then left alone. Pure.

Without this a webhook's CA bundle or an autoscaled replica count would be a conflict on every run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.field_sets import (
    Path,
    entries,
    leaves,
    value_at,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import FIELD_MANAGER, Object

Place = tuple["str | int", ...]

_BUNDLES = [
    (("webhooks", "*", "clientConfig", "caBundle"), "*", ""),
    (("webhooks", "*", "failurePolicy"), "pilot-discovery", ""),
]
# Kind ("*": any) → paths, and who may take them over: a pattern for the manager, and the subresource it writes through.
_CONTROLLERS: dict[str, list[tuple[tuple[str, ...], str, str]]] = {
    "ValidatingWebhookConfiguration": _BUNDLES,
    "MutatingWebhookConfiguration": _BUNDLES,
    "CustomResourceDefinition": [(("spec", "conversion", "webhook", "clientConfig", "caBundle"), "*", "")],
    "APIService": [(("spec", "caBundle"), "*", "")],
    "*": [(("spec", "replicas"), "*", "scale")],
}
# Kind ("*": any) → field sets' paths that the server or a controller completes, whoever's request they came with.
# Declared empty, they are for it to fill.
_COMPLETED: dict[str, list[Path]] = {
    "Service": [
        ("f:spec", "f:clusterIP"),
        ("f:spec", "f:clusterIPs"),
        ("f:spec", "f:healthCheckNodePort"),
        ("f:spec", "f:ipFamilies"),
        ("f:spec", "f:ipFamilyPolicy"),
        ("f:spec", "f:ports", "*", "f:nodePort"),
    ],
    "PersistentVolumeClaim": [("f:spec", "f:volumeName")],
    "PersistentVolume": [("f:spec", "f:claimRef")],
    "Namespace": [("f:metadata", "f:labels", "f:kubernetes.io/metadata.name"), ("f:spec", "f:finalizers")],
    "Pod": [("f:spec", "f:nodeName")],
    "Endpoints": [("f:subsets",)],
    "EndpointSlice": [("f:endpoints",), ("f:ports",)],
    "*": [("f:spec", "f:template", "f:metadata", "f:annotations", "f:kubectl.kubernetes.io/restartedAt")],
}


def left_alone(kind: str, path: Path) -> bool:
    """Whether an undeclared field is of no concern: a node port, a volume's name, the time of a restart."""
    return any(
        len(path) == len(known) and all(part in ("*", name) for part, name in zip(known, path, strict=True))
        for known in (*_COMPLETED.get(kind, ()), *_COMPLETED["*"])
    )


def without_controller_fields(desired: Object, live: Object, policy: ManagerPolicy) -> Object:
    """``desired`` without the fields that are for others: taken over, aggregated, or declared empty and filled.

    ``live`` carries its ``managedFields``; a manager that the policy does not trust takes nothing over.
    """
    places = [*_taken_over(desired, live, policy), *_filled(desired, live, policy)]
    if "aggregationRule" in desired and "rules" in desired:
        places.append(("rules",))
    for place in sorted(set(places), key=str, reverse=True):
        desired = _without(desired, place)
    return desired


def _taken_over(desired: Object, live: Object, policy: ManagerPolicy) -> Iterator[Place]:
    known = [*_CONTROLLERS.get(desired["kind"], ()), *_CONTROLLERS["*"]]
    for entry in entries(live):
        name = entry.get("manager", "")
        if name == FIELD_MANAGER or not policy.trusts(name):
            continue
        for path, manager, subresource in known:
            if fnmatch(name, manager) and subresource in ("", entry.get("subresource")):
                yield from _places(desired, entry.get("fieldsV1") or {}, path)


def _filled(desired: Object, live: Object, policy: ManagerPolicy) -> Iterator[Place]:
    """What is declared empty and the server, or a controller, has filled."""
    for path in _COMPLETED.get(desired["kind"], ()):
        for place in _everywhere(desired, path):
            if _at(desired, place) in ("", 0, [], {}):
                yield place
    for entry in entries(live):
        name = entry.get("manager", "")
        if name == FIELD_MANAGER or entry.get("subresource") == "status" or not policy.trusts(name):
            continue
        for path in leaves(entry.get("fieldsV1") or {}):
            if value_at(desired, path) == "" and all(part.startswith("f:") for part in path):
                yield tuple(part[2:] for part in path)


def _everywhere(value: Any, path: Path) -> Iterator[Place]:
    """Where a path of ``_COMPLETED`` leads to something; ``*`` stands for every item of a list."""
    head, rest = path[0], path[1:]
    if head == "*":
        inner: list[tuple[str | int, Any]] = list(enumerate(value)) if isinstance(value, list) else []
    else:
        inner = [(head[2:], value[head[2:]])] if isinstance(value, dict) and head[2:] in value else []
    for name, item in inner:
        yield from ((name, *tail) for tail in _everywhere(item, rest)) if rest else [(name,)]


def _at(value: Any, place: Place) -> Any:
    for name in place:
        value = value[name]
    return value


def _places(value: Any, owned: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Place]:
    """Where the path leads in ``value`` to something owned; ``*`` stands for the items of a list keyed by name."""
    head, rest = path[0], path[1:]
    if head == "*":
        for index, item in enumerate(value if isinstance(value, list) else []):
            node = owned.get(f'k:{{"name":"{item.get("name")}"}}') if isinstance(item, dict) else None
            if node is not None:
                yield from ((index, *tail) for tail in _places(item, node, rest))
        return
    node = owned.get(f"f:{head}")
    if node is None or not isinstance(value, dict) or head not in value:
        return
    if not rest:
        yield (head,)
        return
    yield from ((head, *tail) for tail in _places(value[head], node, rest))


def _without(value: Any, place: Place) -> Any:
    head, rest = place[0], place[1:]
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    if rest:
        copy[head] = _without(value[head], rest)
    else:
        del copy[head]
    return copy
