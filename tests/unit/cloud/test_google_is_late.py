"""What Google is late with is waited for, with a word, and not for ever; what never comes fails at once."""

from __future__ import annotations

from functools import partial

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply import stack
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.propagation import Limits, awaited
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError, PlatformError

from tests.support.scripted_google import Answer, Body, Google, error

NETWORKS = "/compute/compute/v1/projects/p/global/networks"
NETWORK = {"kind": "network", "name": "main"}
ACCOUNTS = "/iam/v1/projects/p/serviceAccounts"
EMAIL = "nodes@p.iam.gserviceaccount.com"
ACCOUNT = {"kind": "service_account", "name": "nodes"}
LIVE_ACCOUNT = {"email": EMAIL, "uniqueId": "42", "name": f"projects/p/serviceAccounts/{EMAIL}"}
CLUSTERS = "/container/v1/projects/p/locations/r/clusters"
CLUSTER = {"kind": "cluster", "name": "c", "location": "r"}
LIVE_CLUSTER = {"name": "c", "status": "RUNNING", "endpoint": "192.0.2.1"}
OPERATIONS = "/container/v1/projects/p/locations/r/operations"
POLICY = "/cloudresourcemanager/v1/projects/p"
USAGE = "GET /serviceusage/v1/projects/p/services/compute.googleapis.com"
GONE = error(404, "not found")
DISABLED = error(
    403,
    "Compute Engine API has not been used in project 123 before or it is disabled.",
    status="PERMISSION_DENIED",
    details=[
        {"reason": "SERVICE_DISABLED", "domain": "googleapis.com", "metadata": {"service": "compute.googleapis.com"}}
    ],
)
DONE = Answer({"kind": "compute#operation", "name": "op", "status": "DONE"})


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for longer than half a second."""
    monkeypatch.setattr(stack, "Reconciler", partial(stack.Reconciler, limits=Limits(0.5, 0.5, 0.5, 0.5, 0.5)))


def sent(google: Google, method: str) -> list[str]:
    return [line for line in google.seen if line.startswith(method)]


def test_an_enabled_api_is_waited_for(google: Google) -> None:
    google.says(f"GET {NETWORKS}", DISABLED)
    google.says(f"POST {NETWORKS}", DISABLED, DISABLED, DONE)
    google.says(f"GET {NETWORKS}/main", DISABLED, DISABLED, DISABLED, Answer({"name": "main"}))
    google.says(USAGE, Answer({"state": "ENABLED"}))
    assert google.run(NETWORK)["counts"]["create"] == 1
    assert len(sent(google, "POST")) == 3


@pytest.mark.parametrize("usage", [Answer({"state": "DISABLED"}), error(403, "no")])
def test_an_api_that_nobody_enabled_is_named_at_once(google: Google, usage: Answer) -> None:
    google.says(f"GET {NETWORKS}", DISABLED)
    google.says(f"POST {NETWORKS}", DISABLED)
    google.says(USAGE, usage)
    with pytest.raises(PlatformError, match=r"enable it with kind services, serviceIds: \[compute.googleapis.com\]"):
        google.run(NETWORK)
    assert len(sent(google, "POST")) == 1


@pytest.mark.usefixtures("impatient")
def test_an_api_that_is_never_served_ends_with_a_word(google: Google) -> None:
    google.says(f"GET {NETWORKS}", DISABLED)
    google.says(f"POST {NETWORKS}", DISABLED)
    google.says(USAGE, Answer({"state": "ENABLED"}))
    with pytest.raises(PlatformError, match="for the API, which is enabled, to be served: POST"):
        google.run(NETWORK)


def test_a_new_account_is_read_until_it_is_there(google: Google) -> None:
    google.says(f"GET {ACCOUNTS}", Answer({}))
    google.says(f"POST {ACCOUNTS}", Answer(LIVE_ACCOUNT))
    google.says(f"GET {ACCOUNTS}/{EMAIL}", GONE, GONE, Answer(LIVE_ACCOUNT))
    result = google.run(ACCOUNT, outputs={"id": "${service_account/nodes:uniqueId}"})
    assert (result["outputs"], result["warnings"]) == ({"id": "42"}, [])
    assert len(sent(google, "POST")) == 1, "it is not made again"


@pytest.mark.usefixtures("impatient")
def test_an_account_that_never_comes_ends_with_a_word(google: Google) -> None:
    google.says(f"GET {ACCOUNTS}", Answer({}))
    google.says(f"POST {ACCOUNTS}", Answer(LIVE_ACCOUNT))
    with pytest.raises(
        PlatformError, match=r"service_account/nodes: waited .* s for what was just created to be there"
    ):
        google.run(ACCOUNT)


UNKNOWN_ACCOUNT = [
    error(400, f"Service account {EMAIL} does not exist.", status="INVALID_ARGUMENT"),
    error(
        403,
        "Permission 'iam.serviceAccounts.get' denied on resource (or it may not exist).",
        status="PERMISSION_DENIED",
    ),
    error(404, f"Service account {EMAIL} does not exist."),
]


@pytest.mark.parametrize("unknown", UNKNOWN_ACCOUNT)
def test_a_policy_waits_for_the_account_that_it_names(google: Google, unknown: Answer) -> None:
    bindings = [{"role": "r", "members": [f"serviceAccount:{EMAIL}"]}]
    google.says(f"POST {POLICY}:getIamPolicy", Answer({"etag": "e"}), Answer({"etag": "e"}), Answer({"etag": "e"}),
                Answer({"etag": "f", "bindings": bindings}))  # fmt: skip
    google.says(f"POST {POLICY}:setIamPolicy", unknown, unknown, Answer({}))
    assert google.run({"kind": "project_iam", "name": "x", "bindings": bindings})["counts"]["update"] == 1


@pytest.mark.usefixtures("impatient")
def test_a_policy_that_cannot_be_read_is_never_written(google: Google) -> None:
    """Without what is in it, what is sent would take everybody else's roles away."""
    bindings = [{"role": "r", "members": ["user:a@b.c"]}]
    with pytest.raises(PlatformError, match=r"project_iam/x: waited .* s for the policy to be there"):
        google.run({"kind": "project_iam", "name": "x", "bindings": bindings})
    assert not [line for line in google.seen if "setIamPolicy" in line]


def test_a_role_that_was_granted_takes_effect_later(google: Google) -> None:
    bindings = [{"role": "r", "members": ["user:a@b.c"]}]
    google.says(f"POST {POLICY}:getIamPolicy", Answer({"etag": "e"}), Answer({"etag": "f", "bindings": bindings}))
    google.says(f"POST {POLICY}:setIamPolicy", Answer({}))
    google.says(f"GET {NETWORKS}", Answer({}))
    google.says(f"GET {NETWORKS}/main", GONE, GONE, Answer({"name": "main"}))
    denied = error(403, "Required 'compute.networks.create' permission", status="PERMISSION_DENIED")
    google.says(f"POST {NETWORKS}", denied, denied, DONE)
    policy = {"kind": "project_iam", "name": "x", "bindings": bindings}
    assert google.run(policy, {**NETWORK, "depends": ["project_iam/x"]})["counts"]["create"] == 1


def test_who_was_granted_nothing_is_denied_at_once(google: Google) -> None:
    google.says(f"GET {NETWORKS}", Answer({}))
    google.says(f"POST {NETWORKS}", error(403, "Required 'compute.networks.create' permission"))
    with pytest.raises(PlatformError, match="403 Required"):
        google.run(NETWORK)
    assert len(sent(google, "POST")) == 1


def test_a_cluster_under_another_operation_is_waited_for(google: Google) -> None:
    """However often it refuses; while it reconciles nothing is sent."""
    busy = error(
        400,
        "Cluster is running incompatible operation operation-17.",
        status="FAILED_PRECONDITION",
        details=[{"reason": "CLUSTER_ALREADY_HAS_OPERATION"}],
    )
    reconciling = Answer({**LIVE_CLUSTER, "status": "RECONCILING"})
    desired = {**CLUSTER, "releaseChannel": {"channel": "STABLE"}}
    google.says(f"GET {CLUSTERS}", Answer({"clusters": [LIVE_CLUSTER]}))
    changed = Answer({**LIVE_CLUSTER, "releaseChannel": {"channel": "STABLE"}})
    google.says(f"GET {CLUSTERS}/c", *[Answer(LIVE_CLUSTER)] * 12, reconciling, Answer(LIVE_CLUSTER), changed)
    google.says(
        f"PUT {CLUSTERS}/c", *[busy] * 13, Answer({"name": "operation-18", "operationType": "X", "status": "DONE"})
    )
    google.says(f"GET {OPERATIONS}", Answer({}))
    assert google.run(desired)["counts"]["update"] == 1
    assert len(sent(google, "PUT")) == 14


IN_USE = {
    "kind": "compute#operation",
    "name": "op",
    "status": "DONE",
    "error": {
        "errors": [
            {
                "code": "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
                "message": "The network resource 'projects/p/global/networks/main' is already being used by"
                " 'projects/p/zones/r-b/networkEndpointGroups/k8s1-1a2b3c4d-app-web-80-5e6f7a8b'",
            }
        ]
    },
}


def test_a_network_goes_when_its_users_are_gone(google: Google) -> None:
    google.says(f"GET {NETWORKS}", Answer({"items": [{"name": "main"}]}))
    google.says(f"GET {NETWORKS}/main", *[Answer({"name": "main"})] * 9, GONE)
    google.says(f"DELETE {NETWORKS}/main", *[Answer(IN_USE)] * 9, DONE)
    google.says("GET /compute/compute/v1/projects/p/global/operations", Answer({}))
    assert google.run(NETWORK, state="absent")["counts"]["delete"] == 1


@pytest.mark.usefixtures("impatient")
def test_a_user_that_stays_is_named(google: Google) -> None:
    google.says(f"GET {NETWORKS}", Answer({"items": [{"name": "main"}]}))
    google.says(f"GET {NETWORKS}/main", Answer({"name": "main"}))
    google.says(f"DELETE {NETWORKS}/main", Answer(IN_USE))
    with pytest.raises(PlatformError) as failed:
        google.run(NETWORK, state="absent")
    assert "waited 0.5 s for what uses it to be gone (projects/p/zones/r-b/networkEndpointGroups/k8s1-" in str(
        failed.value
    )


def test_a_field_that_google_leaves_is_named_and_no_change(google: Google) -> None:
    live = {**LIVE_CLUSTER, "verticalPodAutoscaling": {"enabled": True}, "etag": "1"}
    google.says(f"GET {CLUSTERS}", Answer({"clusters": [live]}))
    google.says(f"GET {CLUSTERS}/c", Answer(live))
    google.says(f"PUT {CLUSTERS}/c", Answer({"name": "operation-1", "operationType": "X", "status": "DONE"}))
    result = google.run({**CLUSTER, "verticalPodAutoscaling": {"enabled": False}})
    assert result["warnings"] == [
        "cluster/c: verticalPodAutoscaling.enabled still differs after the change: Google keeps True, declared is False"
    ]
    assert result["changed"] is False
    assert len(sent(google, "PUT")) == 1


def test_a_field_that_google_leaves_does_not_keep_the_others(google: Google) -> None:
    live = {**LIVE_CLUSTER, "verticalPodAutoscaling": {"enabled": True}, "shieldedNodes": {"enabled": True}}
    google.says(f"GET {CLUSTERS}", Answer({"clusters": [live]}))
    google.says(f"GET {CLUSTERS}/c", Answer(live), Answer({**live, "verticalPodAutoscaling": {}}))
    google.says(f"PUT {CLUSTERS}/c", Answer({"name": "operation-1", "operationType": "X", "status": "DONE"}))
    desired: Body = {**CLUSTER, "shieldedNodes": {"enabled": False}, "verticalPodAutoscaling": {"enabled": False}}
    result = google.run(desired)
    assert [line.partition(" still")[0] for line in result["warnings"]] == ["cluster/c: shieldedNodes.enabled"]
    assert result["changed"] is True
    assert len(sent(google, "PUT")) == 2


def test_nothing_is_awaited_that_does_not_pass() -> None:
    assert awaited(PlatformError("x"), True, lambda: True, Limits()) is None
    assert awaited(DeadlineError("x"), True, lambda: True, Limits()) is None
