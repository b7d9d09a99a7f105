# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names of objects, and the labels and annotations that say whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

FIELD_MANAGER = "pingpong.platform"
MANAGED_BY = "app.kubernetes.io/managed-by"
ENVIRONMENT = "pingpong.platform/environment"
LAYER = "pingpong.platform/layer"
DESIRED_HASH = "pingpong.platform/intent"
# On a live object, with the value "keep": pruning passes it by.
PRUNE = "pingpong.platform/prune"

Object = dict[str, Any]
Objects = list[Object]


class Key(NamedTuple):
    """An object's identity; the version of its API is no part of it."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class ListScope(NamedTuple):
    """What one LIST covers: a kind in one namespace (empty for cluster-wide kinds)."""

    api_version: str
    kind: str
    namespace: str


class Owner(NamedTuple):
    """The owner of objects: an environment and a layer of it."""

    environment: str
    layer: str

    @property
    def labels(self) -> dict[str, str]:
        """The labels on every object of this owner."""
        return {MANAGED_BY: FIELD_MANAGER, ENVIRONMENT: self.environment, LAYER: self.layer}

    @property
    def selector(self) -> str:
        """The label selector of this owner's objects."""
        return ",".join(f"{name}={value}" for name, value in self.labels.items())


def group_of(api_version: str) -> str:
    """The API group, empty for the core group."""
    return api_version.rpartition("/")[0]


def key_of(obj: Mapping[str, Any]) -> Key:
    """The identity of an object that has kind, apiVersion and name."""
    metadata = obj["metadata"]
    return Key(group_of(obj["apiVersion"]), obj["kind"], metadata.get("namespace") or "", metadata["name"])


def list_scope_of(obj: Mapping[str, Any]) -> ListScope:
    """The LIST in which an object turns up."""
    return ListScope(obj["apiVersion"], obj["kind"], obj["metadata"].get("namespace") or "")


def owner_of(obj: Mapping[str, Any]) -> Owner | None:
    """The owner that an object's labels name, None when they name none, as when somebody took one of them off."""
    labels = (obj.get("metadata") or {}).get("labels") or {}
    if labels.get(MANAGED_BY) != FIELD_MANAGER or not {ENVIRONMENT, LAYER} <= set(labels):
        return None
    return Owner(labels[ENVIRONMENT], labels[LAYER])


def label(obj: Mapping[str, Any]) -> str:
    """How messages name an object: ``Deployment shop/cart``, ``Namespace shop``."""
    metadata = obj.get("metadata") or {}
    namespace, name = metadata.get("namespace"), metadata.get("name") or metadata.get("generateName")
    return f"{obj.get('kind')} {f'{namespace}/' if namespace else ''}{name}"
