# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who is in the mesh: workloads, their pods, ports and Services, read from API objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.policy.selectors import matches

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


@dataclass(frozen=True, slots=True)
class Address:
    """A name and port by which a pod's port is called through the mesh."""

    host: str
    port: int


def service_address(pod: MeshPod, port: int, services: Iterable[Object]) -> Address | None:
    """The first Service that leads to a pod's port; None where none does."""
    for service in services:
        metadata, spec = service["metadata"], service["spec"]
        if metadata["namespace"] != pod.workload.namespace or not spec.get("selector"):
            continue
        if not matches({"matchLabels": spec["selector"]}, pod.labels):
            continue
        for entry in spec.get("ports") or []:
            target = entry.get("targetPort", entry["port"])
            number = pod.names.get(target) if isinstance(target, str) else target
            if number == port:
                return Address(f"{metadata['name']}.{metadata['namespace']}.svc", int(entry["port"]))
    return None


def admits_by_principal(pod: MeshPod, policies: Iterable[Object]) -> bool:
    """Whether an AuthorizationPolicy of the pod's namespace lets in named identities only."""
    for policy in policies:
        spec = policy.get("spec") or {}
        selector = (spec.get("selector") or {}).get("matchLabels") or {}
        if policy["metadata"]["namespace"] != pod.workload.namespace or spec.get("action", "ALLOW") != "ALLOW":
            continue
        if not matches({"matchLabels": selector}, pod.labels):
            continue
        sources = [s.get("source") or {} for rule in spec.get("rules") or [] for s in rule.get("from") or []]
        if sources and all(source.get("principals") for source in sources):
            return True
    return False
