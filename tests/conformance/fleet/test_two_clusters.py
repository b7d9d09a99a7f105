"""A fleet of two real API servers: what role edge declares in each is exported, imported, and served together."""

from __future__ import annotations

import asyncio
import base64
import concurrent.futures
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.run import run

from testbed.cloud.balancing.multicluster import Multicluster
from testbed.cloud.core.state.store import Resource
from testbed.cloud.testing import RunningCloud, running_cloud
from testbed.gateway import definitions
from testbed.gateway.controller import Share
from testbed.gateway.kubernetes import ClusterApi
from tests.support import gateway
from tests.support.apiserver import ApiServer, needed_program, running
from tests.support.cloud import APIS, COMPUTE, SUBNETWORK, make
from tests.support.fleet import NAMES, REGIONS, two_clusters, whole_fleet
from tests.support.layers import with_defaults
from tests.support.roles import evaluated

SPACE, SERVICE = "istio-ingress", "istio-ingressgateway"
ON = {"edge_multicluster": True, "edge_certificate": "self-signed",
      "__edge_authority_certificate": "-----BEGIN CERTIFICATE-----"}  # fmt: skip
PODS = {"primary": "198.18.0.5", "secondary": "198.18.16.5"}
GATEWAYS = f"/apis/gateway.networking.k8s.io/v1/namespaces/{SPACE}/gateways"
FLEETS = f"/apis/net.gke.io/v1/namespaces/{SPACE}"
Object = dict[str, Any]


@dataclass
class Fleet:
    """The two clusters, each with what ends it, and their project; ``shares`` are what load balancers would serve."""

    cloud: RunningCloud
    servers: dict[str, ApiServer]
    clients: dict[str, ClusterClient]
    lost: dict[str, contextlib.ExitStack]
    shares: list[Share] = field(default_factory=list)

    def declared(self, host: str) -> list[Object]:
        """What the role declares for the cluster, but for the mesh's own kinds, which nothing here knows."""
        found = evaluated("edge", "production", "__edge_objects", host=host, **ON)
        return [entry for entry in found if "istio.io" not in entry["apiVersion"]]

    def apply(self, host: str, *objects: Object, state: str = "present") -> Any:
        """The layer, as the role's task does it."""
        options = {
            "connection": self.servers[host].connection, "environment_name": "production", "layer": "edge",
            "prune": True, "objects": list(objects), "state": state, "wait": True, "wait_timeout": 120,
        }  # fmt: skip
        deadline = time.monotonic() + 120
        while True:  # as the task's until: the definitions come with the fleet's feature
            try:
                return run(with_defaults(options), check_mode=False)
            except UnknownKind:
                assert time.monotonic() < deadline

    def tiers(self) -> dict[str, list[str]]:
        """The addresses behind the Gateway, by region, as last served."""
        balancers = self.shares[-1].balancers if self.shares else ()
        return {region: [pod for pod, _port in found] for balancer in balancers
                for backend in balancer.backends.values() for region, found in backend.tiers}  # fmt: skip

    def live(self, host: str, path: str) -> Object | None:
        """What is at an API path, None for nothing."""
        try:
            return dict(self.clients[host].request("GET", path))
        except ApiError as error:
            if error.status != 404:
                raise
            return None


def of_cluster(host: str) -> list[Object]:
    """What is there before the edge: namespace, certificate, and the mesh's gateway with one pod."""
    place = {"namespace": SPACE}
    tls = {key: base64.b64encode(text.encode()).decode()
           for key, text in zip(("tls.crt", "tls.key"), gateway.leaf(), strict=True)}  # fmt: skip
    port = {"name": "https", "port": 443, "targetPort": 443, "appProtocol": "HTTPS"}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "edge-tls", **place}, "type": "kubernetes.io/tls",
         "data": tls},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVICE, **place}, "spec": {"ports": [port]}},
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
         "metadata": {"name": f"{SERVICE}-1", **place, "labels": {"kubernetes.io/service-name": SERVICE}},
         "ports": [{"name": "https", "port": 443, "protocol": "TCP"}],
         "endpoints": [{"addresses": [PODS[host]], "conditions": {"ready": True}}]},
    ]  # fmt: skip


def until[Found](look: Callable[[], Found], says: Callable[[Found], Any], seconds: float = 60) -> Found:
    deadline = time.monotonic() + seconds
    while not says(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


async def _follow(found: Multicluster, cloud: RunningCloud) -> None:
    """As the load balancers' manager does."""
    while True:
        clusters = {item.key: item for item in cloud.local.cloud.store.of_kind("container.cluster")}
        await found.look(clusters)
        await asyncio.sleep(0.2)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    bundle = needed_program()
    with contextlib.ExitStack() as stack:
        cloud = stack.enter_context(
            running_cloud(tmp_path_factory.mktemp("cloud"), settings={"latency": {"gateway": 0.1}})
        )
        cloud.enable(*APIS)
        make(cloud, f"{COMPUTE}/global/networks", {"name": "net", "autoCreateSubnetworks": False})
        make(cloud, f"{COMPUTE}/regions/europe-west1/subnetworks", SUBNETWORK)
        two_clusters(cloud)
        lost = {host: stack.enter_context(contextlib.ExitStack()) for host in REGIONS}
        servers = {host: lost[host].enter_context(running(bundle)) for host in REGIONS}
        clients = {host: ClusterClient.from_connection(server.connection) for host, server in servers.items()}
        found = Fleet(cloud, servers, clients, lost)
        for host, client in clients.items():
            stack.callback(client.close)
            for obj in of_cluster(host):
                client.create(obj)
            _install(cloud, servers[host])

        async def api(cluster: Resource) -> ClusterApi | None:
            server = servers[cluster.name]
            return ClusterApi(server.endpoint.removeprefix("https://"), server.ca_certificate, server.token)

        def offer(_place: tuple[str, str, str], _key: str) -> Any:
            async def keep(share: Share) -> None:
                found.shares.append(share)

            return keep

        multicluster = Multicluster(cloud.local.cloud, api, offer)
        following = asyncio.run_coroutine_threadsafe(_follow(multicluster, cloud), cloud.loop)
        try:
            yield found
        finally:
            following.cancel()
            cloud.call(lambda: [task.cancel() for task in multicluster.stop()])
            time.sleep(0.3)


def _install(cloud: RunningCloud, server: ApiServer) -> None:
    """What a cluster with a Gateway API channel has from the start."""

    async def work() -> None:
        api = ClusterApi(server.endpoint.removeprefix("https://"), server.ca_certificate, server.token)
        async with api:
            await api.install([*definitions.definitions(), *definitions.classes()])

    asyncio.run_coroutine_threadsafe(work(), cloud.loop).result(280)


@pytest.fixture(scope="module")
def applied(fleet: Fleet) -> Fleet:
    """Both clusters at once, as a play does, while the fleet's controllers are still to come."""
    name = evaluated("edge", "production", "edge_name")
    make(fleet.cloud, f"{COMPUTE}/global/addresses", {"name": f"{name}-global"})
    make(fleet.cloud, f"{COMPUTE}/global/securityPolicies", {"name": name, "type": "CLOUD_ARMOR"})
    make(fleet.cloud, f"{COMPUTE}/global/sslPolicies", {"name": name, "minTlsVersion": "TLS_1_2"})
    whole_fleet(fleet.cloud)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for made in [pool.submit(fleet.apply, host, *fleet.declared(host)) for host in REGIONS]:
            made.result()
    return fleet


def test_the_gateway_is_programmed_with_the_endpoints_of_both(applied: Fleet) -> None:
    assert until(applied.tiers, lambda found: len(found) == 2) == {
        "europe-west1": [PODS["primary"]], "us-east1": [PODS["secondary"]],
    }  # fmt: skip
    name = evaluated("edge", "production", "edge_name")
    address = applied.cloud.request("GET", f"{COMPUTE}/global/addresses/{name}-global")[1]
    assert address["status"] == "IN_USE"
    found = applied.live("primary", f"{GATEWAYS}/{name}")
    assert found is not None
    assert found["status"]["addresses"] == [{"type": "IPAddress", "value": address["address"]}]
    assert "/global/forwardingRules/gkemcg1-" in found["metadata"]["annotations"]["networking.gke.io/forwarding-rules"]
    route = applied.live("primary", f"{GATEWAYS.replace('gateways', 'httproutes')}/{name}")
    assert route is not None
    states = {entry["type"]: entry["status"] for entry in route["status"]["parents"][0]["conditions"]}
    assert states == {"Accepted": "True", "ResolvedRefs": "True", "Reconciled": "True"}
    assert applied.live("secondary", GATEWAYS) == {**(applied.live("secondary", GATEWAYS) or {}), "items": []}


def test_what_is_exported_is_imported_by_both_with_its_clusters(applied: Fleet) -> None:
    for host in REGIONS:
        found = until(partial(applied.live, host, f"{FLEETS}/serviceimports/{SERVICE}"),
                      lambda obj: obj and len(obj.get("status", {}).get("clusters", [])) == 2)  # fmt: skip
        assert found is not None
        assert found["status"]["clusters"] == [{"cluster": name} for name in NAMES.values()]
        assert found["spec"]["ports"][0]["appProtocol"] == "HTTPS"
        export = applied.live(host, f"{FLEETS}/serviceexports/{SERVICE}")
        assert export is not None
        assert {entry["status"] for entry in export["status"]["conditions"]} == {"True"}


def test_only_the_config_cluster_has_the_fleets_classes(applied: Fleet) -> None:
    name = "/apis/gateway.networking.k8s.io/v1/gatewayclasses/gke-l7-global-external-managed-mc"
    assert applied.live("primary", name) is not None
    assert applied.live("secondary", name) is None


def test_a_second_time_nothing_changes(applied: Fleet) -> None:
    for host in REGIONS:
        assert applied.apply(host, *applied.declared(host))["changed"] is False


def test_a_cluster_that_stops_exporting_gets_no_more_requests_and_comes_back(applied: Fleet) -> None:
    until(applied.tiers, lambda found: len(found) == 2)
    export = [entry for entry in applied.declared("secondary") if entry["kind"] == "ServiceExport"]
    applied.apply("secondary")
    assert until(applied.tiers, lambda found: len(found) == 1) == {"europe-west1": [PODS["primary"]]}
    applied.apply("secondary", *export)
    until(applied.tiers, lambda found: len(found) == 2)


def test_a_control_plane_that_is_lost_takes_no_endpoint_with_it(applied: Fleet) -> None:
    """Last but for the removal: it does not come back."""
    until(applied.tiers, lambda found: len(found) == 2)
    applied.lost["secondary"].close()
    before = len(applied.shares)
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{SPACE}/endpointslices/{SERVICE}-1"
    found = applied.live("primary", slices)
    assert found is not None
    found["endpoints"].append({"addresses": ["198.18.0.6"], "conditions": {"ready": True}})
    applied.clients["primary"].request("PUT", slices, found)
    assert until(applied.tiers, lambda tiers: len(tiers.get("europe-west1", [])) == 2) == {
        "europe-west1": [PODS["primary"], "198.18.0.6"], "us-east1": [PODS["secondary"]],
    }  # fmt: skip
    assert len(applied.shares) > before


def test_all_of_it_goes_with_the_gateway(applied: Fleet) -> None:
    applied.apply("primary", state="absent")
    name = evaluated("edge", "production", "edge_name")
    assert applied.live("primary", f"{GATEWAYS}/{name}") is None
    address = applied.cloud.request("GET", f"{COMPUTE}/global/addresses/{name}-global")[1]
    assert address["status"] == "RESERVED"
