"""What an inventory says of a cluster's nodes and features, in the words of Google's API."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.clusters import cluster_options, node_pools

COMMON = {"management": {"autoRepair": True}, "config": {"imageType": "COS_CONTAINERD", "tags": ["node"]}}
POOL = {"name": "main", "machine_type": "e2-standard-4"}


def pool(**declared: Any) -> dict[str, Any]:
    (found,) = node_pools([{**POOL, **declared}], COMMON)
    return found


def test_a_pool_has_what_all_of_them_share_and_its_own() -> None:
    assert pool(tags=["gpu"], labels={"tier": "a"}, disk_gb=50, disk_type="pd-ssd", spot=True) == {
        "name": "main",
        "initialNodeCount": 1,
        "autoscaling": {"enabled": False},
        "management": {"autoRepair": True},
        "upgradeSettings": {"maxSurge": 1, "maxUnavailable": 0},
        "config": {
            "imageType": "COS_CONTAINERD",
            "machineType": "e2-standard-4",
            "diskSizeGb": 50,
            "diskType": "pd-ssd",
            "tags": ["node", "gpu"],
            "labels": {"tier": "a"},
            "taints": [{"key": "cloud.google.com/gke-spot", "value": "true", "effect": "NO_SCHEDULE"}],
            "spot": True,
        },
    }


@pytest.mark.parametrize(
    ("declared", "count", "autoscaling"),
    [
        ({}, 1, {"enabled": False}),
        ({"count": 3}, 3, {"enabled": False}),
        ({"max": 5}, 1, {"enabled": True, "minNodeCount": 1, "maxNodeCount": 5}),
        ({"min": 0, "max": 4}, 0, {"enabled": True, "minNodeCount": 0, "maxNodeCount": 4}),
        ({"min": 2, "max": 4, "count": 3}, 3, {"enabled": True, "minNodeCount": 2, "maxNodeCount": 4}),
    ],
)
def test_a_pool_scales_where_it_has_a_maximum(declared: dict[str, int], count: int, autoscaling: Any) -> None:
    found = pool(**declared)
    assert (found["initialNodeCount"], found["autoscaling"]) == (count, autoscaling)


@pytest.mark.parametrize(
    ("own", "of_all", "zones"),
    [([], [], None), ([], ["a", "b"], ["a", "b"]), (["c"], ["a", "b"], ["c"]), (["c"], [], ["c"])],
)
def test_a_pools_own_zones_come_before_the_clusters(own: list[str], of_all: list[str], zones: Any) -> None:
    (found,) = node_pools([{**POOL, "locations": own}], COMMON, of_all)
    assert found.get("locations") == zones


OFF: dict[str, Any] = {
    "locations": [],
    "binary_authorization": False,
    "secrets_key": "",
    "rbac_group": "",
    "confidential_nodes": False,
    "fleet_project": "",
    "secret_manager": False,
    "secret_rotation": "120s",
    "notifications": [],
    "notifications_topic": "projects/p/topics/t",
    "maintenance": {"recurrence": "FREQ=DAILY", "start": "2026-01-03T02:00:00Z", "end": "2026-01-03T08:00:00Z"},
}
WINDOW = {
    "recurrence": "FREQ=DAILY",
    "window": {"startTime": "2026-01-03T02:00:00Z", "endTime": "2026-01-03T08:00:00Z"},
}


@pytest.mark.parametrize(
    ("asked", "field", "value"),
    [
        ({"locations": ["a"]}, "locations", ["a"]),
        ({"binary_authorization": True}, "binaryAuthorization", {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"}),
        ({"secrets_key": "k"}, "databaseEncryption", {"state": "ENCRYPTED", "keyName": "k"}),
        ({"rbac_group": "g@x"}, "authenticatorGroupsConfig", {"enabled": True, "securityGroup": "g@x"}),
        ({"confidential_nodes": True}, "confidentialNodes", {"enabled": True}),
        ({"fleet_project": "p"}, "fleet", {"project": "p"}),
        (
            {"secret_manager": True},
            "secretManagerConfig",
            {"enabled": True, "rotationConfig": {"enabled": True, "rotationInterval": "120s"}},
        ),
        (
            {"notifications": ["UPGRADE_EVENT"]},
            "notificationConfig",
            {"pubsub": {"enabled": True, "topic": "projects/p/topics/t", "filter": {"eventType": ["UPGRADE_EVENT"]}}},
        ),
    ],
)
def test_an_option_that_is_asked_for_is_one_field(asked: dict[str, Any], field: str, value: Any) -> None:
    off = cluster_options(OFF)
    assert off == {
        "secretManagerConfig": {"enabled": False},
        "notificationConfig": {"pubsub": {"enabled": False}},
        "maintenancePolicy": {"window": {"recurringWindow": WINDOW, "maintenanceExclusions": None}},
    }
    assert cluster_options({**OFF, **asked}) == {**off, field: value}


@pytest.mark.parametrize(
    ("scope", "sent"), [({}, "NO_UPGRADES"), ({"scope": "NO_MINOR_UPGRADES"}, "NO_MINOR_UPGRADES")]
)
def test_an_exclusion_says_when_nothing_is_upgraded(scope: dict[str, str], sent: str) -> None:
    freeze = {"name": "freeze", "start": "2026-12-18T00:00:00Z", "end": "2027-01-04T00:00:00Z", **scope}
    found = cluster_options({**OFF, "maintenance": {**OFF["maintenance"], "exclusions": [freeze]}})
    assert found["maintenancePolicy"]["window"] == {
        "recurringWindow": WINDOW,
        "maintenanceExclusions": {
            "freeze": {
                "startTime": "2026-12-18T00:00:00Z",
                "endTime": "2027-01-04T00:00:00Z",
                "maintenanceExclusionOptions": {"scope": sent},
            }
        },
    }


def test_a_pool_may_have_its_own_number_of_pods() -> None:
    assert "maxPodsConstraint" not in pool()
    assert pool(max_pods=32)["maxPodsConstraint"] == {"maxPodsPerNode": 32}


def test_who_tolerates_nothing_is_not_put_on_spot_nodes() -> None:
    own = {"key": "gpu", "value": "true", "effect": "NO_SCHEDULE"}
    assert pool(taints=[own])["config"]["taints"] == [own]
    assert [taint["key"] for taint in pool(taints=[own], spot=True)["config"]["taints"]] == [
        "gpu",
        "cloud.google.com/gke-spot",
    ]
