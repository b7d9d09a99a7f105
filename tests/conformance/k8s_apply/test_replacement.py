"""A workload is pruned only when the one that takes over from it is ready: there is no moment without pods."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

from tests.support.apiserver import ApiServer
from tests.support.layers import Harness, config_map, definition, deployment

ROLLOUTS = "example.org/v1"
ROLLOUT = {"apiVersion": ROLLOUTS, "kind": "Rollout", "metadata": {"name": "d"}, "spec": {}}


@pytest.fixture(scope="module")
def _defined(server: ApiServer, client: ClusterClient) -> None:
    Harness(server.connection, client, "rollouts").apply(definition("example.org", "Rollout"), wait=True)


@pytest.fixture
def rolled(layer: Harness, _defined: None) -> Harness:
    """A layer with a Rollout, and a ConfigMap that it uses."""
    layer.apply(ROLLOUT, config_map("used"))
    return layer


def test_nothing_is_pruned_while_what_takes_over_is_not_ready(rolled: Harness) -> None:
    with pytest.raises(DeadlineError, match=r"Deployment.*d.*0 of 1"):
        rolled.apply(deployment("d", replicas=1), wait=True, wait_timeout=2)
    assert rolled.get("Rollout", "d", ROLLOUTS) is not None
    assert rolled.get("ConfigMap", "used") is not None


def test_it_goes_with_what_it_used_once_that_is_ready(rolled: Harness) -> None:
    foreseen = rolled.apply(deployment("d"), wait=True, check_mode=True)
    # The garbage collector, which ends a foreground deletion, learns of a new kind within 30 seconds.
    made = rolled.apply(deployment("d"), wait=True, wait_timeout=90)
    assert made["pruned"] == foreseen["pruned"]
    assert [entry["name"] for entry in made["pruned"]] == ["d", "used"]
    assert rolled.get("Rollout", "d", ROLLOUTS) is None


def test_who_does_not_wait_prunes_at_once(rolled: Harness) -> None:
    assert rolled.apply(deployment("d", replicas=1), wait=False, wait_timeout=90)["pruned"]
    assert rolled.get("Rollout", "d", ROLLOUTS) is None


def test_a_workload_of_another_name_takes_nothing_over(rolled: Harness) -> None:
    with pytest.raises(DeadlineError):
        rolled.apply(deployment("e", replicas=1), wait=True, wait_timeout=2)
    assert rolled.get("Rollout", "d", ROLLOUTS) is None
