"""What Google does later than it answers: each rule with the clock in the test's hand. Sources: core/lateness.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from testbed.cloud.core.lateness import SECONDS
from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, COMPUTE, CONTAINER, make, refused

FACTOR = 100.0
ACCOUNTS = f"/iam/v1/projects/{PROJECT}/serviceAccounts"
EMAIL = f"late-one@{PROJECT}.iam.gserviceaccount.com"
SECRETS = f"/secretmanager/v1/projects/{PROJECT}/secrets"
PRIMARY = f"{CONTAINER}/clusters/primary"

Pass = Callable[[float], None]


@pytest.fixture
def passes(network: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pass]:
    """A cloud where things are late; the function lets seconds go by."""
    own = network.local.cloud
    clock, ahead = own.clock, [0.0]
    monkeypatch.setattr(own, "clock", lambda: clock() + ahead[0])
    monkeypatch.setattr(own.operations, "clock", lambda: clock() + ahead[0])
    network.admin("PATCH", "settings", {"lateness": FACTOR})

    def go(seconds: float) -> None:
        ahead[0] += seconds

    yield go
    network.admin("PATCH", "settings", {"lateness": 0.0})


def test_an_enabled_api_is_disabled_for_a_while(network: RunningCloud, passes: Pass) -> None:
    make(network, f"/serviceusage/v1/projects/{PROJECT}/services/compute.googleapis.com:disable", {})
    network.enable("compute")
    status, answer = network.request("GET", f"{COMPUTE}/global/networks")
    error = answer["error"]
    info = next(item for item in error["details"] if item["@type"].endswith("ErrorInfo"))
    assert (status, error["status"], info["reason"], info["domain"]) == (
        403, "PERMISSION_DENIED", "SERVICE_DISABLED", "googleapis.com"
    )  # fmt: skip
    assert info["metadata"]["service"] == "compute.googleapis.com"
    assert error["errors"][0]["reason"] == "accessNotConfigured"
    network.enable("compute")  # again: it is enabled already, and does not get later
    passes(SECONDS["api"] * FACTOR + 1)
    assert network.request("GET", f"{COMPUTE}/global/networks")[0] == 200


def test_a_new_account_is_missing_now_and_then_and_in_policies(network: RunningCloud, passes: Pass) -> None:
    make(network, ACCOUNTS, {"accountId": "late-one"})
    assert [network.request("GET", f"{ACCOUNTS}/{EMAIL}")[0] for _turn in range(4)] == [404, 200, 404, 200]
    policy = {"policy": {"bindings": [{"role": "roles/logging.logWriter", "members": [f"serviceAccount:{EMAIL}"]}]}}
    path = f"/cloudresourcemanager/v1/projects/{PROJECT}:setIamPolicy"
    status, _unused, message = refused(network, "POST", path, policy)
    assert (status, message) == (400, f"Service account {EMAIL} does not exist.")
    passes(SECONDS["account"] * FACTOR + 1)
    assert [network.request("GET", f"{ACCOUNTS}/{EMAIL}")[0] for _turn in range(2)] == [200, 200]
    make(network, path, policy)


def test_a_policy_is_read_at_once_and_judged_by_later(network: RunningCloud, passes: Pass) -> None:
    from testbed.cloud.core import policies

    make(network, f"{SECRETS}?secretId=s", {"replication": {"automatic": {}}})
    members, role = {"user:someone@example.com"}, "roles/secretmanager.secretAccessor"
    policy: Any = {"policy": {"bindings": [{"role": role, "members": sorted(members)}]}}
    make(network, f"{SECRETS}/s:setIamPolicy", policy)
    assert network.request("GET", f"{SECRETS}/s:getIamPolicy")[1]["bindings"] == policy["policy"]["bindings"]
    key = f"secretmanager/projects/{PROJECT}/secrets/s"

    def judged() -> bool:
        found: bool = network.call(lambda: policies.grants(network.local.cloud, key, members, {role}))
        return found

    assert not judged()
    passes(SECONDS["policy"] * FACTOR + 1)
    assert judged()
    make(network, f"{SECRETS}/s:setIamPolicy", {"policy": {"bindings": []}})
    assert judged()
    passes(SECONDS["policy"] * FACTOR + 1)
    assert not judged()


def test_a_cluster_under_change_takes_no_other_and_reconciles(network: RunningCloud, passes: Pass) -> None:
    make(network, f"{CONTAINER}/clusters", {"cluster": CLUSTER})
    pool = {"nodePool": {"name": "second", "initialNodeCount": 1}}
    make(network, f"{PRIMARY}/nodePools", pool)
    assert network.request("GET", PRIMARY)[1]["status"] == "RECONCILING"
    status, answer = network.request("DELETE", f"{PRIMARY}/nodePools/second")
    info = answer["error"]["details"][0]
    assert (status, answer["error"]["status"], info["reason"]) == (
        400, "FAILED_PRECONDITION", "CLUSTER_ALREADY_HAS_OPERATION"
    )  # fmt: skip
    assert answer["error"]["message"].startswith("Cluster is running incompatible operation operation-")
    passes(SECONDS["settling"] * FACTOR + 1)
    assert network.request("GET", PRIMARY)[1]["status"] == "RUNNING"
    make(network, f"{PRIMARY}/nodePools/second", None, verb="DELETE")


def test_compute_takes_a_deletion_and_its_operation_fails(network: RunningCloud, passes: Pass) -> None:
    started = make(network, f"{COMPUTE}/global/networks/net", None, verb="DELETE")
    ended = network.request("GET", f"{COMPUTE}/global/operations/{started['name']}")[1]
    (error,) = ended["error"]["errors"]
    assert (ended["status"], error["code"]) == ("DONE", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE")
    assert "already being used by" in error["message"]
    assert network.request("GET", f"{COMPUTE}/global/networks/net")[0] == 200
    network.admin("PATCH", "settings", {"lateness": 0.0})
    assert refused(network, "DELETE", f"{COMPUTE}/global/networks/net")[1] == "resourceInUseByAnotherResource"
