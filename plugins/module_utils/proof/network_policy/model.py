# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a NetworkPolicy decision needs to know of pods and namespaces, read from API objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name"
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Port:
    """A container port; ``name`` is empty for a nameless one."""

    number: int
    protocol: str = "TCP"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A pod as policies see it, or (``namespace`` None) an address outside the cluster."""

    name: str
    namespace: str | None
    labels: Labels = field(default_factory=dict)
    namespace_labels: Labels = field(default_factory=dict)
    address: str = ""
    ports: tuple[Port, ...] = ()
    host_network: bool = False

    @property
    def reference(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace is not None else self.name


def namespace_labels(namespace: Mapping[str, Any]) -> dict[str, str]:
    """A namespace's labels, with the name label that the API server gives each."""
    metadata = namespace["metadata"]
    return {**(metadata.get("labels") or {}), NAMESPACE_NAME_LABEL: metadata["name"]}


def endpoint_from_pod(pod: Mapping[str, Any], labels_of_namespace: Labels) -> Endpoint:
    """A pod from its API object."""
    metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    # of the containers that come first, only sidecars are there when somebody calls
    sidecars = [first for first in spec.get("initContainers") or [] if first.get("restartPolicy") == "Always"]
    containers = [*sidecars, *(spec.get("containers") or [])]
    ports = tuple(
        Port(int(port["containerPort"]), port.get("protocol") or "TCP", port.get("name") or "")
        for container in containers
        for port in container.get("ports") or []
    )
    return Endpoint(
        name=metadata["name"],
        namespace=metadata["namespace"],
        labels=metadata.get("labels") or {},
        namespace_labels=labels_of_namespace,
        address=status.get("podIP") or "",
        ports=ports,
        host_network=bool(spec.get("hostNetwork")),
    )
