"""A cluster with one Gateway that works, and what GKE's controller makes of it in a project."""

from __future__ import annotations

import asyncio
import base64
import copy
import dataclasses
from typing import Any

from testbed.cloud.balancing.world import ClusterWorld
from testbed.cloud.testing import RunningCloud
from testbed.gateway.model import Project
from testbed.gateway.translation.snapshot import FLEET_PATHS, Snapshot
from testbed.gateway.translation.translate import Translation, translate
from tests.support.authority import Authority

Object = dict[str, Any]
PROJECT = Project(
    project="p", region="europe-west1", network="main", cluster="cluster-id", proxy_range="10.177.0.0/23",
    addresses={"edge": "198.51.100.70"}, policies=frozenset({"armor"}), ssl_policies={"modern": "TLS_1_2"},
)  # fmt: skip


FLEET = dataclasses.replace(
    PROJECT, region="", cluster="", proxy_range="35.191.255.0/24", addresses={"edge-global": "198.51.100.71"}
)
IMPORT = {"group": "net.gke.io", "kind": "ServiceImport", "name": "istio-ingressgateway"}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def meta(name: str, namespace: str = "istio-ingress", **more: Any) -> Object:
    return {"name": name, "namespace": namespace, "uid": f"uid-{name}", "generation": 1, **more}


def cluster() -> dict[str, list[Object]]:
    """A Gateway for ping.example.com on 443 and 80, a redirect, a route to the mesh's gateway over HTTPS."""
    return copy.deepcopy({
        "Gateway": [{
            "metadata": meta("edge"),
            "spec": {
                "gatewayClassName": "gke-l7-regional-external-managed",
                "addresses": [{"type": "NamedAddress", "value": "edge"}],
                "listeners": [
                    {"name": "https", "protocol": "HTTPS", "port": 443, "hostname": "ping.example.com",
                     "tls": {"mode": "Terminate", "certificateRefs": [{"name": "edge-tls"}]}},
                    {"name": "http", "protocol": "HTTP", "port": 80},
                ],
            },
        }],
        "HTTPRoute": [
            {"metadata": meta("edge"), "spec": {
                "parentRefs": [{"name": "edge", "sectionName": "https"}], "hostnames": ["ping.example.com"],
                "rules": [{"backendRefs": [{"name": "istio-ingressgateway", "port": 443}]}]}},
            {"metadata": meta("redirect"), "spec": {
                "parentRefs": [{"name": "edge", "sectionName": "http"}],
                "rules": [{"filters": [{"type": "RequestRedirect",
                                        "requestRedirect": {"scheme": "https", "statusCode": 301}}]}]}},
        ],
        "Service": [{"metadata": meta("istio-ingressgateway"), "spec": {
            "ports": [{"name": "https", "port": 443, "targetPort": 443, "appProtocol": "HTTPS"},
                      {"name": "http2", "port": 80, "targetPort": 80}]}}],
        "EndpointSlice": [{
            "metadata": meta("slice", labels={"kubernetes.io/service-name": "istio-ingressgateway"}),
            "ports": [{"name": "https", "port": 443}],
            "endpoints": [{"addresses": ["198.18.0.5"], "conditions": {"ready": True}},
                          {"addresses": ["198.18.0.6"], "conditions": {"ready": False}}],
        }],
        "Secret": [{"metadata": meta("edge-tls"), "data": {"tls.crt": encoded("CHAIN"), "tls.key": encoded("KEY")}}],
        "GCPBackendPolicy": [{"metadata": meta("edge", creationTimestamp="2026-01-01T00:00:00Z"), "spec": {
            "default": {"securityPolicy": "armor", "timeoutSec": 12},
            "targetRef": {"group": "", "kind": "Service", "name": "istio-ingressgateway"}}}],
        "HealthCheckPolicy": [{"metadata": meta("edge", creationTimestamp="2026-01-01T00:00:00Z"), "spec": {
            "default": {"config": {
                "type": "HTTP", "httpHealthCheck": {"port": 15021, "requestPath": "/healthz/ready"}}},
            "targetRef": {"group": "", "kind": "Service", "name": "istio-ingressgateway"}}}],
        "BackendTLSPolicy": [{"metadata": meta("edge"), "spec": {
            "targetRefs": [{"group": "", "kind": "Service", "name": "istio-ingressgateway"}],
            "validation": {"hostname": "gateway.internal",
                           "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "authority"}]}}}],
        "ConfigMap": [{"metadata": meta("authority"), "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\n"}}],
        "GCPGatewayPolicy": [{"metadata": meta("edge"), "spec": {
            "default": {"sslPolicy": "modern"},
            "targetRef": {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}}}],
    })  # fmt: skip


def fleet() -> dict[str, list[Object]]:
    """The same Gateway for a fleet, as its config cluster has it: it leads to a ServiceImport."""
    found = cluster()
    found["Gateway"][0]["spec"] |= {
        "gatewayClassName": "gke-l7-global-external-managed-mc",
        "addresses": [{"type": "NamedAddress", "value": "edge-global"}],
    }
    found["HTTPRoute"][0]["spec"]["rules"] = [{"backendRefs": [{**IMPORT, "port": 443}]}]
    for kind in ("GCPBackendPolicy", "HealthCheckPolicy"):
        found[kind][0]["spec"]["targetRef"] = IMPORT
    found["BackendTLSPolicy"][0]["spec"]["targetRefs"] = [IMPORT]
    ports = [{"name": "https", "port": 443, "protocol": "TCP", "appProtocol": "HTTPS"}]
    found["ServiceImport"] = [{"metadata": meta(IMPORT["name"]), "spec": {"type": "ClusterSetIP", "ports": ports}}]
    return found


def member(address: str) -> dict[str, list[Object]]:
    """What a cluster of the fleet has of its own: the Service, with one pod, and its export."""
    found = cluster()
    found["EndpointSlice"][0]["endpoints"] = [{"addresses": [address], "conditions": {"ready": True}}]
    return {kind: found[kind] for kind in ("Service", "EndpointSlice")} | {
        "ServiceExport": [{"metadata": meta(IMPORT["name"], creationTimestamp="2026-01-01T00:00:00Z")}],
        "Namespace": [{"metadata": {"name": "istio-ingress"}}],
    }


def snapshot(objects: dict[str, list[Object]]) -> Snapshot:
    """The objects as they would have been listed."""
    assert set(objects) <= set(FLEET_PATHS)
    return Snapshot({kind: [{**obj, "kind": kind} for obj in found] for kind, found in objects.items()})


def leaf() -> tuple[str, str]:
    """A certificate and its key, in PEM."""
    both = Authority("edge").leaf("ping.example.com", 30).decode()
    certificate, begin, key = both.partition("-----BEGIN PRIVATE KEY-----")
    return certificate, begin + key


def served(address: str, certificate: str, key: str) -> dict[str, list[Object]]:
    """The objects with an address and a certificate that compute takes, without policies of the region."""
    found = cluster()
    found["Gateway"][0]["spec"]["addresses"] = [{"type": "NamedAddress", "value": address}]
    found["Secret"][0]["data"] = {"tls.crt": encoded(certificate), "tls.key": encoded(key)}
    return {**found, "GCPBackendPolicy": [], "GCPGatewayPolicy": []}


class Controller:
    """The part of a cluster's Gateway controller that is about the project; no cluster has to run."""

    def __init__(self, cloud: RunningCloud, name: str) -> None:
        self.cloud = cloud
        found = cloud.call(lambda: cloud.local.cloud.store.of_kind("container.cluster"))
        own = next(item for item in found if item.name == name)
        self.world = ClusterWorld(cloud.local.cloud, own, _offer)

    def record(self, *objects: dict[str, list[Object]]) -> tuple[list[Translation], dict[str, list[str]]]:
        """Reconcile these Gateways and no other; the translations, and the first one's annotations."""

        async def run() -> tuple[list[Translation], dict[str, list[str]]]:
            found = [snapshot(item) for item in objects]
            made = [translate(item.gateways()[0], item, self.world.project()) for item in found]
            recorded = await self.world.record(made)
            return made, dict(recorded.get(("istio-ingress", "edge"), {}))

        return asyncio.run_coroutine_threadsafe(run(), self.cloud.loop).result(30)


async def _offer(_share: object) -> None:
    """No fleet serves here."""
