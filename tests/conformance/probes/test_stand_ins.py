"""Pods that imitate a workload, beside the workload's own controller: left alone, and counted by nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.controller import controller, reference
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import ProbePod, manifest

from tests.support.apiserver import CONTROLLERS, needed_program, running

IMAGE = "registry.example/ping:1"
NAMESPACE = "imitated"
OWNER = {"app.kubernetes.io/name": "pingpong-probe"}
LABELS = {"app": "web"}
SELECTOR = {"matchLabels": LABELS}
MORE = (
    "daemonset-controller", "statefulset-controller", "job-controller", "replicationcontroller-controller",
    "disruption-controller", "endpointslice-controller",
)  # fmt: skip
PATIENCE = 60.0
Object = dict[str, Any]


@pytest.fixture(scope="module")
def client() -> Iterator[ClusterClient]:
    """An API server with the controllers that adopt pods, and one node that runs nothing."""
    with running(needed_program(), (*CONTROLLERS, *MORE)) as server:
        client = ClusterClient.from_connection(server.connection)
        client.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node"}})
        client.patch("v1", "Node", "node", None, {"spec": {"taints": None}})  # each begins as one that is not ready
        yield client


@pytest.fixture
def namespace(client: ClusterClient, request: pytest.FixtureRequest) -> str:
    name = f"n-{abs(hash(request.node.name)) % 10**8}"
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


def template(**spec: Any) -> Object:
    return {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": IMAGE}], **spec}}


ADOPTING: dict[str, tuple[str, Object]] = {
    "ReplicaSet": ("apps/v1", {"replicas": 1, "selector": SELECTOR, "template": template()}),
    "DaemonSet": ("apps/v1", {"selector": SELECTOR, "template": template()}),
    "StatefulSet": ("apps/v1", {"replicas": 1, "serviceName": "s", "selector": SELECTOR, "template": template()}),
    "ReplicationController": ("v1", {"replicas": 1, "selector": LABELS, "template": template()}),
    "Job": ("batch/v1", {"manualSelector": True, "selector": SELECTOR, "template": template(restartPolicy="Never")}),
}


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def imitating(client: ClusterClient, namespace: str, name: str, *, controlled: bool) -> Object:
    """A stand-in as a check makes it; without its controller, as it must not be."""
    control = reference(client.create(controller(namespace, OWNER, IMAGE))) if controlled else None
    made = manifest(ProbePod(namespace, name, LABELS, listen=8080), OWNER, IMAGE, ["probe"], control)
    made["spec"]["nodeName"] = "node"
    return client.create(made)


def adopted_or_gone(client: ClusterClient, namespace: str, kind: str, name: str) -> bool:
    live = client.get("v1", "Pod", name, namespace)
    owners = (live or {"metadata": {}})["metadata"].get("ownerReferences") or []
    return live is None or "deletionTimestamp" in live["metadata"] or any(owner["kind"] == kind for owner in owners)


@pytest.mark.parametrize("kind", ADOPTING)
def test_the_workload_s_controller_leaves_a_stand_in_alone(client: ClusterClient, namespace: str, kind: str) -> None:
    api, spec = ADOPTING[kind]
    client.create({"apiVersion": api, "kind": kind, "metadata": {"name": "web", "namespace": namespace}, "spec": spec})
    until(lambda: bool(client.list("v1", "Pod", namespace)), f"the {kind} made no pod")
    # A StatefulSet adopts only what could be its own by name.
    imitating(client, namespace, "web-7", controlled=True)
    imitating(client, namespace, "web-8", controlled=False)
    until(
        lambda: adopted_or_gone(client, namespace, kind, "web-8"),
        f"the {kind} did not look at pods: nothing is shown of the other one",
    )
    kept = client.get("v1", "Pod", "web-7", namespace)
    assert kept is not None and "deletionTimestamp" not in kept["metadata"]
    (owner,) = kept["metadata"]["ownerReferences"]
    assert owner["kind"] == "Deployment" and owner["controller"] is True
    assert client.list("apps/v1", "ReplicaSet", namespace, label_selector="pingpong.platform/probe") == []


def test_a_service_sends_nothing_to_a_stand_in(client: ClusterClient, namespace: str) -> None:
    service = {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]}
    for name, more in (("web", {}), ("peers", {"publishNotReadyAddresses": True})):
        metadata = {"name": name, "namespace": namespace}
        client.create({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {**service, **more}})
    pod = imitating(client, namespace, "stand-in", controlled=True)
    ready = {"type": "ContainersReady", "status": "True"}
    client.patch(
        "v1", "Pod", pod["metadata"]["name"], namespace, subresource="status",
        patch={"status": {"phase": "Running", "podIP": "10.0.0.9", "podIPs": [{"ip": "10.0.0.9"}],
                          "conditions": [ready, {"type": "Ready", "status": "False"}]}},
    )  # fmt: skip

    def conditions(name: str) -> list[bool]:
        label = f"kubernetes.io/service-name={name}"
        slices = client.list("discovery.k8s.io/v1", "EndpointSlice", namespace, label_selector=label)
        return [endpoint["conditions"]["ready"] for item in slices for endpoint in item.get("endpoints") or []]

    until(lambda: conditions("web") == [False], "it is an endpoint, and not a ready one")
    until(lambda: conditions("peers") == [True], "which is why no stand-in is made where such a Service selects it")


@pytest.mark.parametrize("budget", [{"maxUnavailable": 1}, {"minAvailable": "50%"}, {"minAvailable": 1}])
def test_a_disruption_budget_counts_as_without_it(client: ClusterClient, namespace: str, budget: Object) -> None:
    metadata = {"name": "web", "namespace": namespace}
    spec = {"replicas": 2, "selector": SELECTOR, "template": template()}
    client.create({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec})
    client.create({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata,
                   "spec": {"selector": SELECTOR, **budget}})  # fmt: skip
    until(lambda: len(client.list("v1", "Pod", namespace)) == 2, "the ReplicaSet made no pods")

    def status() -> Object:
        found = client.get("policy/v1", "PodDisruptionBudget", "web", namespace) or {}
        wanted = ("desiredHealthy", "disruptionsAllowed", "currentHealthy")
        return {key: (found.get("status") or {}).get(key) for key in wanted}

    until(lambda: status()["desiredHealthy"] is not None, "the budget was not looked at")
    before = status()
    imitating(client, namespace, "stand-in", controlled=True)
    seen = client.get("policy/v1", "PodDisruptionBudget", "web", namespace)
    client.patch("policy/v1", "PodDisruptionBudget", "web", namespace, {"metadata": {"labels": {"look": "again"}}})
    time.sleep(3.0)
    assert status() == before and seen is not None
    found = client.get("policy/v1", "PodDisruptionBudget", "web", namespace) or {}
    failing = [c for c in found["status"].get("conditions") or [] if c.get("reason") == "SyncFailed"]
    assert failing == [], "a budget that cannot count allows no eviction"
