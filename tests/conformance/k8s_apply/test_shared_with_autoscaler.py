"""The number of replicas that Kubernetes' real autoscaler chose stays, whatever the number to begin with is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.conditions import State
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.predicates import readiness

from tests.support.apiserver import CONTROLLERS, needed_program, running
from tests.support.layers import Harness, deployment
from tests.support.loopback_node import until

BEGIN = 2


@pytest.fixture(scope="module")
def scaled() -> Iterator[Harness]:
    """A namespace in a cluster that has the autoscaler's controller."""
    controllers = (*CONTROLLERS, "horizontal-pod-autoscaler-controller")
    with running(needed_program(), controllers, ["--horizontal-pod-autoscaler-sync-period=1s"]) as server:
        client = ClusterClient.from_connection(server.connection)
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "scaled"}})
        yield Harness(server.connection, client, "scaled")
        client.close()


def layer(least: int) -> list[dict[str, Any]]:
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}
    scaler = {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "app"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"},
            "minReplicas": least, "maxReplicas": 5, "metrics": [{"type": "Resource", "resource": cpu}],
        },
    }  # fmt: skip
    return [deployment("app", replicas=BEGIN), scaler]


def replicas(scaled: Harness) -> int:
    found = scaled.get("Deployment", "app", "apps/v1")
    assert found is not None
    return int(found["spec"]["replicas"])


def ready(scaled: Harness) -> bool:
    found = scaled.get("HorizontalPodAutoscaler", "app", "autoscaling/v2")
    assert found is not None
    return readiness(found).state is State.READY


def test_its_number_is_neither_changed_nor_a_change(scaled: Harness) -> None:
    scaled.apply(*layer(BEGIN))
    until(lambda: ready(scaled), "an autoscaler that can scale is ready, with metrics or without")
    assert replicas(scaled) == BEGIN
    assert not scaled.apply(*layer(BEGIN))["changed"]
    scaled.apply(*layer(BEGIN + 1))
    until(lambda: replicas(scaled) == BEGIN + 1, "the autoscaler does not scale")
    for check_mode in (True, False):
        assert not scaled.apply(*layer(BEGIN + 1), check_mode=check_mode)["changed"]
    assert replicas(scaled) == BEGIN + 1
