"""A canary that fails is taken back by the real controller, and the same one is promoted where it does not.

The controller has the rights that the role gives it and no other; a real Prometheus measures real pings. There is no
mesh here: clients follow the weights and Services as its proxies would.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.ping import ping_releases
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

from tests.support.apiserver import CONTROLLERS, ApiServer, free_ports, helm_program, needed_program, running
from tests.support.definitions import ISTIO, ROLLOUTS, definitions
from tests.support.layers import Harness
from tests.support.loopback_node import REVISION, Clients, LoopbackNode, until
from tests.support.loopback_prometheus import built, prometheus
from tests.support.roles import ROOT, rendered

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]

CASES = ["promoted", "smoke", "measured", "gate"]
INSTANCES = [{"name": f"canary-{case}"} for case in CASES]
ROLLOUT = ("argoproj.io/v1alpha1", "Rollout")
FAULT = json.dumps({"error_rate": 1.0, "seconds": 600})
KINDS = ("authorizationpolicies", "destinationrules", "peerauthentications", "virtualservices")
QUICK = {"steps": [50], "window": "8s", "measurements": 2, "smokeRequests": 5}


@pytest.fixture(scope="module")
def cluster() -> Iterator[ApiServer]:
    """With the controllers that a Rollout's ReplicaSets, Jobs and budgets need."""
    if helm_program() is None:
        pytest.skip("helm is not built: python -m testbed images")
    with running(needed_program(), (*CONTROLLERS, "job-controller", "disruption-controller")) as started:
        yield started


@pytest.fixture(scope="module")
def client(cluster: ApiServer) -> Iterator[ClusterClient]:
    made = ClusterClient.from_connection(cluster.connection)
    yield made
    made.close()


@pytest.fixture(scope="module")
def controller(cluster: ApiServer, client: ClusterClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The role's objects, and the controller by their account's own token; its log."""
    namespaces = ["delivery", *(instance["name"] for instance in INSTANCES)]
    for name in namespaces:
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    access = rendered("delivery", "local", "access.yml.j2", ping_instances=INSTANCES)
    kinds = (*definitions(ROLLOUTS), *definitions(ISTIO, *KINDS))
    Harness(cluster.connection, client, "delivery").apply(*kinds, *access, wait=True, wait_timeout=60)
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    path = "/api/v1/namespaces/delivery/serviceaccounts/argo-rollouts/token"
    token = client.request("POST", path, asked)["status"]["token"]
    folder = tmp_path_factory.mktemp("controller")
    config = json.loads(cluster.kubeconfig.read_text())
    config["users"] = [{"name": "admin", "user": {"token": token}}]
    config["clusters"][0]["cluster"]["certificate-authority"] = str(cluster.folder / "ca.pem")
    (folder / "kubeconfig").write_text(json.dumps(config))
    metrics, health = free_ports(2)
    (deployment,) = rendered("delivery", "local", "controller.yml.j2")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    arguments = [*container["args"], f"--kubeconfig={folder / 'kubeconfig'}", f"--metricsPort={metrics}"]
    environment = {"PATH": os.environ["PATH"], "POD_NAMESPACE": "delivery", "no_proxy": "127.0.0.1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [built("argo-rollouts") / "rollouts-controller", *arguments, f"--healthzPort={health}"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    yield folder / "log"
    process.kill()
    process.wait()


class Canary:
    """One instance of ping: its pods, its clients, and the Prometheus that measures it."""

    def __init__(self, cluster: ApiServer, client: ClusterClient, name: str, folder: Path, prometheus: str) -> None:
        self.name = name
        self.client = client
        self.harness = Harness(cluster.connection, client, name)
        self.node = LoopbackNode(client, name, folder)
        self.prometheus = prometheus

    def deploy(self, version: str, *, check_mode: bool = False, wait: bool = False, **canary: Any) -> dict[str, Any]:
        """Apply a version as ``app`` does."""
        values = {
            "faults": {"enabled": True},
            "podAnnotations": {"version": version},
            "drain": {"delaySeconds": 1},
            "canary": {**QUICK, "prometheus": self.prometheus, **canary},
        }
        (release,) = ping_releases(
            [{"name": self.name}], chart=str(ROOT / "service" / "chart"), image="localhost/ping:1", callers=[],
            place={"region": "r", "cluster": "c"}, trust_domain="td", paths=["/ping"], ingress_namespace="ingress",
            delivery="canary", values=values,
        )  # fmt: skip
        return self.harness.apply(
            charts=[{**release, "include_crds": True, "api_versions": []}], helm=str(helm_program()), wait=wait,
            check_mode=check_mode,
        )  # fmt: skip

    @property
    def rollout(self) -> dict[str, Any]:
        found = self.client.get(*ROLLOUT, self.name, self.name)
        assert found is not None
        return found

    def phase(self) -> str:
        """The controller's word for the version that was applied last, empty while it has not seen that one."""
        found = self.rollout
        status = found.get("status") or {}
        seen = str(status.get("observedGeneration")) == str(found["metadata"]["generation"])
        invalid = str(status.get("message")).startswith("InvalidSpec")  # what it names is still to come
        return str(status.get("phase")) if seen and not invalid else ""

    def ended(self) -> str:
        return until(
            lambda: (phase := self.phase()) in ("Healthy", "Degraded") and phase, f"{self.name}: {self.rollout}"
        )

    def stable(self) -> str:
        return str(self.rollout["status"]["stableRS"])

    def latest(self) -> str:
        return str(self.rollout["status"]["currentPodHash"])


@pytest.fixture
def canary(
    request: pytest.FixtureRequest, cluster: ApiServer, client: ClusterClient, controller: Path, tmp_path: Path
) -> Iterator[Canary]:
    """The first version, which serves already."""
    with ExitStack() as stack:
        url = stack.enter_context(prometheus(tmp_path))
        made = Canary(cluster, client, f"canary-{request.param}", tmp_path, url)
        stack.enter_context(made.node.running())
        made.deploy("1")
        assert made.ended() == "Healthy", controller.read_text()[-3000:]
        yield made


def unchanged(result: dict[str, Any]) -> bool:
    return not result["changed"]


@pytest.mark.parametrize("canary", ["promoted"], indirect=True)
def test_a_version_that_answers_is_promoted(canary: Canary) -> None:
    first = canary.stable()
    assert unchanged(canary.deploy("1")), "the controller's own values are no change"
    with Clients(canary.node, canary.name).asking() as clients:
        canary.deploy("2")
        until(lambda: clients.weights[f"{canary.name}-canary"] == 50, "no client was ever moved")
        assert unchanged(canary.deploy("2", check_mode=True)), "nor is it in the middle of a canary"
        assert canary.ended() == "Healthy"
        second = canary.stable()
        assert second != first
        before = clients.served(second)
        until(lambda: clients.served(second) > before + 50, "the new version does not serve")
    assert clients.seen >= {0, 50}
    print(f"promoted: {dict(clients.counts)}")
    assert {revision for revision, _said in clients.counts} == {first, second}
    assert (clients.lost(first), clients.lost(second)) == (0, 0)
    assert unchanged(canary.deploy("2"))


@pytest.mark.parametrize("canary", ["smoke"], indirect=True)
def test_one_that_fails_from_the_start_gets_no_client(canary: Canary) -> None:
    first = canary.stable()
    with Clients(canary.node, canary.name).asking() as clients:
        canary.node.fault = FAULT
        canary.deploy("2")
        assert canary.ended() == "Degraded"
        before = clients.served(first)
        until(lambda: clients.served(first) > before + 50, "the stable version does not serve")
    print(f"smoke: {dict(clients.counts)}")
    assert clients.seen == {0}
    assert canary.stable() == first
    assert set(clients.counts) == {(first, "200 pong")}
    with pytest.raises(PlatformError, match="assessed Failed"):
        canary.deploy("2", wait=True)


@pytest.mark.parametrize("canary", ["measured"], indirect=True)
def test_one_that_fails_once_clients_come_is_taken_back(canary: Canary) -> None:
    first = canary.stable()
    with Clients(canary.node, canary.name).asking() as clients:
        canary.deploy("2")
        until(lambda: clients.weights[f"{canary.name}-canary"] == 50, "no client was ever moved")
        second = canary.latest()
        canary.node.inject(second, FAULT)
        assert canary.ended() == "Degraded"
        until(lambda: clients.weights[f"{canary.name}-canary"] == 0, "clients are still sent to it")
        lost, before = clients.lost(second), clients.served(first)
        until(lambda: clients.served(first) > before + 50, "the stable version does not serve")
        assert clients.lost(second) <= lost + 1, "one may have been under way"
    print(f"measured: {dict(clients.counts)}")
    assert lost > 0, "the fault was felt, or nothing was measured"
    assert clients.lost(first) == 0
    assert canary.stable() == first

    def pods() -> set[str]:
        return {run.labels[REVISION] for run in canary.node.endpoints({"app.kubernetes.io/name": "ping"})}

    until(lambda: pods() == {first}, "pods of the failed version run on")
    with pytest.raises(PlatformError, match=r"success-ratio.*assessed Failed"):
        canary.deploy("2", wait=True)


@pytest.mark.parametrize("canary", ["gate"], indirect=True)
def test_a_person_promotes_it_where_that_is_asked_for(canary: Canary) -> None:
    def reasons() -> list[str]:
        return [one["reason"] for one in canary.rollout["status"].get("pauseConditions") or []]

    with Clients(canary.node, canary.name).asking() as clients:
        canary.deploy("2", approval=True, steps=[20, 60])
        until(lambda: "CanaryPauseStep" in reasons(), f"it does not pause: {canary.rollout['status']}")
        canary.deploy("2", approval=True, steps=[20, 60], wait=True)  # it is not waited for
        assert canary.phase() == "Paused"
        assert max(clients.seen) == 20
        path = f"/apis/argoproj.io/v1alpha1/namespaces/{canary.name}/rollouts/{canary.name}/status"
        patch = {"status": {"pauseConditions": None}}
        canary.client.request("PATCH", path, patch, content_type="application/merge-patch+json")
        assert canary.ended() == "Healthy"
    assert clients.seen >= {0, 20, 60}
    assert canary.stable() == canary.latest()
