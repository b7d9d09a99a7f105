# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fields that a controller takes over once an object exists: declared when it is created, then left alone. Pure.

Without this a webhook's CA bundle or an autoscaled replica count would be a conflict on every run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import FIELD_MANAGER, Object

# Kind → paths, and who may take them over: a pattern for the manager, and the subresource it writes through.
_CONTROLLERS: dict[str, list[tuple[tuple[str, ...], str, str]]] = {
    "ValidatingWebhookConfiguration": [
        (("webhooks", "*", "clientConfig", "caBundle"), "*", ""),
        (("webhooks", "*", "failurePolicy"), "pilot-discovery", ""),
    ],
    "MutatingWebhookConfiguration": [
        (("webhooks", "*", "clientConfig", "caBundle"), "*", ""),
        (("webhooks", "*", "failurePolicy"), "pilot-discovery", ""),
    ],
    "CustomResourceDefinition": [(("spec", "conversion", "webhook", "clientConfig", "caBundle"), "*", "")],
    "APIService": [(("spec", "caBundle"), "*", "")],
    "Deployment": [(("spec", "replicas"), "kube-controller-manager", "scale")],
    "StatefulSet": [(("spec", "replicas"), "kube-controller-manager", "scale")],
}

# Managers that are a person or a tool in a person's hand: what they change on our objects is drift.
_USER_TOOLS = (
    "kubectl*",
    "before-first-apply",
    "OpenAPI-Generator",
    "Swagger-Codegen",
    "helm",
    "k9s",
    "node-fetch",
    "Mozilla",
    "curl",
    "python-*",
)


def is_user_tool(manager: str) -> bool:
    """Whether a field manager stands for a person's tool, not for a controller or another owner."""
    return any(fnmatch(manager, pattern) for pattern in _USER_TOOLS)


def without_controller_fields(desired: Object, live: Object) -> Object:
    """``desired`` without the fields that a controller has taken over on the live object."""
    for path, manager, subresource in _CONTROLLERS.get(desired["kind"], ()):
        for entry in live["metadata"].get("managedFields") or []:
            name = entry.get("manager", "")
            if name == FIELD_MANAGER or is_user_tool(name) or not fnmatch(name, manager):
                continue
            if subresource and entry.get("subresource") != subresource:
                continue
            for place in _places(desired, entry.get("fieldsV1") or {}, path):
                desired = _without(desired, place)
    return desired


def _places(value: Any, owned: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str | int, ...]]:
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


def _without(value: Any, place: tuple[str | int, ...]) -> Any:
    head, rest = place[0], place[1:]
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    if rest:
        copy[head] = _without(value[head], rest)
    else:
        del copy[head]
    return copy
