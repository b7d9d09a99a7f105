"""GKE's Gateway controller on a real API server, and a Gateway that k8s_apply removes before its cluster."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError

from testbed.cloud.testing import RunningCloud, running_cloud
from testbed.gateway.controller import Controller
from testbed.gateway.kubernetes import ClusterApi
from tests.support import gateway
from tests.support.apiserver import ApiServer
from tests.support.cloud import APIS, CLUSTER, COMPUTE, CONTAINER, SUBNETWORK, make
from tests.support.layers import Harness

REGION = f"{COMPUTE}/regions/europe-west1"
API = "/apis/gateway.networking.k8s.io/v1"
SECONDS = 60.0
Object = dict[str, Any]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[RunningCloud]:
    """A project with a cluster, an address and a proxy-only subnetwork."""
    with running_cloud(tmp_path / "cloud", settings={"latency": {"gateway": 0.1}}) as found:
        found.enable(*APIS)
        make(found, f"{COMPUTE}/global/networks", {"name": "net", "autoCreateSubnetworks": False})
        proxies = {"purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE", "ipCidrRange": "10.9.0.0/23"}
        for body in (SUBNETWORK, {"name": "proxies", "network": "global/networks/net", **proxies}):
            make(found, f"{REGION}/subnetworks", body)
        make(found, f"{REGION}/addresses", {"name": "edge"})
        make(found, f"{CONTAINER}/clusters", {"cluster": CLUSTER})
        yield found


@pytest.fixture
def controller(cloud: RunningCloud, server: ApiServer) -> Iterator[None]:
    """The controller of that cluster, whose objects are those of the API server."""
    api = ClusterApi(server.endpoint.removeprefix("https://"), server.ca_certificate, server.token)
    world = gateway.Controller(cloud, "primary").world
    running = asyncio.run_coroutine_threadsafe(Controller(api, world).run(), cloud.loop)
    yield
    running.cancel()
    time.sleep(0.2)


def until[Found](look: Callable[[], Found], says: Callable[[Found], Any]) -> Found:
    deadline = time.monotonic() + SECONDS
    while not says(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


def of_namespace(namespace: str) -> list[Object]:
    """A Gateway at the address, for a Service of the namespace."""
    certificate, key = (base64.b64encode(text.encode()).decode() for text in gateway.leaf())
    service = {"selector": {"app": "x"}, "ports": [{"name": "https", "port": 443, "appProtocol": "HTTPS"}]}
    listener = {"name": "https", "protocol": "HTTPS", "port": 443,
                "tls": {"mode": "Terminate", "certificateRefs": [{"name": "tls"}]}}  # fmt: skip
    spec = {"gatewayClassName": "gke-l7-regional-external-managed", "listeners": [listener],
            "addresses": [{"type": "NamedAddress", "value": "edge"}]}  # fmt: skip
    rules = [{"backendRefs": [{"name": "web", "port": 443}]}]
    place = {"namespace": namespace}
    api = "gateway.networking.k8s.io/v1"
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls", **place}, "type": "kubernetes.io/tls",
         "data": {"tls.crt": certificate, "tls.key": key}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", **place}, "spec": service},
        {"apiVersion": api, "kind": "Gateway", "metadata": {"name": "edge", **place}, "spec": spec},
        {"apiVersion": api, "kind": "HTTPRoute", "metadata": {"name": "web", **place},
         "spec": {"parentRefs": [{"name": "edge"}], "rules": rules}},
    ]  # fmt: skip


def live(client: ClusterClient, path: str) -> Object | None:
    """What is at an API path, None for nothing."""
    try:
        return dict(client.request("GET", path))
    except ApiError as error:
        if error.status != 404:
            raise
        return None


def programmed(found: Object | None) -> bool:
    conditions = ((found or {}).get("status") or {}).get("conditions") or ()
    return any((entry["type"], entry["status"]) == ("Programmed", "True") for entry in conditions)


@pytest.mark.usefixtures("controller")
def test_a_gateway_takes_its_load_balancer_with_it(cloud: RunningCloud, client: ClusterClient, layer: Harness) -> None:
    path = f"{API}/namespaces/{layer.namespace}/gateways/edge"
    until(lambda: live(client, f"{API}/gateways"), bool)
    layer.apply(*of_namespace(layer.namespace))
    found = until(lambda: live(client, path), programmed)
    assert found is not None and found["metadata"]["finalizers"] == ["gateway.finalizer.networking.gke.io"]
    annotations = found["metadata"]["annotations"]
    assert "/forwardingRules/gkegw1-" in annotations["networking.gke.io/forwarding-rules"]
    assert annotations["networking.gke.io/target-http-proxies"] == ""
    assert cloud.request("GET", f"{REGION}/addresses/edge")[1]["status"] == "IN_USE"
    layer.apply(state="absent")
    assert live(client, path) is None
    assert cloud.request("GET", f"{REGION}/addresses/edge")[1]["status"] == "RESERVED"
    rules = cloud.request("GET", f"{COMPUTE}/global/firewalls")[1].get("items", [])
    assert not [rule["name"] for rule in rules if rule["name"].startswith("gkegw1-")]
