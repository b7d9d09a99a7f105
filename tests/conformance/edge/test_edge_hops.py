"""Every hop of the users' path has a proof that goes red when the hop is broken, on the platform that stands."""

from __future__ import annotations

import base64
import contextlib
import copy
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls import check as tls_check
from ansible_collections.pingpong.platform.plugins.module_utils.proof.waf import check as waf_check

from tests.support.edge import HOST, NAMESPACE, Entrance, only
from tests.support.local_platform import client_of

pytestmark = [pytest.mark.platform, pytest.mark.timeout(900)]

CLUSTER = "secondary"
RULE_SETS = ["sqli-v33-stable", "xss-v33-stable", "lfi-v33-stable", "rce-v33-stable"]
SECONDS = 60.0
Object = dict[str, Any]
Verdicts = dict[str, str]


class Edge:
    """The edge of one cluster as clients meet it, and the objects that make it."""

    def __init__(self, client: ClusterClient) -> None:
        self.client = client
        entrance = Entrance.of(client)
        self.endpoint = {
            "name": "edge", "address": entrance.address, "port": 443, "server_name": HOST, "ca": entrance.authority,
            "path": "/ping", "body": "pong", "status": 200, "timeout": 5.0,
        }  # fmt: skip

    def answer(self) -> str:
        """The verdict on ``GET /ping`` through all of it."""
        expected = {"names": [], "min_days": 1.0, "min_version": "1.2", "plain_port": 80, "redirect": True}
        entry = {**self.endpoint, **expected, "hsts_min_seconds": 3600}
        result = tls_check.run({"cluster": CLUSTER, "fail": False, "endpoints": [entry]})
        return next(cell["verdict"] for cell in result["cells"] if cell["case"] == "GET /ping")

    def firewall(self) -> Verdicts:
        """The verdict on each rule set."""
        options = {"cluster": CLUSTER, "fail": False, "endpoints": [self.endpoint], "rule_sets": RULE_SETS,
                   "refusal": 403}  # fmt: skip
        return {cell["case"]: cell["verdict"] for cell in waf_check.run(options)["cells"]}


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with client_of(CLUSTER) as client:
        yield Edge(client)


def until(look: Callable[[], Any], expected: Any) -> None:
    """Look until it is as expected, for as long as a change of a load balancer may take."""
    deadline = time.monotonic() + SECONDS
    while (found := look()) != expected:
        assert time.monotonic() < deadline, f"found {found}, expected {expected}"
        time.sleep(1)


@contextlib.contextmanager
def changed(edge: Edge, obj: Object, change: Object, undo: Object) -> Iterator[None]:
    """A merge patch of one object, undone at the end, when the edge serves as before."""
    metadata = obj["metadata"]
    ref = (obj["apiVersion"], obj["kind"], metadata["name"], metadata.get("namespace"))
    edge.client.patch(*ref, change)
    try:
        yield
    finally:
        edge.client.patch(*ref, undo)
        until(edge.answer, "pass")


def of_kind(edge: Edge, version: str, kind: str) -> Object:
    return {**only(edge.client, version, kind), "apiVersion": version, "kind": kind}


def backend_in_plain_text(edge: Edge) -> AbstractContextManager[None]:
    service = edge.client.get("v1", "Service", "istio-ingressgateway", NAMESPACE)
    assert service is not None
    ports = copy.deepcopy(service["spec"]["ports"])
    for port in ports:
        port.pop("appProtocol", None)
    named = {**service, "apiVersion": "v1", "kind": "Service"}
    return changed(edge, named, {"spec": {"ports": ports}}, {"spec": {"ports": service["spec"]["ports"]}})


def health_port_closed(edge: Edge) -> AbstractContextManager[None]:
    policy = of_kind(edge, "networking.gke.io/v1", "HealthCheckPolicy")
    check = copy.deepcopy(policy["spec"]["default"]["config"]["httpHealthCheck"])

    def body(port: int) -> Object:
        return {"spec": {"default": {"config": {"httpHealthCheck": {**check, "port": port}}}}}

    return changed(edge, policy, body(15999), body(check["port"]))


def backend_of_another_name(edge: Edge) -> AbstractContextManager[None]:
    policy = of_kind(edge, "gateway.networking.k8s.io/v1", "BackendTLSPolicy")
    name = policy["spec"]["validation"]["hostname"]
    bodies = [{"spec": {"validation": {"hostname": host}}} for host in ("else.example.com", name)]
    return changed(edge, policy, *bodies)


def backend_of_another_authority(edge: Edge) -> AbstractContextManager[None]:
    gateway = only(edge.client, "gateway.networking.k8s.io/v1", "Gateway")
    config = edge.client.get("v1", "ConfigMap", f"{gateway['metadata']['name']}-backend", NAMESPACE)
    root = edge.client.get("v1", "ConfigMap", "kube-root-ca.crt", NAMESPACE)
    assert config is not None
    assert root is not None
    bodies = [{"data": {"ca.crt": text}} for text in (root["data"]["ca.crt"], config["data"]["ca.crt"])]
    return changed(edge, {**config, "apiVersion": "v1", "kind": "ConfigMap"}, *bodies)


@contextlib.contextmanager
def proxies_not_admitted(edge: Edge) -> Iterator[None]:
    """Without the policy that admits them. Made anew at the end: a patch would leave another owner of its fields."""
    version = "networking.k8s.io/v1"
    policy, *_others = [
        policy
        for policy in edge.client.list(version, "NetworkPolicy", NAMESPACE)
        if any("443" in str(rule.get("ports")) for rule in policy["spec"].get("ingress") or ())
    ]
    kept = {key: policy["metadata"][key] for key in ("name", "namespace", "labels", "annotations")
            if key in policy["metadata"]}  # fmt: skip
    edge.client.delete(version, "NetworkPolicy", kept["name"], NAMESPACE)
    try:
        yield
    finally:
        whole = {"apiVersion": version, "kind": "NetworkPolicy", "metadata": kept, "spec": policy["spec"]}
        edge.client.apply(whole, force=True)
        until(edge.answer, "pass")


HOPS: dict[str, Callable[[Edge], AbstractContextManager[None]]] = {
    "plain HTTP to a port that speaks TLS": backend_in_plain_text,
    "the health check's port is closed": health_port_closed,
    "the backend's certificate has another name": backend_of_another_name,
    "the backend's certificate is of another authority": backend_of_another_authority,
    "the proxies' range is not admitted": proxies_not_admitted,
}


def test_the_untouched_edge_serves_and_refuses(edge: Edge) -> None:
    assert edge.answer() == "pass"
    assert edge.firewall() == dict.fromkeys(RULE_SETS, "pass")


@pytest.mark.parametrize("hop", HOPS)
def test_a_broken_hop_is_seen(edge: Edge, hop: str) -> None:
    with HOPS[hop](edge):
        until(edge.answer, "fail")


def test_a_detached_firewall_is_seen(edge: Edge) -> None:
    policy = of_kind(edge, "networking.gke.io/v1", "GCPBackendPolicy")
    name = policy["spec"]["default"]["securityPolicy"]
    bodies = [{"spec": {"default": {"securityPolicy": value}}} for value in (None, name)]
    with changed(edge, policy, *bodies):
        until(edge.firewall, dict.fromkeys(RULE_SETS, "fail"))
    until(edge.firewall, dict.fromkeys(RULE_SETS, "pass"))


def test_a_missing_certificate_stops_the_gateway_and_is_named(edge: Edge) -> None:
    secret = edge.client.get("v1", "Secret", "edge-tls", NAMESPACE)
    assert secret is not None
    assert b"BEGIN CERTIFICATE" in base64.b64decode(secret["data"]["tls.crt"])
    gateway = of_kind(edge, "gateway.networking.k8s.io/v1", "Gateway")
    kept = {key: secret["metadata"][key] for key in ("name", "namespace", "labels", "annotations")
            if key in secret["metadata"]}  # fmt: skip

    def programmed() -> str:
        name = gateway["metadata"]["name"]
        found = edge.client.get("gateway.networking.k8s.io/v1", "Gateway", name, NAMESPACE)
        assert found is not None
        entry = next(item for item in found["status"]["conditions"] if item["type"] == "Programmed")
        return f"{entry['status']} {'GWCER102' in entry['message']}"

    edge.client.delete("v1", "Secret", "edge-tls", NAMESPACE)
    try:
        until(programmed, "False True")
    finally:
        whole = {"apiVersion": "v1", "kind": "Secret", "metadata": kept, "type": secret["type"], "data": secret["data"]}
        edge.client.apply(whole, force=True)
    until(programmed, "True False")
    until(edge.answer, "pass")
