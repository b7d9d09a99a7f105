# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Workloads, their pods and ports, read from API objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PROXY = "istio-proxy"
PROXY_PORTS = range(15000, 15100)
ENDED = ("Succeeded", "Failed")
PROBE_ANNOTATION = "pingpong.platform/probe"
Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Workload:
    """What shares an identity and a controller: a Deployment's pods, say."""

    namespace: str
    name: str
    account: str

    @property
    def reference(self) -> str:
        return f"{self.namespace}/{self.name}"

    def spiffe(self, trust_domain: str) -> str:
        return f"spiffe://{trust_domain}/ns/{self.namespace}/sa/{self.account}"


@dataclass(frozen=True, slots=True)
class MeshPod:
    """A running pod of a workload. ``declared`` are its container ports, ``container`` one that is not the proxy."""

    name: str
    address: str
    workload: Workload
    labels: Mapping[str, str]
    declared: tuple[int, ...]
    names: Mapping[str, int]
    container: str
    sidecar: bool
    ready: bool

    @property
    def reference(self) -> dict[str, Any]:
        """As much of the API object as it takes to run a program in the pod."""
        return {"metadata": {"namespace": self.workload.namespace, "name": self.name}}


def mesh_pods(pods: Iterable[Object]) -> list[MeshPod]:
    """The pods that are to be proved: not ended, on the pod network, and none of the probes.

    ``address`` is empty for one that does not run yet.
    """
    return [_mesh_pod(pod) for pod in pods if _counts(pod)]


def workloads_of(pods: Iterable[MeshPod]) -> list[Workload]:
    return sorted({pod.workload for pod in pods}, key=lambda workload: workload.reference)


def _counts(pod: Object) -> bool:
    metadata, status = pod["metadata"], pod.get("status") or {}
    return (
        status.get("phase") not in ENDED
        and not (pod.get("spec") or {}).get("hostNetwork")
        and not metadata.get("deletionTimestamp")
        and PROBE_ANNOTATION not in (metadata.get("annotations") or {})
    )


def _mesh_pod(pod: Object) -> MeshPod:
    metadata, spec, status = pod["metadata"], pod["spec"], pod["status"]
    everything = [*(spec.get("initContainers") or []), *spec["containers"]]
    own = [container for container in spec["containers"] if container["name"] != PROXY]
    ports = [port for container in own for port in container.get("ports") or [] if port.get("protocol", "TCP") == "TCP"]
    conditions = {condition["type"]: condition["status"] for condition in status.get("conditions") or []}
    return MeshPod(
        name=metadata["name"],
        address=status.get("podIP") or "",
        workload=Workload(metadata["namespace"], controller_of(pod), spec.get("serviceAccountName") or "default"),
        labels=metadata.get("labels") or {},
        declared=tuple(sorted({int(port["containerPort"]) for port in ports})),
        names={port["name"]: int(port["containerPort"]) for port in ports if port.get("name")},
        container=own[0]["name"] if own else spec["containers"][0]["name"],
        sidecar=any(container["name"] == PROXY for container in everything),
        ready=conditions.get("Ready") == "True",
    )


def controller_of(pod: Object) -> str:
    """The name of what a pod belongs to: its Deployment where there is one, else its controller, else itself."""
    metadata = pod["metadata"]
    owner = next((o["name"] for o in metadata.get("ownerReferences") or [] if o.get("controller")), metadata["name"])
    suffix = (metadata.get("labels") or {}).get("pod-template-hash")
    return str(owner.removesuffix(f"-{suffix}") if suffix else owner)
