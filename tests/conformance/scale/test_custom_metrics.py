"""Load on ping's own metric scales it out and back by the real autoscaler, adapter and Prometheus, and none is lost.

The adapter has the rights that the role gives it and no other; the API server verifies it, and it verifies who asks.
"""

from __future__ import annotations

import base64
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.ping import ping_releases
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from custom_metrics import API, NAMESPACE, CustomMetrics, serving, token

from tests.support.apiserver import CONTROLLERS, ApiServer, helm_program, needed_program, running
from tests.support.layers import Harness
from tests.support.loopback_node import LoopbackNode, ask, until
from tests.support.loopback_prometheus import prometheus
from tests.support.roles import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

PING = "scaled"
METRIC = "ping_requests_per_second"
PODS = f"{API}/namespaces/{PING}/pods/*/{METRIC}"
TARGET, MOST = 10, 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[ApiServer]:
    if helm_program() is None:
        pytest.skip("helm is not built: python -m testbed images")
    scaling = ("horizontal-pod-autoscaler-controller", "disruption-controller")
    with running(needed_program(), (*CONTROLLERS, *scaling), ["--horizontal-pod-autoscaler-sync-period=2s"]) as started:
        yield started


@pytest.fixture(scope="module")
def client(cluster: ApiServer) -> Iterator[ClusterClient]:
    made = ClusterClient.from_connection(cluster.connection)
    for name in (NAMESPACE, PING):
        made.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield made
    made.close()


@pytest.fixture(scope="module")
def node(client: ClusterClient, tmp_path_factory: pytest.TempPathFactory) -> LoopbackNode:
    return LoopbackNode(client, PING, tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def metrics(
    cluster: ApiServer, client: ClusterClient, node: LoopbackNode, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CustomMetrics]:
    folder = tmp_path_factory.mktemp("adapter")
    with prometheus(node.folder) as url, serving(cluster, client, folder, url, [{"name": PING}]) as made:
        yield made


def release() -> list[dict[str, Any]]:
    """Ping as the chart has it, scaled by its requests alone: no node measures CPU here."""
    values = {
        "drain": {"delaySeconds": 1},
        "autoscaling": {
            "minReplicas": 1, "maxReplicas": MOST, "requests": {"target": TARGET}, "scaleDownAfterSeconds": 5,
        },
    }  # fmt: skip
    (made,) = ping_releases(
        [{"name": PING}], chart=str(ROOT / "service" / "chart"), image="localhost/ping:1", callers=[],
        place={"region": "r", "cluster": "c"}, trust_domain="td", paths=["/ping"], ingress_namespace="ingress",
        scaling="requests", values=values,
    )  # fmt: skip
    ended = subprocess.run(
        [str(helm_program()), "template", PING, made["chart"], f"--namespace={PING}", "--values=-"],
        input=yaml.safe_dump(made["values"]), capture_output=True, text=True, check=True,
    )  # fmt: skip
    objects = [obj for obj in yaml.safe_load_all(ended.stdout) if obj and "istio.io" not in obj["apiVersion"]]
    (scaler,) = (obj for obj in objects if obj["kind"] == "HorizontalPodAutoscaler")
    scaler["spec"]["metrics"] = [one for one in scaler["spec"]["metrics"] if one["type"] == "Pods"]
    return objects


@pytest.fixture(scope="module")
def ping(cluster: ApiServer, client: ClusterClient, node: LoopbackNode, metrics: CustomMetrics) -> Iterator[Harness]:
    made = Harness(cluster.connection, client, PING)
    with node.running():
        made.apply(*release(), wait=True, wait_timeout=90)
        until(lambda: node.endpoints({}), "no pod is ready")
        until(lambda: metrics.condition()["status"] == "True", f"{metrics.service()}")
        yield made


@contextmanager
def load(node: LoopbackNode, every: float) -> Iterator[Counter[str]]:
    """Requests, each on a connection of its own, to the pods in turn; what was answered."""
    answers: Counter[str] = Counter()
    stopped = threading.Event()

    def work() -> None:
        number = 0
        while not stopped.wait(every):
            pods = node.endpoints({"app.kubernetes.io/name": "ping"})
            status, said = ask(pods[number % len(pods)].port, "/ping") if pods else (0, "nobody")
            answers[f"{status} {said.strip()}"] += 1
            number += 1

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        stopped.set()
        thread.join(30)


def replicas(ping: Harness) -> int:
    found = ping.get("Deployment", PING, "apps/v1")
    assert found is not None
    return int(found["spec"]["replicas"])


def served(client: ClusterClient) -> list[dict[str, Any]]:
    try:
        return list(client.request("GET", PODS)["items"])
    except ApiError:  # not listed by the adapter yet
        return []


def test_load_scales_out_and_back_and_no_request_is_lost(
    ping: Harness, node: LoopbackNode, client: ClusterClient
) -> None:
    assert replicas(ping) == 1
    with load(node, every=1.0) as quiet:
        until(lambda: served(client), "the metric is not served")
        assert replicas(ping) == 1, "what one pod can take asks for no other"
    with load(node, every=0.01) as busy:
        until(lambda: replicas(ping) == MOST, f"it does not scale out: {ping.get('Event', '')}", 180)
        until(lambda: len(node.endpoints({})) == MOST, "the pods do not come")
        until(lambda: len(served(client)) == MOST, "not every pod has the metric", 90)
        assert not ping.apply(*release(), check_mode=True)["changed"], "the autoscaler's number is no change"
        assert not ping.apply(*release())["changed"]
        assert replicas(ping) == MOST
    with load(node, every=1.0) as after:
        until(lambda: replicas(ping) == 1, "it does not scale back", 240)
        until(lambda: len(node.endpoints({})) == 1, "the pods do not go")
    assert not ping.apply(*release())["changed"]
    counts = quiet + busy + after
    print(f"scaled 1 → {MOST} → 1: {dict(counts)}")
    assert set(counts) == {"200 pong"}


def test_one_metric_is_served_and_nothing_else(ping: Harness, client: ClusterClient) -> None:
    until(lambda: served(client), "the metric is not served")
    resources = {one["name"] for one in client.request("GET", API)["resources"]}
    assert resources == {f"pods/{METRIC}", f"namespaces/{METRIC}"}
    names = {one["describedObject"]["name"] for one in served(client)}
    assert names <= {pod["metadata"]["name"] for pod in client.list("v1", "Pod", PING)}


def test_a_namespace_that_is_not_served_has_no_metric(ping: Harness, client: ClusterClient) -> None:
    with pytest.raises(ApiError) as unserved:
        client.request("GET", PODS.replace(f"/{PING}/", f"/{NAMESPACE}/"))
    assert unserved.value.status == 500, "the adapter may not list pods there"


@pytest.mark.parametrize("account", ["", "prometheus-adapter"])
def test_who_has_no_right_to_the_metric_is_refused_by_the_adapter_itself(
    ping: Harness, client: ClusterClient, metrics: CustomMetrics, account: str
) -> None:
    headers = {"Authorization": f"Bearer {token(client, account)}"} if account else {}
    context = ssl.create_default_context(cadata=metrics.authority)
    context.check_hostname = False  # the chain is verified; its name is the Service's
    request = urllib.request.Request(f"https://127.0.0.1:{metrics.port}{PODS}", headers=headers)
    with pytest.raises(urllib.error.HTTPError) as forbidden:
        urllib.request.urlopen(request, timeout=10, context=context)  # noqa: S310 - a fixed https URL
    assert forbidden.value.code == 403


def test_an_adapter_of_another_authority_is_refused_until_the_role_mends_it(
    ping: Harness, client: ClusterClient, metrics: CustomMetrics, cluster: ApiServer
) -> None:
    until(lambda: served(client), "the metric is not served")
    other = {"spec": {"caBundle": _another_authority(cluster)}}
    metrics.harness.edit(
        "APIService", "v1beta1.custom.metrics.k8s.io", other, manager="kubectl-edit",
        api_version="apiregistration.k8s.io/v1",
    )  # fmt: skip
    # Its condition tells nothing of it: only requests of others verify whom they are led to.
    until(lambda: refused(client) == 503, "another authority's certificate is taken")
    # What has nothing to do with it goes on: here, the removal of a layer that was never there.
    assert not Harness(cluster.connection, client, "elsewhere").apply(state="absent")["changed"]
    assert metrics.harness.apply(*metrics.objects)["changed"]
    until(lambda: served(client), "the metric is not served again")


def refused(client: ClusterClient) -> int:
    """By which status the API server does not get the metric; 0 when it does."""
    try:
        client.request("GET", PODS)
    except ApiError as error:
        return error.status
    return 0


def _another_authority(cluster: ApiServer) -> str:
    return base64.b64encode((cluster.folder / "ca.pem").read_bytes()).decode()
