"""Ping on the platform that stands, scaled by its own requests: out and back, restarted, evicted, and nobody loses any.

Every request takes the whole path from the load balancer on, makes a handshake of its own and is never tried again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError

from tests.support.edge import Clients, Entrance
from tests.support.local_platform import client_of
from tests.support.loopback_node import until
from tests.support.plays import ROOT, playbook

pytestmark = [pytest.mark.platform, pytest.mark.long, pytest.mark.timeout(3600)]

CLUSTER, PING = "secondary", "pingpong-a"
LEAST, MOST = 2, 4
SCALING = {"minReplicas": LEAST, "maxReplicas": MOST, "requests": {"target": 5}, "scaleDownAfterSeconds": 15}
CHANGES = {"ping_scaling": "requests", "ping_values": {"autoscaling": SCALING}}
BOOKS = ("playbooks/platform.yml", "playbooks/app.yml")


def run(*arguments: str) -> str:
    """A run of the local inventory that must succeed; its output."""
    done = playbook(*arguments, "-i", "inventories/local")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def client() -> Iterator[ClusterClient]:
    with client_of(CLUSTER) as found:
        yield found


@pytest.fixture(scope="module")
def changes(client: ClusterClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Ping is scaled by its requests in both clusters, and as the inventory declares it afterwards."""
    subprocess.run([sys.executable, "-m", "testbed", "images", "prometheus-adapter"], cwd=ROOT, check=True)
    file = tmp_path_factory.mktemp("scale") / "changes.json"
    file.write_text(json.dumps(CHANGES))
    try:
        run(*BOOKS, "-e", f"@{file}")
        yield f"@{file}"
    finally:
        run(*BOOKS)
        run(BOOKS[0])  # the adapter's namespace, which is empty now


@pytest.fixture
def entrance(changes: str, client: ClusterClient) -> Entrance:
    """The edge of the cluster, whose ping is scaled so."""
    return Entrance.of(client)


@contextmanager
def load(entrance: Entrance, clients: int, pause: float = 0.1) -> Iterator[Counter[str]]:
    """As many clients at once; what they were answered is there at the end, and every answer must be a pong."""
    every = [Clients(entrance, pause=pause) for _number in range(clients)]
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        for one in every:
            stack.enter_context(one.asking())
        yield counts
    for one in every:
        counts.update(one.counts)
    print(f"clients: {dict(counts)}")
    assert set(counts) == {"200 pong"}


def deployment(client: ClusterClient) -> dict[str, Any]:
    found = client.get("apps/v1", "Deployment", PING, PING)
    assert found is not None
    return found


def settled(client: ClusterClient, replicas: Callable[[int], bool]) -> bool:
    """Whether the Deployment has such a number of replicas, all of them available and of its newest version."""
    found = deployment(client)
    status, wanted = found.get("status", {}), found["spec"]["replicas"]
    return (
        replicas(wanted)
        and status.get("observedGeneration") == found["metadata"]["generation"]
        and {status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")} == {wanted}
    )


def scaler(client: ClusterClient) -> Any:
    found = client.get("autoscaling/v2", "HorizontalPodAutoscaler", PING, PING)
    return found and found.get("status")


def test_load_scales_it_out_and_back(changes: str, entrance: Entrance, client: ClusterClient, tmp_path: Path) -> None:
    until(lambda: settled(client, lambda count: count == LEAST), f"it does not begin with {LEAST}", 300)
    with load(entrance, clients=6):
        until(lambda: settled(client, lambda count: count == MOST), f"it does not scale out: {scaler(client)}", 300)
        drifted = playbook(
            "playbooks/drift.yml", "-i", "inventories/local", "-e", changes, "-e", f"verify_report_path={tmp_path}"
        )
        assert drifted.returncode == 0, drifted.stdout[-4000:]
    with load(entrance, clients=1, pause=1.0):
        until(lambda: settled(client, lambda count: count == LEAST), f"it does not scale back: {scaler(client)}", 400)


def test_a_restart_loses_no_request(entrance: Entrance, client: ClusterClient) -> None:
    """As ``kubectl rollout restart`` does it."""
    before = names(client)
    annotations = {"kubectl.kubernetes.io/restartedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    path = f"/apis/apps/v1/namespaces/{PING}/deployments/{PING}?fieldManager=kubectl-rollout"
    patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    with load(entrance, clients=2):
        client.request("PATCH", path, patch, content_type="application/merge-patch+json")
        until(lambda: settled(client, bool) and not names(client) & before, "it does not restart", 300)


def test_a_drain_loses_no_request(entrance: Entrance, client: ClusterClient) -> None:
    """What a drain does to a node's pods: evictions, which the budget holds up. New ones come to the one node here."""
    before = names(client)
    held: list[Exception] = []
    with load(entrance, clients=2):
        for name in sorted(before):
            until(partial(evicted, client, name, held), f"{name} is never evicted", 300)
        until(lambda: settled(client, bool) and not names(client) & before, "its pods do not come back", 300)
    print(f"evicted {len(before)}, held up {len(held)} times")
    assert held, "the budget held nothing up"


def names(client: ClusterClient) -> set[str]:
    """The pods of ping."""
    return {
        pod["metadata"]["name"]
        for pod in client.list("v1", "Pod", PING)
        if pod["metadata"]["labels"].get("app.kubernetes.io/name") == "ping"
    }


def evicted(client: ClusterClient, name: str, held: list[Exception]) -> bool:
    """Ask for a pod's eviction; False where its budget allows none for long. ``held`` gets each refusal."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": PING}}
    try:
        client.request("POST", f"/api/v1/namespaces/{PING}/pods/{name}/eviction", body, on_failure=held.append)
    except ApiError as error:
        if error.status != 429:
            raise
        return False
    return True
