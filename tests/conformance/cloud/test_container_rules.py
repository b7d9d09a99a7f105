"""Kubernetes Engine v1: clusters and node pools, one field an update, one operation at a time.

Sources: container.v1.json (field descriptions); https://cloud.google.com/kubernetes-engine/docs/how-to
"""

# ruff: noqa: E501 - a rule a line reads best in a table

from __future__ import annotations

import base64
from typing import Any

import pytest

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, COMPUTE, CONTAINER, Rule, changed, make, refused

HOW_TO = "https://cloud.google.com/kubernetes-engine/docs/how-to"
CLUSTERS = f"{CONTAINER}/clusters"
PRIMARY = f"{CLUSTERS}/primary"
POOLS = f"{PRIMARY}/nodePools"
POOL: dict[str, Any] = {"name": "extra", "initialNodeCount": 1}


def pool(**fields: Any) -> list[dict[str, Any]]:
    return [{"name": "default", "initialNodeCount": 1, **fields}]


def bad(case: str, source: str, says: str, /, **fields: Any) -> Rule:
    body = {"cluster": changed(CLUSTER, **fields)}
    return Rule(case, f"{HOW_TO}/{source}", "POST", CLUSTERS, body, 400, "INVALID_ARGUMENT", says)


RULES = [
    bad("name", "creating-a-regional-cluster", "Must be a match of regex", name="Primary"),
    bad("name too long", "creating-a-regional-cluster", "Must be a match of regex", name="a" * 41),
    bad("no nodes at all", "creating-a-regional-cluster", "must be greater than zero", nodePools=None),
    bad("nodes asked for twice", "node-pools", "must not be specified together", initialNodeCount=1),
    bad("pool names repeat", "node-pools", "must be unique", nodePools=[*pool(), *pool()]),
    bad("network is missing", "alias-ips", 'Network "none" does not exist.', network="none"),
    bad("subnetwork is missing", "alias-ips", 'Subnetwork "none" does not exist.', subnetwork="none"),
    bad("pod range is missing", "alias-ips", 'Pod secondary range "none" does not exist',
        ipAllocationPolicy={"useIpAliases": True, "clusterSecondaryRangeName": "none"}),
    bad("one range for both", "alias-ips", "can't share",
        ipAllocationPolicy={"useIpAliases": True, "clusterSecondaryRangeName": "pods",
                            "servicesSecondaryRangeName": "pods"}),
    bad("range by name and by block", "alias-ips", "Only one of",
        ipAllocationPolicy={"useIpAliases": True, "clusterSecondaryRangeName": "pods",
                            "clusterIpv4CidrBlock": "10.9.0.0/16"}),
    bad("private nodes without VPC-native", "private-clusters", "VPC-native",
        ipAllocationPolicy={"useRoutes": True}, privateClusterConfig={"enablePrivateNodes": True}),
    bad("private endpoint without private nodes", "private-clusters", "needs enable_private_nodes",
        privateClusterConfig={"enablePrivateEndpoint": True}),
    bad("private endpoint without authorized networks", "authorized-networks", "master_authorized_networks_config",
        privateClusterConfig={"enablePrivateNodes": True, "enablePrivateEndpoint": True}),
    bad("authorized network", "authorized-networks", "no CIDR range",
        masterAuthorizedNetworksConfig={"enabled": True, "cidrBlocks": [{"cidrBlock": "10.0.0.1/8"}]}),
    bad("control plane range", "private-clusters", "/28",
        privateClusterConfig={"enablePrivateNodes": True, "masterIpv4CidrBlock": "172.16.0.0/24"}),
    bad("dataplane v2 with the older policy engine", "dataplane-v2", "is not allowed",
        networkConfig={"datapathProvider": "ADVANCED_DATAPATH"}, networkPolicy={"enabled": True}),
    bad("FQDN policies without dataplane v2", "fqdn-network-policies", "ADVANCED_DATAPATH",
        networkConfig={"enableFqdnNetworkPolicy": True}),
    bad("workload pool of another project", "workload-identity", "only supported identity namespace",
        workloadIdentityConfig={"workloadPool": "other.svc.id.goog"}),
    bad("metadata server without workload identity", "workload-identity", "needs Workload Identity",
        nodePools=pool(config={"workloadMetadataConfig": {"mode": "GKE_METADATA"}})),
    bad("logging without system components", "config-logging-monitoring", "SYSTEM_COMPONENTS",
        loggingConfig={"componentConfig": {"enableComponents": ["WORKLOADS"]}}),
    bad("gateway API without load balancing", "../deploying-gateways", "HttpLoadBalancing",
        networkConfig={"gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}},
        addonsConfig={"httpLoadBalancing": {"disabled": True}}),
    bad("secret rotation without secrets", "../secret-manager-managed-csi-component", "needs secret_manager_config",
        secretManagerConfig={"enabled": False, "rotationConfig": {"enabled": True}}),
    bad("two forms of a maintenance window", "maintenance-windows-and-exclusions", "oneof field 'policy' is already set",
        maintenancePolicy={"window": {"dailyMaintenanceWindow": {"startTime": "03:00"},
                                      "recurringWindow": {"recurrence": "FREQ=DAILY"}}}),
    bad("labels", "creating-managing-labels", "Invalid label", resourceLabels={"Team": "x"}),
    bad("version", "../release-notes", "is unsupported", initialClusterVersion="1.10"),
    bad("zone of another region", "creating-a-regional-cluster", "is not in region", locations=["us-east1-b"]),
    bad("machine type", "node-pools", "does not exist", nodePools=pool(config={"machineType": "e9"})),
    bad("disk size", "node-pools", "below the minimum", nodePools=pool(config={"diskSizeGb": 5})),
    bad("service account", "hardening-your-cluster", "does not exist",
        nodePools=pool(config={"serviceAccount": f"none@{PROJECT}.iam.gserviceaccount.com"})),
    bad("autoscaling limits", "cluster-autoscaler", "max_node_count",
        nodePools=pool(autoscaling={"enabled": True, "minNodeCount": 3, "maxNodeCount": 1})),
    bad("autoscaling limits of two kinds", "cluster-autoscaler", "can't both be set",
        nodePools=pool(autoscaling={"enabled": True, "maxNodeCount": 3, "totalMaxNodeCount": 3})),
    Rule("no such location", "container.v1.json", "POST",
         f"/container/v1/projects/{PROJECT}/locations/mars/clusters", {"cluster": CLUSTER}, 400, "INVALID_ARGUMENT",
         'Location "mars" does not exist.'),
    Rule("no cluster", "container.v1.json", "GET", f"{CLUSTERS}/none", None, 404, "NOT_FOUND",
         f"Not found: projects/{PROJECT}/locations/europe-west1/clusters/none."),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(network: RunningCloud, rule: Rule) -> None:
    rule.check(network)
    assert network.request("GET", CLUSTERS)[1] == {}


@pytest.fixture
def primary(network: RunningCloud) -> RunningCloud:
    """A cloud with a running cluster."""
    make(network, CLUSTERS, {"cluster": CLUSTER})
    return network


def get(cloud: RunningCloud, path: str = PRIMARY) -> dict[str, Any]:
    return dict(cloud.request("GET", path)[1])


def update(field: str, value: Any) -> dict[str, Any]:
    return {"update": {field: value}}


def test_a_cluster_is_provisioned_then_runs(network: RunningCloud) -> None:
    backend = network.local.backend
    assert isinstance(backend, MemoryBackend)
    backend.released.clear()
    try:
        _unused, operation = network.request("POST", CLUSTERS, {"cluster": CLUSTER})
        assert (operation["operationType"], operation["status"]) == ("CREATE_CLUSTER", "RUNNING")
        assert get(network)["status"] == "PROVISIONING"
        assert "endpoint" not in get(network)
    finally:
        backend.released.set()
    network.settle()
    found = get(network)
    assert (found["status"], found["currentNodeCount"], found["location"]) == ("RUNNING", 3, "europe-west1")
    assert base64.b64decode(found["masterAuth"]["clusterCaCertificate"]).startswith(b"-----BEGIN CERTIFICATE")
    assert found["endpoint"].startswith("198.51.100.")
    assert found["networkConfig"]["subnetwork"] == f"projects/{PROJECT}/regions/europe-west1/subnetworks/sub"
    assert found["clusterIpv4Cidr"] == "10.4.0.0/16"
    assert network.request("GET", f"{CONTAINER}/operations/{operation['name']}")[1]["status"] == "DONE"
    assert refused(network, "POST", CLUSTERS, {"cluster": CLUSTER})[:2] == (409, "ALREADY_EXISTS")


def test_defaults(primary: RunningCloud) -> None:
    """container.v1.json; https://cloud.google.com/kubernetes-engine/docs/concepts/release-channels"""
    found = get(primary)
    (only,) = found["nodePools"]
    assert found["releaseChannel"] == {"channel": "REGULAR"}
    assert found["shieldedNodes"] == {"enabled": True}
    assert found["defaultMaxPodsConstraint"] == {"maxPodsPerNode": "110"}
    assert only["management"] == {"autoUpgrade": True, "autoRepair": True}
    assert (only["config"]["imageType"], only["config"]["diskSizeGb"]) == ("COS_CONTAINERD", 100)
    assert only["locations"] == ["europe-west1-b", "europe-west1-c", "europe-west1-d"]


def test_a_failed_creation_leaves_a_cluster_in_error(network: RunningCloud) -> None:
    network.admin(
        "POST", "operations", {"method": "container.projects.locations.clusters.create", "message": "no room"}
    )
    operation = make(network, CLUSTERS, {"cluster": CLUSTER})
    found = get(network)
    assert (found["status"], found["statusMessage"]) == ("ERROR", "no room")
    done = network.request("GET", f"{CONTAINER}/operations/{operation['name']}")[1]
    assert (done["status"], done["error"]["message"]) == ("DONE", "no room")
    make(network, PRIMARY, None, verb="DELETE")
    make(network, CLUSTERS, {"cluster": CLUSTER})


UPDATES: list[tuple[str, Any, str, Any]] = [
    ("desiredReleaseChannel", {"channel": "STABLE"}, "releaseChannel", {"channel": "STABLE"}),
    ("desiredLoggingConfig", {"componentConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "APISERVER"]}},
     "loggingConfig", {"componentConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "APISERVER"]}}),
    ("desiredWorkloadIdentityConfig", {"workloadPool": f"{PROJECT}.svc.id.goog"}, "workloadIdentityConfig",
     {"workloadPool": f"{PROJECT}.svc.id.goog"}),
    ("desiredSecretManagerConfig", {"enabled": True, "rotationConfig": {"enabled": True, "rotationInterval": "120s"}},
     "secretManagerConfig", {"enabled": True, "rotationConfig": {"enabled": True, "rotationInterval": "120s"}}),
    ("desiredShieldedNodes", {"enabled": False}, "shieldedNodes", {}),
    ("desiredLocations", ["europe-west1-b"], "locations", ["europe-west1-b"]),
    ("desiredMasterVersion", "1.33", "currentMasterVersion", "1.33.9-gke.1020000"),
    ("desiredGatewayApiConfig", {"channel": "CHANNEL_STANDARD"}, "networkConfig.gatewayApiConfig",
     {"channel": "CHANNEL_STANDARD"}),
    ("desiredIntraNodeVisibilityConfig", {"enabled": True}, "networkConfig.enableIntraNodeVisibility", True),
    ("desiredL4ilbSubsettingConfig", {"enabled": True}, "networkConfig.enableL4ilbSubsetting", True),
    ("desiredDnsConfig", {"clusterDns": "CLOUD_DNS"}, "networkConfig.dnsConfig", {"clusterDns": "CLOUD_DNS"}),
    ("desiredSecurityPostureConfig", {"mode": "DISABLED"}, "securityPostureConfig", {"mode": "DISABLED"}),
    ("desiredCostManagementConfig", {"enabled": True}, "costManagementConfig", {"enabled": True}),
    ("desiredMasterAuthorizedNetworksConfig", {"enabled": True, "cidrBlocks": [{"cidrBlock": "10.0.0.0/8"}]},
     "masterAuthorizedNetworksConfig", {"enabled": True, "cidrBlocks": [{"cidrBlock": "10.0.0.0/8"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "path", "expected"), UPDATES, ids=[case[0] for case in UPDATES])
def test_one_field_is_updated(primary: RunningCloud, field: str, value: Any, path: str, expected: Any) -> None:
    before = get(primary)
    make(primary, PRIMARY, update(field, value), verb="PUT")
    after = get(primary)
    found: Any = after
    for name in path.split("."):
        found = found[name]
    assert found == expected
    assert (after["status"], after["etag"] != before["etag"]) == ("RUNNING", True)


def test_updates_refused(primary: RunningCloud) -> None:
    two = {"update": {"desiredShieldedNodes": {"enabled": True}, "desiredReleaseChannel": {"channel": "RAPID"}}}
    assert "exactly one field" in refused(primary, "PUT", PRIMARY, two)[2]
    assert refused(primary, "PUT", PRIMARY, {"update": {}})[2] == "Must specify a field to update."
    assert refused(primary, "PUT", PRIMARY, {"update": {"etag": "x", "desiredShieldedNodes": {}}})[:2] == (
        409, "ABORTED")  # fmt: skip
    make(primary, PRIMARY, update("desiredL4ilbSubsettingConfig", {"enabled": True}), verb="PUT")
    assert "can't be disabled" in refused(
        primary, "PUT", PRIMARY, update("desiredL4ilbSubsettingConfig", {"enabled": False}))[2]  # fmt: skip


def test_a_private_clusters_older_message_changes_global_access_alone(primary: RunningCloud) -> None:
    """container.v1.json, ClusterUpdate.desiredPrivateClusterConfig"""
    body = update("desiredPrivateClusterConfig", {"masterIpv4CidrBlock": "172.16.0.0/28"})
    assert "cannot be changed" in refused(primary, "PUT", PRIMARY, body)[2]
    body = update("desiredPrivateClusterConfig", {"masterGlobalAccessConfig": {"enabled": True}})
    make(primary, PRIMARY, body, verb="PUT")
    assert get(primary)["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]["globalAccess"] is True


def test_ranges_for_pods_are_added_and_removed(primary: RunningCloud) -> None:
    """container.v1.json, ClusterUpdate.additionalPodRangesConfig and removedAdditionalPodRangesConfig"""
    path = f"{COMPUTE}/regions/europe-west1/subnetworks/sub"
    subnetwork = get(primary, path)
    more = [*subnetwork["secondaryIpRanges"], {"rangeName": "more", "ipCidrRange": "10.6.0.0/16"}]
    make(primary, path, {"fingerprint": subnetwork["fingerprint"], "secondaryIpRanges": more}, verb="PATCH")
    added, removed = (
        {"update": {field: {"podRangeNames": ["more"]}}}
        for field in ("additionalPodRangesConfig", "removedAdditionalPodRangesConfig")
    )
    assert "is not used" in refused(primary, "PUT", PRIMARY, removed)[2]
    make(primary, PRIMARY, added, verb="PUT")
    assert get(primary)["ipAllocationPolicy"]["additionalPodRangesConfig"]["podRangeNames"] == ["more"]
    make(primary, PRIMARY, removed, verb="PUT")
    assert "additionalPodRangesConfig" not in get(primary)["ipAllocationPolicy"]
    other = {"update": {"additionalPodRangesConfig": {"podRangeNames": ["pods"]}}}
    assert "another secondary range" in refused(primary, "PUT", PRIMARY, other)[2]


def test_one_operation_at_a_time(primary: RunningCloud) -> None:
    primary.admin("PATCH", "settings", {"latency": {"container": 1.0}})
    change = update("desiredShieldedNodes", {"enabled": False})
    assert primary.request("PUT", PRIMARY, change)[0] == 200
    assert get(primary)["status"] == "RECONCILING"
    for verb, path, body in (
        ("PUT", PRIMARY, change),
        ("DELETE", PRIMARY, None),
        ("POST", POOLS, {"nodePool": POOL}),
        ("POST", f"{POOLS}/default:setSize", {"nodeCount": 2}),
    ):
        status, word, message = refused(primary, verb, path, body)
        assert (status, word) == (400, "FAILED_PRECONDITION"), message
        assert "incompatible operation" in message
    primary.settle()
    assert get(primary)["shieldedNodes"] == {}


def test_a_failed_update_changes_nothing(primary: RunningCloud) -> None:
    primary.admin("POST", "operations", {"method": "container.projects.locations.clusters.update"})
    make(primary, PRIMARY, update("desiredShieldedNodes", {"enabled": False}), verb="PUT")
    found = get(primary)
    assert (found["status"], found["shieldedNodes"]) == ("RUNNING", {"enabled": True})


def test_labels_and_maintenance_have_their_own_verbs(primary: RunningCloud) -> None:
    path = f"{PRIMARY}:setResourceLabels"
    assert refused(primary, "POST", path, {"resourceLabels": {"a": "b"}})[0] == 400
    assert refused(primary, "POST", path, {"resourceLabels": {"a": "b"}, "labelFingerprint": "x"})[0] == 412
    current = get(primary)["labelFingerprint"]
    make(primary, path, {"resourceLabels": {"a": "b"}, "labelFingerprint": current})
    window = {"dailyMaintenanceWindow": {"startTime": "03:00"}}
    make(primary, f"{PRIMARY}:setMaintenancePolicy", {"maintenancePolicy": {"window": window}})
    found = get(primary)
    assert (found["resourceLabels"], found["maintenancePolicy"]["window"]) == (
        {"a": "b"},
        {"dailyMaintenanceWindow": {"startTime": "03:00", "duration": "PT4H0M0S"}},
    )
    stale = {"maintenancePolicy": {"window": window, "resourceVersion": "old"}}
    assert refused(primary, "POST", f"{PRIMARY}:setMaintenancePolicy", stale)[0] == 412


def test_node_pools(primary: RunningCloud) -> None:
    make(primary, POOLS, {"nodePool": POOL})
    assert refused(primary, "POST", POOLS, {"nodePool": POOL})[:2] == (409, "ALREADY_EXISTS")
    path = f"{POOLS}/extra"
    make(primary, f"{path}:setAutoscaling", {"autoscaling": {"enabled": True, "minNodeCount": 1, "maxNodeCount": 3}})
    make(primary, f"{path}:setSize", {"nodeCount": 2})
    make(primary, path, {"workloadMetadataConfig": {"mode": "GCE_METADATA"}, "tags": {"tags": ["node"]}}, verb="PUT")
    found = get(primary, path)
    assert (found["initialNodeCount"], found["autoscaling"]["maxNodeCount"], found["config"]["tags"]) == (
        2,
        3,
        ["node"],
    )
    assert "release_channel REGULAR" in refused(
        primary, "POST", f"{path}:setManagement", {"management": {"autoUpgrade": False, "autoRepair": True}})[2]  # fmt: skip
    make(primary, path, None, verb="DELETE")
    assert [item["name"] for item in get(primary)["nodePools"]] == ["default"]


def test_a_cluster_keeps_its_subnetwork(primary: RunningCloud) -> None:
    path = f"{COMPUTE}/regions/europe-west1/subnetworks/sub"
    assert refused(primary, "DELETE", path)[1] == "resourceInUseByAnotherResource"
    current = get(primary, path)
    fewer = {"fingerprint": current["fingerprint"], "secondaryIpRanges": current["secondaryIpRanges"][:1]}
    assert refused(primary, "PATCH", path, fewer)[1] == "resourceInUseByAnotherResource"
    second = changed(CLUSTER, name="second")
    assert 'already in use by cluster "primary"' in refused(primary, "POST", CLUSTERS, {"cluster": second})[2]


def test_deletion_takes_the_pools_along(primary: RunningCloud) -> None:
    primary.request("DELETE", PRIMARY)
    primary.settle()
    assert refused(primary, "GET", PRIMARY)[0] == 404
    kinds = {item["kind"] for item in primary.admin("GET", "resources")["resources"]}
    assert not {kind for kind in kinds if kind.startswith("container.")}


def test_every_location_at_once(primary: RunningCloud) -> None:
    everywhere = CLUSTERS.replace("europe-west1", "-")
    assert [item["name"] for item in get(primary, everywhere)["clusters"]] == ["primary"]
