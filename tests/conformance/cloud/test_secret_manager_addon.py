"""The Secret Manager add-on of a cluster, switched on and off while it runs: it is really changed in the cluster."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, CONTAINER, changed, make, refused

PRIMARY = f"{CONTAINER}/clusters/primary"
POOL = {"workloadPool": f"{PROJECT}.svc.id.goog"}
ON = {"enabled": True}
ROTATING = {"enabled": True, "rotationConfig": {"enabled": True, "rotationInterval": "300s"}}


@pytest.fixture
def primary(network: RunningCloud) -> RunningCloud:
    """A cloud with a running cluster without the add-on."""
    make(network, f"{CONTAINER}/clusters", {"cluster": changed(CLUSTER, workloadIdentityConfig=POOL)})
    backend(network).calls.clear()
    return network


def backend(cloud: RunningCloud) -> MemoryBackend:
    found = cloud.local.backend
    assert isinstance(found, MemoryBackend)
    return found


def updated(cloud: RunningCloud, field: str, value: Any) -> dict[str, Any]:
    """The operation of an update, ended."""
    started = make(cloud, PRIMARY, {"update": {field: value}}, verb="PUT")
    return dict(cloud.request("GET", f"{CONTAINER}/operations/{started['name']}")[1])


def told(cloud: RunningCloud) -> dict[str, str]:
    return backend(cloud).requests["primary"].secret_manager


def test_it_comes_changes_and_goes(primary: RunningCloud) -> None:
    assert told(primary) == {}
    operation = updated(primary, "desiredSecretManagerConfig", ON)
    assert (operation["operationType"], operation["status"], "error" in operation) == ("UPDATE_CLUSTER", "DONE", False)
    assert (told(primary)["pool"], told(primary)["rotation"]) == (POOL["workloadPool"], "")
    assert told(primary)["provider"].endswith("/clusters/primary")
    updated(primary, "desiredSecretManagerConfig", ROTATING)
    assert told(primary)["rotation"] == "300s"
    updated(primary, "desiredSecretManagerConfig", {"enabled": False})
    assert told(primary) == {}
    assert backend(primary).calls == [("configure", "primary")] * 3
    found = primary.request("GET", PRIMARY)[1]
    assert (found["status"], found["secretManagerConfig"]["enabled"]) == ("RUNNING", False)


def test_it_is_changed_alone(primary: RunningCloud) -> None:
    updated(primary, "desiredReleaseChannel", {"channel": "STABLE"})
    updated(primary, "desiredSecretManagerConfig", {"enabled": False})
    assert backend(primary).calls == []


def test_nothing_else_happens_meanwhile(primary: RunningCloud) -> None:
    backend(primary).delay = 0.5
    assert primary.request("PUT", PRIMARY, {"update": {"desiredSecretManagerConfig": ON}})[0] == 200
    assert primary.request("GET", PRIMARY)[1]["status"] == "RECONCILING"
    busy = refused(primary, "PUT", PRIMARY, {"update": {"desiredReleaseChannel": {"channel": "STABLE"}}})
    assert "incompatible operation" in busy[2]
    primary.settle()
    backend(primary).delay = 0.05


def test_a_change_that_fails_leaves_the_cluster_as_it_was(primary: RunningCloud) -> None:
    backend(primary).broken.add("primary")
    operation = updated(primary, "desiredSecretManagerConfig", ON)
    backend(primary).broken.clear()
    assert "add-on could not be changed" in operation["error"]["message"]
    found = primary.request("GET", PRIMARY)[1]
    assert (found["status"], "secretManagerConfig" in found) == ("RUNNING", False)
    assert "error" not in updated(primary, "desiredSecretManagerConfig", ON)
