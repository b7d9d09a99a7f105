"""A canary on the platform that stands: clients come through the edge, the mesh moves them, its Prometheus measures."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

from tests.support.edge import Clients, Entrance
from tests.support.local_platform import client_of
from tests.support.loopback_node import REVISION, until
from tests.support.plays import ROOT, playbook

pytestmark = [pytest.mark.platform, pytest.mark.long, pytest.mark.timeout(3600)]

CLUSTER, INSTANCE = "secondary", "pingpong-a"
QUICK = {"steps": [50], "window": "30s", "measurements": 2, "smokeRequests": 5}
BOOKS = ("playbooks/base.yml", "playbooks/app.yml", "-i", "inventories/local", "--limit", CLUSTER)
DECLARED = yaml.safe_load((ROOT / "inventories/local/group_vars/all/layers.yml").read_text())
# Answers of the new version from now on, as a fault that only shows under its clients.
FAIL = """
import urllib.request as r
r.urlopen(r.Request('http://127.0.0.1:9080/-/faults', b'{"error_rate": 1.0, "seconds": 600}', method='POST')).read()
"""
FAILED = """
import urllib.request as r
print(sum(float(line.split()[1]) for line in r.urlopen('http://127.0.0.1:9080/-/metrics').read().decode().splitlines()
          if line.startswith('ping_failures_total')))
"""


def deploy(version: str) -> subprocess.CompletedProcess[str]:
    """Apply a version as a user does."""
    values = {**DECLARED["ping_values"], "faults": {"enabled": True}, "podAnnotations": {"version": version}}
    wanted = {"ping_delivery": "canary", "ping_wait_timeout": 900, "ping_values": {**values, "canary": QUICK}}
    return playbook(*BOOKS, "-e", json.dumps(wanted))


@pytest.fixture(scope="module")
def client() -> Iterator[ClusterClient]:
    with client_of(CLUSTER) as found:
        yield found


@pytest.fixture(scope="module")
def clients(client: ClusterClient) -> Iterator[Clients]:
    """Clients from before the first Rollout until after the last; the platform is as declared afterwards."""
    with Clients(Entrance.of(client)).asking() as asking:
        until(lambda: asking.served > 10, f"the platform does not serve: {asking.counts}")
        try:
            yield asking
        finally:
            done = playbook(*BOOKS)
            assert done.returncode == 0, done.stdout[-3000:]
            removed = playbook(*BOOKS)  # the controller's definitions, when no Rollout is left
            assert removed.returncode == 0, removed.stdout[-3000:]


def rollout(client: ClusterClient) -> dict[str, Any]:
    return client.get("argoproj.io/v1alpha1", "Rollout", INSTANCE, INSTANCE) or {"status": {}}


def weight(client: ClusterClient) -> int:
    """The share of clients that the new version gets."""
    route = client.get("networking.istio.io/v1", "VirtualService", f"{INSTANCE}-mesh", INSTANCE)
    assert route is not None
    (http,) = (one for one in route["spec"]["http"] if one.get("name") == "ping")
    return sum(one.get("weight", 0) for one in http["route"] if "-canary." in one["destination"]["host"])


def inside(client: ClusterClient, revision: str, program: str) -> list[str]:
    """Run a program in each pod of a version; what they printed."""
    pods = [
        pod["metadata"]["name"]
        for pod in client.list("v1", "Pod", INSTANCE)
        if pod["metadata"]["labels"].get(REVISION) == revision and pod["status"]["phase"] == "Running"
    ]
    done = [client.exec(INSTANCE, pod, "ping", ["python3", "-c", program]) for pod in pods]
    assert done and all(one.rc == 0 for one in done), done
    return [one.stdout.strip() for one in done]


def test_the_first_rollout_takes_over_without_a_lost_request(client: ClusterClient, clients: Clients) -> None:
    done = deploy("1")
    assert done.returncode == 0, done.stdout[-4000:]
    assert client.get("apps/v1", "Deployment", INSTANCE, INSTANCE) is None
    assert clients.lost == 0, clients.counts


def test_a_version_that_answers_is_promoted_without_a_lost_request(client: ClusterClient, clients: Clients) -> None:
    first = rollout(client)["status"]["stableRS"]
    done = deploy("2")
    assert done.returncode == 0, done.stdout[-4000:]
    assert rollout(client)["status"]["stableRS"] != first
    assert clients.lost == 0, clients.counts


def test_one_that_fails_once_clients_come_is_taken_back(client: ClusterClient, clients: Clients) -> None:
    stable = rollout(client)["status"]["stableRS"]
    before = sum(map(float, inside(client, stable, FAILED)))
    with ThreadPoolExecutor(1) as running:
        deploying = running.submit(deploy, "3")
        until(lambda: weight(client) == 50, "no client was ever moved", 600)
        failing = rollout(client)["status"]["currentPodHash"]
        inside(client, failing, FAIL)
        done = deploying.result()
    assert done.returncode != 0 and "success-ratio" in done.stdout, done.stdout[-4000:]
    assert (weight(client), rollout(client)["status"]["stableRS"]) == (0, stable)
    lost, served = clients.lost, clients.served
    assert lost > 0, "the fault was felt, or nothing was measured"
    until(lambda: clients.served > served + 50, "the stable version does not serve")
    assert clients.lost <= lost + 1, "one may have been under way"
    assert sum(map(float, inside(client, stable, FAILED))) == before, "the stable version lost none"
    print(f"clients: {dict(clients.counts)}")
