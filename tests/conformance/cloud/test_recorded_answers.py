"""Exchanges recorded from Google: what a request is answered with that its body alone does not say."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, COMPUTE, CONTAINER, changed, make, refused

CLUSTERS = f"{CONTAINER}/clusters"
PLAIN = changed(CLUSTER, ipAllocationPolicy=None)


def created(cloud: RunningCloud, **fields: Any) -> Any:
    """The cluster as it is read after its creation with these fields."""
    make(cloud, CLUSTERS, {"cluster": changed(CLUSTER, **fields)})
    return cloud.request("GET", f"{CLUSTERS}/primary")[1]


def test_an_enumerations_zero_value_is_left_out_and_a_window_has_its_length(network: RunningCloud) -> None:
    """https://protobuf.dev/programming-guides/json/ ; container.v1.json, DailyMaintenanceWindow.duration"""
    times = {"startTime": "2026-12-01T00:00:00Z", "endTime": "2026-12-02T00:00:00Z"}
    window = {
        "dailyMaintenanceWindow": {"startTime": "03:00"},
        "maintenanceExclusions": {
            "all": {**times, "maintenanceExclusionOptions": {"scope": "NO_UPGRADES"}},
            "minor": {**times, "maintenanceExclusionOptions": {"scope": "NO_MINOR_UPGRADES"}},
        },
    }
    found = created(network, maintenancePolicy={"window": window}, networkConfig={
        "datapathProvider": "DATAPATH_PROVIDER_UNSPECIFIED"})["maintenancePolicy"]["window"]  # fmt: skip
    assert found["dailyMaintenanceWindow"] == {"startTime": "03:00", "duration": "PT4H0M0S"}
    assert found["maintenanceExclusions"]["all"]["maintenanceExclusionOptions"] == {}
    assert found["maintenanceExclusions"]["minor"]["maintenanceExclusionOptions"] == {"scope": "NO_MINOR_UPGRADES"}
    assert "datapathProvider" not in network.request("GET", f"{CLUSTERS}/primary")[1]["networkConfig"]


def test_an_unspecified_mode_is_the_default(cloud: RunningCloud) -> None:
    path = f"/artifactregistry/v1/projects/{PROJECT}/locations/europe-west1/repositories"
    make(cloud, f"{path}?repositoryId=r", {"format": "DOCKER", "mode": "MODE_UNSPECIFIED"})
    assert cloud.request("GET", f"{path}/r")[1]["mode"] == "STANDARD_REPOSITORY"


def test_what_autoprovisioning_makes_is_filled_in(network: RunningCloud) -> None:
    made = created(network, autoscaling={"autoprovisioningNodePoolDefaults": {"minCpuPlatform": "automatic"}})
    found = made["autoscaling"]["autoprovisioningNodePoolDefaults"]
    assert set(found) == {"imageType", "management", "oauthScopes", "serviceAccount", "upgradeSettings"}
    sent = {"autoprovisioningNodePoolDefaults": {"oauthScopes": ["a"]}}
    make(network, f"{CLUSTERS}/primary", {"update": {"desiredClusterAutoscaling": sent}}, verb="PUT")
    found = network.request("GET", f"{CLUSTERS}/primary")[1]["autoscaling"]["autoprovisioningNodePoolDefaults"]
    assert found["oauthScopes"] == ["a", "https://www.googleapis.com/auth/monitoring"]


def test_an_update_replaces_the_messages_inside(network: RunningCloud) -> None:
    swap = {"enabled": True, "bootDiskProfile": {"swapSizePercent": 10}}
    linux = {"sysctls": {"net.core.somaxconn": "2048"}, "swapConfig": swap}
    pool = {"name": "default", "initialNodeCount": 1, "config": {"linuxNodeConfig": linux}}
    created(network, nodePools=[pool])
    path = f"{CLUSTERS}/primary/nodePools/default"
    make(network, path, {"linuxNodeConfig": {"swapConfig": {"enabled": False}}}, verb="PUT")
    found = network.request("GET", path)[1]["config"]["linuxNodeConfig"]
    assert found == {"sysctls": {"net.core.somaxconn": "2048"}, "swapConfig": {"enabled": False}}


@pytest.mark.parametrize(
    ("block", "size"), [("/20", 20), (None, 14), ("10.64.0.0/18", 18)], ids=["a size", "nothing", "a range"]
)
def test_a_range_is_chosen_named_and_goes_with_the_cluster(network: RunningCloud, block: str | None, size: int) -> None:
    """container.v1.json, IPAllocationPolicy.clusterIpv4CidrBlock"""
    policy = {"useIpAliases": True, **({"clusterIpv4CidrBlock": block} if block else {})}
    found = created(network, ipAllocationPolicy=policy)["ipAllocationPolicy"]
    assert ipaddress.ip_network(found["clusterIpv4CidrBlock"]).prefixlen == size
    assert found["clusterSecondaryRangeName"].startswith("gke-primary-pods-")
    assert found["servicesIpv4CidrBlock"] == "34.118.224.0/20"
    subnetwork = f"{COMPUTE}/regions/europe-west1/subnetworks/sub"
    ranges = {
        item["rangeName"]: item["ipCidrRange"] for item in network.request("GET", subnetwork)[1]["secondaryIpRanges"]
    }
    assert ranges[found["clusterSecondaryRangeName"]] == found["clusterIpv4CidrBlock"]
    make(network, f"{CLUSTERS}/primary", None, verb="DELETE")
    left = network.request("GET", subnetwork)[1]["secondaryIpRanges"]
    assert {item["rangeName"] for item in left} == {"pods", "services"}


def test_encryption_says_what_it_reached(network: RunningCloud) -> None:
    assert created(network, databaseEncryption={"state": "ENCRYPTED", "keyName": "k"})["databaseEncryption"] == {
        "state": "ENCRYPTED", "keyName": "k", "currentState": "CURRENT_STATE_ENCRYPTED", "decryptionKeys": ["k"],
    }  # fmt: skip
    change = {"desiredDatabaseEncryption": {"state": "DECRYPTED"}}
    make(network, f"{CLUSTERS}/primary", {"update": change}, verb="PUT")
    found = network.request("GET", f"{CLUSTERS}/primary")[1]["databaseEncryption"]
    assert (found["state"], found["currentState"]) == ("DECRYPTED", "CURRENT_STATE_DECRYPTED")


@pytest.mark.parametrize(
    ("fields", "channel"),
    [
        ({"initialClusterVersion": "1.34"}, {"channel": "STABLE"}),
        ({}, {"channel": "REGULAR"}),
        ({"initialClusterVersion": "1.34", "releaseChannel": {"channel": "RAPID"}}, {"channel": "RAPID"}),
        ({"releaseChannel": {"channel": "UNSPECIFIED"}}, {}),
    ],
    ids=["a version", "nothing", "a channel", "no channel"],
)
def test_the_channel_follows_the_version(network: RunningCloud, fields: Any, channel: Any) -> None:
    assert created(network, **fields)["releaseChannel"] == channel


def test_internal_ipv6_can_be_switched_on_and_not_off(network: RunningCloud) -> None:
    """compute.v1.json, Network.internalIpv6Range"""
    path = f"{COMPUTE}/global/networks/net"
    make(network, path, {"enableUlaInternalIpv6": True}, verb="PATCH")
    found = ipaddress.ip_network(network.request("GET", path)[1]["internalIpv6Range"])
    assert (found.prefixlen, str(found)[:4]) == (48, "fd20")
    assert refused(network, "PATCH", path, {"enableUlaInternalIpv6": False})[0] == 400


ADDRESSES = [
    ("global", {"purpose": "PRIVATE_SERVICE_CONNECT", "network": "global/networks/net", "address": "10.3.0.5"}, ""),
    ("global", {"purpose": "PRIVATE_SERVICE_CONNECT", "network": "global/networks/net"}, "address"),
    ("global", {"purpose": "VPC_PEERING", "network": "global/networks/net", "prefixLength": 24}, ""),
    ("global", {"purpose": "VPC_PEERING", "network": "global/networks/net"}, "prefixLength"),
    ("global", {"purpose": "GCE_ENDPOINT", "network": "global/networks/net"}, "purpose"),
    ("regions/europe-west1", {"subnetwork": "regions/europe-west1/subnetworks/sub"}, ""),
    ("regions/europe-west1", {"purpose": "SHARED_LOADBALANCER_VIP"}, "subnetwork"),
    ("regions/europe-west1", {"purpose": "IPSEC_INTERCONNECT", "network": "global/networks/net",
                              "prefixLength": 29}, ""),
    ("regions/europe-west1", {"purpose": "IPSEC_INTERCONNECT", "network": "global/networks/net"}, "prefixLength"),
]  # fmt: skip


@pytest.mark.parametrize(("scope", "body", "missing"), ADDRESSES)
def test_what_an_internal_address_needs_depends_on_its_purpose(
    network: RunningCloud, scope: str, body: dict[str, Any], missing: str
) -> None:
    """compute.v1.json, Address.purpose"""
    sent = {"name": "a", "addressType": "INTERNAL", **body}
    if missing:
        assert f"resource.{missing}" in refused(network, "POST", f"{COMPUTE}/{scope}/addresses", sent)[2]
    else:
        make(network, f"{COMPUTE}/{scope}/addresses", sent)
        found = network.request("GET", f"{COMPUTE}/{scope}/addresses/a")[1]
        assert found["address"] == body.get("address", found["address"])


def test_a_reserved_range_says_a_subnetworks_range(network: RunningCloud) -> None:
    """compute.v1.json, Subnetwork.reservedInternalRange"""
    path = f"{COMPUTE}/regions/europe-west1/subnetworks"
    range_ = "networkconnectivity.googleapis.com/projects/p/locations/global/internalRanges/i"
    body = {"name": "r", "network": "global/networks/net"}
    assert "ipCidrRange" in refused(network, "POST", path, body)[2]
    make(network, path, {**body, "reservedInternalRange": range_})
    found = network.request("GET", f"{path}/r")[1]
    assert (found["reservedInternalRange"], ipaddress.ip_network(found["ipCidrRange"]).prefixlen) == (range_, 24)


def test_todays_regions_and_zones(cloud: RunningCloud) -> None:
    """The regional endpoints in compute.v1.json."""
    make(cloud, f"{COMPUTE}/global/networks", {"name": "net", "autoCreateSubnetworks": False})
    subnetwork = {"name": "mx", "network": "global/networks/net", "ipCidrRange": "10.0.0.0/24"}
    make(cloud, f"{COMPUTE}/regions/northamerica-south1/subnetworks", subnetwork)
    zonal = f"/container/v1/projects/{PROJECT}/locations/northamerica-south1-b"
    make(cloud, f"{zonal}/clusters", {"cluster": changed(PLAIN, subnetwork="mx")})
    found = cloud.request("GET", f"{COMPUTE}/regions?maxResults=100")[1]["items"]
    assert {"africa-south1", "asia-east2", "europe-west10", "me-central1", "northamerica-south1"} <= {
        item["name"] for item in found
    }


def test_autoclass_decides_the_class(cloud: RunningCloud) -> None:
    """https://cloud.google.com/storage/docs/autoclass"""
    path = "/storage/storage/v1/b"
    body = {"name": "autoclassed", "storageClass": "NEARLINE", "autoclass": {"enabled": True}}
    make(cloud, f"{path}?project={PROJECT}", body)
    found = cloud.request("GET", f"{path}/autoclassed")[1]
    assert (found["storageClass"], found["autoclass"]["terminalStorageClass"]) == ("STANDARD", "NEARLINE")
    make(cloud, f"{path}/autoclassed", {"autoclass": {"enabled": False}, "storageClass": "COLDLINE"}, verb="PATCH")
    found = cloud.request("GET", f"{path}/autoclassed")[1]
    assert (found["storageClass"], "terminalStorageClass" in found["autoclass"]) == ("COLDLINE", False)


def test_a_zonal_cluster_is_a_member_by_its_own_link(network: RunningCloud) -> None:
    zonal = f"/container/v1/projects/{PROJECT}/locations/europe-west1-b"
    make(network, f"{zonal}/clusters", {"cluster": CLUSTER})
    link = network.request("GET", f"{zonal}/clusters/primary")[1]["selfLink"]
    path = link.partition("/v1/")[2]
    assert "/zones/" in path
    members = f"/gkehub/v1/projects/{PROJECT}/locations/global/memberships"
    body = {"endpoint": {"gkeCluster": {"resourceLink": f"//container.googleapis.com/{path}"}}}
    make(network, f"{members}?membershipId=m", body)
    assert refused(network, "POST", f"{members}?membershipId=again", body)[1] == "FAILED_PRECONDITION"
