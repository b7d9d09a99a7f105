# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which Service leads to a pod's port: by its endpoints, as they are, and not by selectors. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod, Object

SERVICE_LABEL = "kubernetes.io/service-name"
DOMAIN = "svc.cluster.local"
HEADLESS = "None"
EXPORTED_TO_NOBODY = "~"
HTTP = ("http", "http2", "grpc")


@dataclass(frozen=True, slots=True)
class Address:
    """A name and port by which a pod's port is called through the mesh."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Route:
    """A Service's port that leads to a pod's one. ``http``: its name or appProtocol says that it carries HTTP."""

    service: str
    namespace: str
    port: int
    headless: bool
    http: bool

    @property
    def address(self) -> Address:
        return Address(f"{self.service}.{self.namespace}.svc", self.port)

    @property
    def server_names(self) -> tuple[str, str]:
        """The names that a TLS client may ask for: the Service's, and that of Istio's gateways between networks."""
        name = f"{self.service}.{self.namespace}.{DOMAIN}"
        return name, f"outbound_.{self.port}_._.{name}"


def routes_to(pod: MeshPod, port: int, services: Iterable[Object], slices: Sequence[Object]) -> list[Route]:
    """The Services' ports behind which a pod's port is, the best to call first.

    A Service of type ExternalName, one whose endpoints are elsewhere or not ready, and a headless one whose port is
    not the pod's (its name is the pod's address, and nothing translates the port) lead nowhere.
    """
    found = []
    for service in services:
        metadata, spec = service["metadata"], service.get("spec") or {}
        exported = (metadata.get("annotations") or {}).get("networking.istio.io/exportTo", "")
        if spec.get("type") == "ExternalName" or exported == EXPORTED_TO_NOBODY:
            continue
        headless = spec.get("clusterIP") == HEADLESS
        targets = dict(_targets(pod, metadata, slices))
        for entry in spec.get("ports") or []:
            leads = targets.get(entry.get("name") or "") == port and entry.get("protocol", "TCP") == "TCP"
            if leads and (not headless or entry["port"] == port):
                kind = entry.get("appProtocol") or (entry.get("name") or "").partition("-")[0]
                route = Route(metadata["name"], metadata["namespace"], int(entry["port"]), headless, kind in HTTP)
                found.append(route)
    return sorted(found, key=lambda route: (not route.http, route.headless, route.namespace, route.service, route.port))


def _targets(pod: MeshPod, service: Object, slices: Iterable[Object]) -> Iterator[tuple[str, int]]:
    """The pod's ports behind a Service, by the names of the Service's ports."""
    for piece in slices:
        metadata = piece["metadata"]
        if metadata["namespace"] != service["namespace"]:
            continue
        if (metadata.get("labels") or {}).get(SERVICE_LABEL) != service["name"]:
            continue
        if any(_serves(endpoint, pod) for endpoint in piece.get("endpoints") or []):
            for port in piece.get("ports") or []:
                if port.get("port") is not None and (port.get("protocol") or "TCP") == "TCP":
                    yield port.get("name") or "", int(port["port"])


def _serves(endpoint: Object, pod: MeshPod) -> bool:
    """Whether an endpoint is the pod, and gets calls; readiness that nobody states counts as ready."""
    ready = (endpoint.get("conditions") or {}).get("ready")
    return ready is not False and pod.address in (endpoint.get("addresses") or [])
