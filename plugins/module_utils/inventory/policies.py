# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A namespace's network policies: nothing passes but what is declared, and what every workload needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Body = dict[str, Any]

_BOTH = ["Ingress", "Egress"]


# Where a workload asks for its identity of Google Cloud: the metadata server, and the one of GKE that answers for it.
# https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy#network-policy-and-workload-identity
METADATA_SERVER = (("169.254.169.254/32", (80, 8080)), ("169.254.169.252/32", (987, 988)))
# kube-dns, or the cache on each node that answers in its place where NodeLocal DNSCache is on.
DNS = [{"key": "k8s-app", "operator": "In", "values": ["kube-dns", "node-local-dns"]}]


def network_policies(
    namespaces: Sequence[Mapping[str, Any]],
    api_server_ports: Sequence[int],
    load_balancer_ranges: Sequence[str] = (),
) -> list[Body]:
    """The policies of each namespace.

    namespaces: name; baseline (default_deny, or deny_all without DNS and monitoring); mesh (reaches istiod); api_server
    (reaches the API server) and api_server_pods, the labels of those that do; workload_identity (reaches
    the metadata server); ingress and egress, the API's rules.
    load_balancer_ports, which load balancers call, comes before those rules.
    api_server_ports: the API server is not a pod, so no selector names it: only its ports can.
    load_balancer_ranges: where load balancers call from; anywhere without them.
    """
    return [policy for namespace in namespaces for policy in _of(namespace, api_server_ports, load_balancer_ranges)]


def _of(
    namespace: Mapping[str, Any], api_server_ports: Sequence[int], load_balancer_ranges: Sequence[str]
) -> Iterator[Body]:
    name = namespace["name"]
    yield _policy(name, "deny-all", types=_BOTH)
    if namespace.get("baseline", "default_deny") == "default_deny":
        yield _policy(
            name,
            "allow-dns-and-monitoring",
            types=_BOTH,
            ingress=[{"from": [_namespace("monitoring")]}],
            egress=[{"to": [_dns()], "ports": _ports(53, "TCP", "UDP")}],
        )
    if namespace.get("mesh"):
        istiod = {"to": [_pods("istio-system", {"app": "istiod"})], "ports": _ports(15012, "TCP")}
        yield _policy(name, "allow-mesh-control-plane", types=["Egress"], egress=[istiod])
    if namespace.get("api_server"):
        selected = namespace.get("api_server_pods")
        yield _policy(
            name,
            "allow-api-server",
            pods={"matchLabels": dict(selected)} if selected else {},
            types=["Egress"],
            egress=[{"ports": [port for number in api_server_ports for port in _ports(number, "TCP")]}],
        )
    if namespace.get("workload_identity"):
        yield _policy(name, "allow-metadata-server", types=["Egress"], egress=_metadata_server())
    ingress, egress = list(namespace.get("ingress") or []), list(namespace.get("egress") or [])
    if ports := namespace.get("load_balancer_ports"):
        sources = (
            {"from": [{"ipBlock": {"cidr": cidr}} for cidr in load_balancer_ranges]} if load_balancer_ranges else {}
        )
        ingress = [{**sources, "ports": [{"port": port} for port in ports]}, *ingress]
    if ingress or egress:
        types = [*(["Ingress"] if ingress else []), *(["Egress"] if egress else [])]
        yield _policy(name, "allow-declared", types=types, ingress=ingress, egress=egress)


def _policy(namespace: str, name: str, *, types: list[str], pods: Body | None = None, **rules: list[Body]) -> Body:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": pods or {}, "policyTypes": types, **rules},
    }


def _namespace(name: str) -> Body:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _metadata_server() -> list[Body]:
    return [
        {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [port for number in ports for port in _ports(number, "TCP")]}
        for cidr, ports in METADATA_SERVER
    ]


def _dns() -> Body:
    return {**_namespace("kube-system"), "podSelector": {"matchExpressions": DNS}}


def _pods(namespace: str, labels: dict[str, str]) -> Body:
    return {**_namespace(namespace), "podSelector": {"matchLabels": labels}}


def _ports(port: int, *protocols: str) -> list[Body]:
    return [{"protocol": protocol, "port": port} for protocol in protocols]
