"""A private control plane by Identity-Aware Proxy and the bastion, as the roles declare both, to a real API server.

https://cloud.google.com/iap/docs/using-tcp-forwarding ; https://cloud.google.com/firewall/docs/firewalls
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import settings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.cluster_connection import run_connection
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.connection import Connection
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.iap import dial
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.proxies import parse_bastion
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.relay import Bastion
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.transport import ConnectionLost

from testbed.cloud.backend import ClusterEndpoint
from testbed.cloud.backend.memory import VERSION, MemoryBackend
from testbed.cloud.core.state.files import write_private
from testbed.cloud.core.state.identity import Workload
from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from testbed.rehearsal.environment import environment
from tests.support import plays
from tests.support.apiserver import ApiServer, needed_program, running
from tests.support.cloud import COMPUTE, CONTAINER, changed, make
from tests.support.engine import Engine
from tests.support.roles import evaluated

POLICY = f"/cloudresourcemanager/v1/projects/{PROJECT}:setIamPolicy"
ONCE = Retry(attempts=1)


def declared(role: str, name: str) -> Any:
    return evaluated(role, "production", name, platform_project=PROJECT, cluster_access="iap")


CLUSTER, RANGES = (declared(*names) for names in (("cluster", "platform_cluster_name"), ("network", "network_ranges")))
BASTION: dict[str, Any] = declared("cluster", "cluster_bastion")
ADDRESS = RANGES["control_plane"].replace(".0/28", ".2")
MACHINE = f"{COMPUTE}/zones/{BASTION['zone']}/instances/{BASTION['instance']}"
RULE = f"{COMPUTE}/global/firewalls/pingpong-production-allow-bastion"


@dataclass
class Site:
    """A cloud with a private cluster and a bastion in its network."""

    cloud: RunningCloud
    server: ApiServer

    @property
    def task(self) -> dict[str, Any]:
        """The options of ``gcp_cluster_connection``."""
        auth = {"kind": "access_token", "token": self.cloud.token}
        google = {"endpoint": self.cloud.endpoint, "ca_file": str(self.cloud.ca_file)}
        return {
            "cloud": {"project": PROJECT, "auth": auth, **google},
            "cluster": CLUSTER, "location": "europe-west1", "access": "iap", "bastion": BASTION,
        }  # fmt: skip

    @property
    def connection(self) -> dict[str, Any]:
        options = {**self.task, "proxy": None}
        found: dict[str, Any] = run_connection(settings(options["cloud"]), options, check=False)["connection"]
        return found

    @property
    def bastion(self) -> Bastion:
        found = parse_bastion(self.connection["proxy"], "proxy")
        assert found is not None
        return found

    def said(self, **changes: Any) -> str:
        """Why a request does not come through."""
        connection = Connection.from_dict({**self.connection, **changes})
        with pytest.raises(PlatformError) as problem:
            ClusterClient(connection, retry=ONCE, timeout=5).get("v1", "Namespace", "default")
        return str(problem.value)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("iap")
    backend = MemoryBackend(delay=0.01)
    with running(needed_program(), address=ADDRESS) as server:
        # The clusters' API servers take the local cloud's token.
        write_private(folder / "cloud" / "token", server.token.encode())
        place = str(urlsplit(server.endpoint).netloc)
        backend.clusters[CLUSTER] = ClusterEndpoint(place, server.ca_certificate, VERSION)
        with running_cloud(folder / "cloud", backend, {"private_endpoints": True}) as cloud:
            engine, network = Engine(cloud), ("__network_shared_all", "__network_region", "__network_bastion_region")
            engine([{"kind": "services", "name": "crm", "serviceIds": ["cloudresourcemanager.googleapis.com"]}])
            for names in (
                *((("network"), name) for name in network),
                ("cluster", "__cluster_shared"),
                ("cluster", "__cluster_stack"),
            ):
                engine(declared(*names))
            yield Site(cloud, server)


@pytest.fixture
def site(standing: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """By Google's own names, which lead to the local cloud."""
    cloud = standing.cloud
    for name, value in environment(cloud.proxy, cloud.ca_file, cloud.ca_file, os.environ).items():
        monkeypatch.setenv(name, value)
    return standing


def test_a_private_control_plane_has_an_address_of_its_subnetwork(site: Site) -> None:
    shown = site.cloud.request("GET", f"{CONTAINER}/clusters/{CLUSTER}")[1]
    ip = shown["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]
    assert (shown["endpoint"], ip["privateEndpoint"], ip.get("publicEndpoint")) == (ADDRESS, ADDRESS, None)
    assert ADDRESS not in site.server.endpoint


def test_a_layer_is_applied_through_the_tunnel_and_no_token_is_shown(site: Site, tmp_path: Path) -> None:
    """More than a window of the relay's, both ways."""
    big = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"}, "data": {"a": "x" * 400_000}}
    applied = {
        "connection": "{{ found.connection }}", "environment_name": "tests", "layer": "iap", "namespace": "default",
        "wait": False, "objects": [big],
    }  # fmt: skip
    options = tmp_path / "options.json"
    options.write_text(json.dumps({"looked_up": site.task, "applied": applied}))
    tasks = [
        {"pingpong.platform.gcp_cluster_connection": "{{ looked_up }}", "register": "found"},
        {"pingpong.platform.k8s_apply": "{{ applied }}"},
    ]
    for count in (1, 0):
        done = plays.play(tmp_path, tasks, "-vvv", "-e", f"@{options.name}")
        output = done.stdout + done.stderr
        assert f"changed={count}" in output, output
        assert site.cloud.token not in output
    client = ClusterClient.from_connection(site.connection, retry=ONCE)
    found = client.get("v1", "ConfigMap", "big", "default")
    assert found is not None and found["data"] == big["data"]


def test_many_at_once_keep_their_tunnels_and_leave_none_behind(site: Site) -> None:
    before = {thread.ident for thread in threading.enumerate()}
    client = ClusterClient.from_connection(site.connection, retry=ONCE, timeout=10)

    def kept(number: int) -> int:
        name = f"many-{number}"
        metadata = {"name": name, "namespace": "default"}
        client.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "y" * 300_000}})
        found = client.get("v1", "ConfigMap", name, "default")
        return len(found["data"]["a"]) if found else 0

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(kept, range(24))) == {300_000}
    opened = [thread for thread in threading.enumerate() if thread.ident not in before and thread.daemon]
    assert 0 < len(opened) <= 6 * 2, "two threads a tunnel, and a tunnel is used again"
    client.close()
    for thread in opened:
        thread.join(10)
    assert not any(thread.is_alive() for thread in opened)


def test_what_does_not_listen_or_is_not_admitted_cannot_be_connected_to(site: Site) -> None:
    rule = site.cloud.request("GET", RULE)[1]
    says = f"IAP, port 8888 of {BASTION['instance']} ({BASTION['zone']}, {PROJECT}): it cannot connect there"
    changes: list[dict[str, Any]] = [
        {"sourceRanges": ["35.191.0.0/16"]},
        {"allowed": [{"IPProtocol": "tcp", "ports": ["22", "9000-9999"]}]},
        {"targetTags": ["another"]},
        {"disabled": True},
    ]
    for change in changes:
        make(site.cloud, RULE, change, verb="PATCH")
        assert says in site.said()
        make(site.cloud, RULE, {name: rule[name] for name in change}, verb="PATCH")
    deny = {"name": "before", "network": rule["network"], "priority": 900, "sourceRanges": ["35.235.240.0/24"]}
    make(site.cloud, f"{COMPUTE}/global/firewalls", {**deny, "denied": [{"IPProtocol": "all"}]})
    assert says in site.said()
    make(site.cloud, f"{COMPUTE}/global/firewalls/before", None, verb="DELETE")
    dial(site.bastion, site.cloud.token, 5).close()


def test_a_proxy_on_loopback_is_not_reached(site: Site) -> None:
    with _script(site, network_bastion_proxy_iap=False):
        assert "it cannot connect there; expected a firewall rule that admits 35.235.240.0/20" in site.said()
    assert ClusterClient.from_connection(site.connection).get("v1", "Namespace", "default")


def test_a_machine_that_is_not_there_or_does_not_run(site: Site) -> None:
    missing = site.connection["proxy"].replace(BASTION["instance"], "nobody")
    assert "port 8888 of nobody" in site.said(proxy=missing) and "no such instance that runs (4047)" in site.said(
        proxy=missing
    )
    make(site.cloud, f"{MACHINE}/stop", {})
    assert "no such instance that runs (4047)" in site.said()
    make(site.cloud, f"{MACHINE}/start", {})
    assert ClusterClient.from_connection(site.connection).get("v1", "Namespace", "default")


def test_a_machine_that_just_started_is_reached_once_its_script_ran(site: Site) -> None:
    make(site.cloud, f"{MACHINE}/stop", {})
    site.cloud.admin("PATCH", "settings", {"lateness": 0.05})
    make(site.cloud, f"{MACHINE}/start", {})
    try:
        assert "it cannot connect there" in site.said()
        # As any connection that did not come about, it is tried again.
        client = ClusterClient.from_connection(site.connection, retry=Retry(rng=lambda: 1.0))
        assert client.get("v1", "Namespace", "default")
    finally:
        site.cloud.admin("PATCH", "settings", {"lateness": 0.0})


def test_who_may_not_is_refused_at_once_by_the_roles_name(site: Site) -> None:
    own, workload = site.cloud.local.cloud, Workload(PROJECT, "app", "robot", "")
    token = site.cloud.call(lambda: own.grants.give(workload, own.clock(), own.clock() + 600))
    with pytest.raises(PlatformError, match=r"expected roles/iap.tunnelResourceAccessor .* \(4033\)") as problem:
        dial(site.bastion, token, 5)
    assert not isinstance(problem.value, ConnectionLost)
    before = site.cloud.request("POST", POLICY.replace("setIam", "getIam"), {})[1]
    member = next(item for item in workload.members if item.startswith("principal:"))
    granted = [*before.get("bindings", []), {"role": "roles/iap.tunnelResourceAccessor", "members": [member]}]
    make(site.cloud, POLICY, {"policy": changed(before, bindings=granted, etag=None)})
    dial(site.bastion, token, 5).close()


def test_without_a_token_that_google_knows_nobody_gets_that_far(site: Site) -> None:
    assert f"{BASTION['instance']} ({BASTION['zone']}, {PROJECT}): it answered 401" in site.said(token="ya29.unknown")
    assert "connection.token: found none, expected Google's access token" in site.said(token=None)


def test_the_proxy_leads_to_control_planes_alone(site: Site) -> None:
    for endpoint, word in (
        ("https://10.99.0.1", "403 Filtered"),
        (f"https://{ADDRESS}:6443", "403 Access violation"),
        (f"https://{ADDRESS[:-1]}9", "500 Unable to connect"),
    ):
        assert word in site.said(endpoint=endpoint)


def test_an_address_that_is_not_authorized_does_not_reach_the_control_plane(site: Site) -> None:
    path = f"{CONTAINER}/clusters/{CLUSTER}"
    before = site.cloud.request("GET", path)[1]["controlPlaneEndpointsConfig"]["ipEndpointsConfig"][
        "authorizedNetworksConfig"
    ]
    for blocks in ([], before["cidrBlocks"]):
        config = {"ipEndpointsConfig": {"authorizedNetworksConfig": {**before, "cidrBlocks": blocks}}}
        make(site.cloud, path, {"update": {"desiredControlPlaneEndpointsConfig": config}}, verb="PUT")
        if not blocks:
            assert "500 Unable to connect" in site.said()
    assert ClusterClient.from_connection(site.connection).get("v1", "Namespace", "default")


@contextmanager
def _script(site: Site, **changes: Any) -> Iterator[None]:
    """The bastion with another startup script, for a while."""
    before = site.cloud.request("GET", MACHINE)[1]["metadata"]["items"]
    (other,) = (
        item
        for item in evaluated(
            "network",
            "production",
            "__network_bastion_region",
            platform_project=PROJECT,
            cluster_access="iap",
            **changes,
        )
        if item["kind"] == "instance"
    )
    for items in (other["metadata"]["items"], before):
        fingerprint = site.cloud.request("GET", MACHINE)[1]["metadata"]["fingerprint"]
        make(site.cloud, f"{MACHINE}/setMetadata", {"items": items, "fingerprint": fingerprint})
        if items is not before:
            yield
