"""What the roles declare of clusters, registry and bastion, option by option: applied, and nothing to do afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.engine import Engine
from tests.support.roles import INVENTORIES, evaluated

PROJECT = "pingpong-local"
KEY = f"projects/{PROJECT}/locations/europe-west1/keyRings/platform/cryptoKeys/disks"
OTHER = KEY.replace("disks", "others")
MAINTENANCE = {"recurrence": "FREQ=DAILY", "start": "2026-01-03T02:00:00Z", "end": "2026-01-03T08:00:00Z"}
FREEZE = {"name": "freeze", "start": "2026-12-18T00:00:00Z", "end": "2027-01-04T00:00:00Z"}


def declared(role: str, name: str, inventory: str = "production", **changes: Any) -> Any:
    return evaluated(role, inventory, name, platform_project=PROJECT, **changes)


def stack(inventory: str = "production", **changes: Any) -> list[dict[str, Any]]:
    """The region's network, and the cluster in it."""
    shared = [item for item in declared("network", "__network_shared", inventory) if item["kind"] == "network"]
    accounts = declared("cluster", "__cluster_shared", inventory)
    region = declared("network", "__network_region", inventory)
    return [*shared, *region, *accounts, *declared("cluster", "__cluster_stack", inventory, **changes)]


def cluster(engine: Engine, resources: list[dict[str, Any]]) -> dict[str, Any]:
    """As Google answers it, with its pools."""
    (desired,) = (item for item in resources if item["kind"] == "cluster")
    path = f"/container/v1/projects/{PROJECT}/locations/{desired['location']}/clusters/{desired['name']}"
    found: dict[str, Any] = engine.cloud.request("GET", path)[1]
    return found


def settled(engine: Engine, resources: list[dict[str, Any]]) -> dict[str, Any]:
    """The result of applying; a plan said the same before, and a second run changes nothing."""
    planned, result = engine(resources, check=True), engine(resources)
    assert [item["action"] for item in planned["resources"]] == [item["action"] for item in result["resources"]]
    assert result["warnings"] == []
    again = engine(resources)
    assert (again["changed"], again["mutations"]) == (False, 0)
    return result


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_every_inventory_has_the_golden_path(engine: Engine, inventory: str) -> None:
    resources = stack(inventory)
    settled(engine, resources)
    live = cluster(engine, resources)
    assert {"CADVISOR", "KUBELET", "POD"} <= set(live["monitoringConfig"]["componentConfig"]["enableComponents"])
    assert live["monitoringConfig"]["advancedDatapathObservabilityConfig"] == {"enableMetrics": True}
    assert live["monitoringConfig"]["managedPrometheusConfig"] == {"enabled": True}
    assert live["verticalPodAutoscaling"] == {"enabled": True}
    (topic,) = (item["name"] for item in resources if item["kind"] == "pubsub_topic")
    notified = live["notificationConfig"]["pubsub"]
    assert (notified["enabled"], notified["topic"]) == (True, f"projects/{PROJECT}/topics/{topic}")
    assert {"UPGRADE_EVENT", "SECURITY_BULLETIN_EVENT"} <= set(notified["filter"]["eventType"])
    assert live["nodePools"]
    for config in (pool["config"] for pool in live["nodePools"]):
        assert (config["gcfsConfig"], config["gvnic"]) == ({"enabled": True}, {"enabled": True})
        assert bool(config.get("spot")) == ("cloud.google.com/gke-spot" in str(config.get("taints")))


SWITCHED: dict[str, Any] = {
    "cluster_maintenance": {
        **MAINTENANCE,
        "exclusions": [FREEZE, {**FREEZE, "name": "b", "scope": "NO_MINOR_UPGRADES"}],
    },
    "cluster_monitoring": ["SYSTEM_COMPONENTS"],
    "cluster_managed_prometheus": False,
    "cluster_dataplane_metrics": False,
    "cluster_vertical_pod_autoscaling": False,
    "cluster_image_streaming": False,
    "cluster_gvnic": False,
    "cluster_notifications": [],
}
FIELDS = {
    "maintenancePolicy.window.maintenanceExclusions",
    "maintenancePolicy.window.recurringWindow",
    "monitoringConfig.componentConfig",
    "monitoringConfig.managedPrometheusConfig",
    "monitoringConfig.advancedDatapathObservabilityConfig",
    "verticalPodAutoscaling",
    "notificationConfig.pubsub",
    "config.gcfsConfig",
    "config.gvnic",
}


def test_options_are_switched_and_back(engine: Engine) -> None:
    engine(stack())
    for resources in (stack(**SWITCHED), stack()):
        result = settled(engine, resources)
        changed = {change["field"] for item in result["resources"] for change in item.get("fields", [])}
        assert {field for field in FIELDS if any(name.startswith(field) for name in changed)} == FIELDS


def test_pods_a_node_decide_a_nodes_range(engine: Engine) -> None:
    pools = [
        {"name": "main", "machine_type": "e2-standard-4"},
        {"name": "dense", "machine_type": "e2-standard-4", "max_pods": 200},
    ]
    resources = stack(cluster_max_pods=32, cluster_node_pools=pools)
    settled(engine, resources)
    found = {pool["name"]: pool for pool in cluster(engine, resources)["nodePools"]}
    assert (found["main"]["maxPodsConstraint"], found["main"]["podIpv4CidrSize"]) == ({"maxPodsPerNode": "32"}, 26)
    assert (found["dense"]["maxPodsConstraint"], found["dense"]["podIpv4CidrSize"]) == ({"maxPodsPerNode": "200"}, 23)
    plan = engine(stack(cluster_max_pods=64, cluster_node_pools=pools), check=True)
    assert "blocked" in {item["action"] for item in plan["resources"]}


def test_a_registry_under_a_key_of_ones_own(engine: Engine) -> None:
    def repository(key: str) -> list[dict[str, Any]]:
        wanted = declared("registry", "__registry_resources", registry_keys={"europe-west1": key})
        return [item for item in wanted if item["kind"] == "repository"][:1]

    assert "kmsKeyName" not in repository("")[0]
    settled(engine, repository(KEY))
    (planned,) = engine(repository(OTHER), check=True)["resources"]
    assert planned["action"] == "blocked"


def test_a_bastion_under_a_key_of_ones_own(engine: Engine) -> None:
    """Google answers with the version of the key; another version of it is no drift, another key is."""

    def bastion(key: str) -> list[dict[str, Any]]:
        shared = [item for item in declared("network", "__network_shared") if item["kind"] == "network"]
        accounts = declared("network", "__network_bastion_shared")
        return [*shared, *accounts, *declared("network", "__network_bastion_region", network_bastion_disk_key=key)]

    settled(engine, bastion(KEY))
    resource = bastion(KEY)[-1]
    path = f"/compute/compute/v1/projects/{PROJECT}/zones/{resource['zone']}/instances/{resource['name']}"
    live = engine.cloud.request("GET", path)[1]
    assert live["disks"][0]["diskEncryptionKey"] == {"kmsKeyName": f"{KEY}/cryptoKeyVersions/1"}
    planned = engine(bastion(OTHER), check=True)
    assert [item["action"] for item in planned["resources"] if item["kind"] == "instance"] == ["blocked"]
