"""Clients that we did not write believe in the local cloud: Google's libraries and google.cloud's modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions as api_exceptions
from google.api_core.client_options import ClientOptions
from google.auth.transport.requests import AuthorizedSession
from google.cloud import compute_v1, container_v1, dns
from google.oauth2.credentials import Credentials

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER

REGION = "europe-west1"


@pytest.fixture
def through_proxy(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningCloud]:
    """Google's real host names, led to the local cloud by the CONNECT proxy."""
    for name, value in environment(cloud).items():
        monkeypatch.setenv(name, value)
    yield cloud


def environment(cloud: RunningCloud) -> dict[str, str]:
    """What an unmodified client needs to reach the local cloud."""
    return {"HTTPS_PROXY": cloud.proxy, "REQUESTS_CA_BUNDLE": str(cloud.ca_file), "NO_PROXY": "127.0.0.1,localhost"}


def options(cloud: RunningCloud) -> dict[str, Any]:
    """Client options: a static token, REST."""
    return {"credentials": Credentials(token=cloud.token), "transport": "rest", "client_options": ClientOptions()}


def test_compute_library_makes_lists_and_deletes(through_proxy: RunningCloud) -> None:
    networks = compute_v1.NetworksClient(**options(through_proxy))
    made = compute_v1.Network(name="lib", auto_create_subnetworks=False, mtu=1500)
    networks.insert(project=PROJECT, network_resource=made).result(timeout=20)
    found = networks.get(project=PROJECT, network="lib")
    assert (found.mtu, found.routing_config.routing_mode, found.id > 0) == (1500, "REGIONAL", True)

    subnetworks = compute_v1.SubnetworksClient(**options(through_proxy))
    subnetwork = compute_v1.Subnetwork(
        name="lib",
        network=found.self_link,
        ip_cidr_range="10.0.0.0/24",
        log_config=compute_v1.SubnetworkLogConfig(enable=True),
    )
    subnetworks.insert(project=PROJECT, region=REGION, subnetwork_resource=subnetwork).result(timeout=20)
    assert [item.gateway_address for item in subnetworks.list(project=PROJECT, region=REGION)] == ["10.0.0.1"]

    with pytest.raises(api_exceptions.BadRequest, match="already being used by"):
        networks.delete(project=PROJECT, network="lib").result(timeout=20)
    with pytest.raises(api_exceptions.Conflict, match="already exists"):
        networks.insert(project=PROJECT, network_resource=made).result(timeout=20)
    subnetworks.delete(project=PROJECT, region=REGION, subnetwork="lib").result(timeout=20)
    networks.delete(project=PROJECT, network="lib").result(timeout=20)
    with pytest.raises(api_exceptions.NotFound):
        networks.get(project=PROJECT, network="lib")


def test_container_library_sees_a_cluster_and_updates_it(through_proxy: RunningCloud, network: RunningCloud) -> None:
    client = container_v1.ClusterManagerClient(**options(network))
    parent = f"projects/{PROJECT}/locations/{REGION}"
    operation = client.create_cluster(parent=parent, cluster=container_v1.Cluster.from_json(json.dumps(CLUSTER)))
    assert operation.status != container_v1.Operation.Status.DONE
    network.settle()
    cluster = client.get_cluster(name=f"{parent}/clusters/primary")
    assert cluster.status == container_v1.Cluster.Status.RUNNING
    assert cluster.master_auth.cluster_ca_certificate
    update = container_v1.ClusterUpdate(
        desired_release_channel=container_v1.ReleaseChannel(channel=container_v1.ReleaseChannel.Channel.STABLE)
    )
    network.admin("PATCH", "settings", {"latency": {"container": 2.0}})
    client.update_cluster(name=cluster_name(parent), update=update)
    with pytest.raises(api_exceptions.BadRequest, match="incompatible operation"):
        client.update_cluster(name=cluster_name(parent), update=update)
    network.settle()
    found = client.list_clusters(parent=parent).clusters
    assert [item.release_channel.channel.name for item in found] == ["STABLE"]
    client.delete_cluster(name=cluster_name(parent))
    network.settle()
    with pytest.raises(api_exceptions.NotFound):
        client.get_cluster(name=cluster_name(parent))


def cluster_name(parent: str) -> str:
    return f"{parent}/clusters/primary"


def test_dns_library_changes_a_zone(through_proxy: RunningCloud) -> None:
    credentials = Credentials(token=through_proxy.token)
    client = dns.Client(project=PROJECT, credentials=credentials, _http=AuthorizedSession(credentials))
    zone = client.zone("lib", "lib.example.", description="made by google-cloud-dns")
    zone.create()
    assert zone.exists() and len(zone.name_servers) == 4
    changes = zone.changes()
    changes.add_record_set(zone.resource_record_set("a.lib.example.", "A", 60, ["198.51.100.7"]))
    changes.create()
    while changes.status != "done":
        changes.reload()
    assert ("a.lib.example.", "A") in [(item.name, item.record_type) for item in zone.list_resource_record_sets()]
    with pytest.raises(api_exceptions.BadRequest, match="contains one or more"):
        zone.delete()


MODULES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "gcp_compute_network",
        {"name": "witness", "auto_create_subnetworks": False, "routing_config": {"routing_mode": "GLOBAL"}},
        {"name": "witness"},
    ),
    (
        "gcp_compute_firewall",
        {
            "name": "witness",
            "network": {"selfLink": f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/networks/net"},
            "allowed": [{"ip_protocol": "tcp", "ports": ["443"]}],
            "source_ranges": ["10.0.0.0/8"],
        },
        {"kind": "compute#firewall", "direction": "INGRESS"},
    ),
    (
        "gcp_compute_address",
        {"name": "witness", "region": REGION},
        {"addressType": "EXTERNAL", "status": "RESERVED"},
    ),
    (
        "gcp_dns_managed_zone",
        {"name": "witness", "dns_name": "witness.example.", "description": "by google.cloud"},
        {"dnsName": "witness.example."},
    ),
    (
        "gcp_iam_service_account",
        {"name": f"witness@{PROJECT}.iam.gserviceaccount.com", "display_name": "by google.cloud"},
        {"email": f"witness@{PROJECT}.iam.gserviceaccount.com"},
    ),
]


@pytest.mark.parametrize(("module", "arguments", "expected"), MODULES, ids=[case[0] for case in MODULES])
def test_unmodified_google_cloud_module(
    network: RunningCloud, tmp_path: Path, module: str, arguments: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Created, found again without a change, deleted: by the module as it is published."""
    first, second = (run_module(network, tmp_path, module, arguments) for _turn in range(2))
    assert first["changed"] is True, first
    assert {name: first.get(name) for name in expected} == expected
    assert second["changed"] is False, second
    gone = run_module(network, tmp_path, module, {**arguments, "state": "absent"})
    assert gone["changed"] is True, gone


def run_module(cloud: RunningCloud, folder: Path, module: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run a module in a process of its own, as Ansible does."""
    auth = {"project": PROJECT, "auth_kind": "accesstoken", "access_token": cloud.token}
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
    given = {"ANSIBLE_MODULE_ARGS": {"state": "present", "scopes": scopes, **auth, **arguments}}
    file = folder / "arguments.json"
    file.write_text(json.dumps(given))
    start = (
        "import ansible.module_utils.basic as basic, runpy;"
        "basic._ANSIBLE_PROFILE = 'legacy';"
        f"runpy.run_module('ansible_collections.google.cloud.plugins.modules.{module}', run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", start, str(file)],
        env={**os.environ, **environment(cloud)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.stdout.strip(), result.stderr[-2000:]
    return dict(json.loads(result.stdout.strip().splitlines()[-1]))


def test_modules_hosts_are_the_only_ones_that_the_proxy_takes(cloud: RunningCloud) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", int(cloud.proxy.rpartition(":")[2]), timeout=5)
    connection.set_tunnel("example.com", 443)
    with pytest.raises(OSError, match="403"):
        connection.connect()
