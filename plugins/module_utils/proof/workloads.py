# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Workloads, their pods and ports, read from API objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PROXY = "istio-proxy"
PROXY_UID = 1337  # what the injector sets where the pod does not say otherwise
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
    """A running pod of a workload.

    ``declared`` are the TCP ports of its containers, native sidecars included and the mesh's proxy left out;
    ``datagrams`` those of other protocols, as (number, protocol). ``names`` are the numbers of named TCP ports.
    ``containers`` are those that are not the proxy, ``container`` the first of them; ``proxy_uid`` is the user that
    the proxy runs as.
    """

    name: str
    address: str
    workload: Workload
    labels: Mapping[str, str]
    declared: tuple[int, ...]
    names: Mapping[str, int]
    container: str
    sidecar: bool
    ready: bool
    datagrams: tuple[tuple[int, str], ...] = ()
    containers: tuple[str, ...] = ()
    proxy_uid: int = PROXY_UID

    @property
    def reference(self) -> dict[str, Any]:
        """As much of the API object as it takes to run a program in the pod."""
        return {"metadata": {"namespace": self.workload.namespace, "name": self.name}}

    @property
    def place(self) -> str:
        """Namespace and name, as cells show them."""
        return f"{self.workload.namespace}/{self.name}"


def mesh_pods(pods: Iterable[Object]) -> list[MeshPod]:
    """The pods that are to be proved: not ended, on the pod network, and none of the probes.

    ``address`` is empty for one that does not run yet.
    """
    return [_mesh_pod(pod) for pod in pods if _lives(pod) and not _on_node_network(pod)]


def node_network_pods(pods: Iterable[Object]) -> list[MeshPod]:
    """The pods that have their node's network instead of one of their own: no sidecar can capture their ports."""
    return [_mesh_pod(pod) for pod in pods if _lives(pod) and _on_node_network(pod)]


def workloads_of(pods: Iterable[MeshPod]) -> list[Workload]:
    return sorted({pod.workload for pod in pods}, key=lambda workload: workload.reference)


def _lives(pod: Object) -> bool:
    metadata, status = pod["metadata"], pod.get("status") or {}
    return (
        status.get("phase") not in ENDED
        and not metadata.get("deletionTimestamp")
        and PROBE_ANNOTATION not in (metadata.get("annotations") or {})
    )


def _on_node_network(pod: Object) -> bool:
    return bool((pod.get("spec") or {}).get("hostNetwork"))


def _mesh_pod(pod: Object) -> MeshPod:
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    first = spec.get("initContainers") or []
    native = [container for container in first if container.get("restartPolicy") == "Always"]
    proxy = next((container for container in (*first, *spec["containers"]) if container["name"] == PROXY), None)
    own = [container for container in (*spec["containers"], *native) if container["name"] != PROXY]
    ports = [(port, port.get("protocol") or "TCP") for container in own for port in container.get("ports") or []]
    tcp = [port for port, protocol in ports if protocol == "TCP"]
    conditions = {condition["type"]: condition["status"] for condition in status.get("conditions") or []}
    return MeshPod(
        name=metadata["name"],
        address=status.get("podIP") or "",
        workload=Workload(metadata["namespace"], controller_of(pod), spec.get("serviceAccountName") or "default"),
        labels=metadata.get("labels") or {},
        declared=tuple(sorted({int(port["containerPort"]) for port in tcp})),
        names={port["name"]: int(port["containerPort"]) for port in tcp if port.get("name")},
        container=own[0]["name"] if own else spec["containers"][0]["name"],
        sidecar=proxy is not None,
        ready=conditions.get("Ready") == "True",
        datagrams=tuple(sorted({(int(port["containerPort"]), name) for port, name in ports if name != "TCP"})),
        containers=tuple(container["name"] for container in own),
        proxy_uid=_user_of(proxy or {}, spec),
    )


def _user_of(container: Object, spec: Object) -> int:
    for holder in (container, spec):
        user = (holder.get("securityContext") or {}).get("runAsUser")
        if user is not None:
            return int(user)
    return PROXY_UID


def controller_of(pod: Object) -> str:
    """The name of what a pod belongs to: the Deployment or Rollout above its ReplicaSet, its controller, or itself."""
    metadata = pod["metadata"]
    owner = next((o["name"] for o in metadata.get("ownerReferences") or [] if o.get("controller")), metadata["name"])
    labels = metadata.get("labels") or {}
    suffix = labels.get("pod-template-hash") or labels.get("rollouts-pod-template-hash")
    return str(owner.removesuffix(f"-{suffix}") if suffix else owner)
