"""A cluster's objects at one moment, found by kind and name. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from testbed.gateway.model import Object

# What is served, by one cluster's controller and by a fleet's.
CLASSES = ("gke-l7-regional-external-managed",)
FLEET_CLASSES = ("gke-l7-global-external-managed-mc",)
# What is watched, by API path; all of it in every namespace.
PATHS: Mapping[str, str] = {
    "Gateway": "/apis/gateway.networking.k8s.io/v1/gateways",
    "HTTPRoute": "/apis/gateway.networking.k8s.io/v1/httproutes",
    "BackendTLSPolicy": "/apis/gateway.networking.k8s.io/v1/backendtlspolicies",
    "ReferenceGrant": "/apis/gateway.networking.k8s.io/v1beta1/referencegrants",
    "GCPBackendPolicy": "/apis/networking.gke.io/v1/gcpbackendpolicies",
    "GCPGatewayPolicy": "/apis/networking.gke.io/v1/gcpgatewaypolicies",
    "HealthCheckPolicy": "/apis/networking.gke.io/v1/healthcheckpolicies",
    "GCPHTTPFilter": "/apis/networking.gke.io/v1/gcphttpfilters",
    "Service": "/api/v1/services",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/endpointslices",
    "Secret": "/api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls",
    "ConfigMap": "/api/v1/configmaps",
    "Namespace": "/api/v1/namespaces",
}
# Of a cluster in a fleet too.
FLEET_PATHS: Mapping[str, str] = {
    **PATHS,
    "ServiceExport": "/apis/net.gke.io/v1/serviceexports",
    "ServiceImport": "/apis/net.gke.io/v1/serviceimports",
}
SERVICE_OF_SLICE = "kubernetes.io/service-name"


@dataclass(frozen=True)
class Snapshot:
    """Objects by kind, in the order in which the API server lists them.

    ``members`` are the clusters of a fleet by region, the closest first, where this is its config cluster.
    """

    objects: Mapping[str, Sequence[Object]] = field(default_factory=dict)
    members: tuple[tuple[str, Snapshot], ...] = ()

    def all(self, kind: str, namespace: str | None = None) -> Iterator[Object]:
        """The objects of a kind, of one namespace or of all."""
        for obj in self.objects.get(kind, ()):
            if namespace is None or obj["metadata"].get("namespace") == namespace:
                yield obj

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """One object, or None."""
        return next((obj for obj in self.all(kind, namespace) if obj["metadata"]["name"] == name), None)

    def gateways(self, classes: Sequence[str] = CLASSES) -> list[Object]:
        """The Gateways of these classes."""
        return [obj for obj in self.all("Gateway") if obj["spec"].get("gatewayClassName") in classes]

    def routes(self, gateway: Object) -> list[Object]:
        """The HTTPRoutes that name this Gateway as a parent."""
        return [route for route in self.all("HTTPRoute") if any(parents(route, gateway))]

    def policies(self, kind: str, target_kind: str, namespace: str, name: str) -> list[Object]:
        """The policies of a kind that target an object of their own namespace, oldest first."""
        found = []
        for policy in self.all(kind, namespace):
            spec = policy.get("spec") or {}
            refs = spec.get("targetRefs") or [spec.get("targetRef") or {}]
            if any(ref.get("kind") == target_kind and ref.get("name") == name for ref in refs):
                found.append(policy)
        return sorted(found, key=lambda obj: (obj["metadata"].get("creationTimestamp", ""), obj["metadata"]["name"]))

    def exported(self, namespace: str, service: str) -> bool:
        """Whether a Service is exported to the fleet."""
        return all(self.get(kind, namespace, service) for kind in ("Service", "ServiceExport"))

    def endpoints(self, namespace: str, service: str, port_name: str) -> tuple[tuple[str, int], ...]:
        """Addresses and ports of the ready endpoints behind a Service's port."""
        found = set()
        for piece in self.all("EndpointSlice", namespace):
            if (piece["metadata"].get("labels") or {}).get(SERVICE_OF_SLICE) != service:
                continue
            ports = [entry["port"] for entry in piece.get("ports") or () if (entry.get("name") or "") == port_name]
            for endpoint in piece.get("endpoints") or ():
                if (endpoint.get("conditions") or {}).get("ready", True):
                    found |= {(address, port) for address in endpoint["addresses"] for port in ports}
        return tuple(sorted(found))


def parents(route: Object, gateway: Object) -> Iterator[Object]:
    """The references of a route to one Gateway."""
    own = route["metadata"]["namespace"]
    for ref in route["spec"].get("parentRefs") or ():
        where = (ref.get("namespace", own), ref["name"])
        if where == (gateway["metadata"]["namespace"], gateway["metadata"]["name"]):
            yield ref


def decoded(secret: Object, key: str) -> str:
    """A text of a Secret, empty where it has none."""
    try:
        return base64.b64decode((secret.get("data") or {}).get(key, ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def granted(snapshot: Snapshot, kind: str, namespace: str, to_kind: str, to_namespace: str, name: str) -> bool:
    """Whether a ReferenceGrant in the target's namespace admits the reference."""
    for grant in snapshot.all("ReferenceGrant", to_namespace):
        spec = grant["spec"]
        sources = {(item["kind"], item["namespace"]) for item in spec.get("from", ())}
        targets = [(item["kind"], item.get("name") or name) for item in spec.get("to", ())]
        if (kind, namespace) in sources and (to_kind, name) in targets:
            return True
    return False
