"""Kubernetes Engine v1: the form of what GKE answers, where clients take it apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, CONTAINER, changed, make

LINKS = f"https://container.googleapis.com/v1/projects/{PROJECT}"
NUMBERED = f"https://container.googleapis.com/v1/projects/{project_number(PROJECT)}"
ZONE = f"{CONTAINER}-b"
PLAIN = {"name": "plain", "network": "net", "subnetwork": "sub", "initialNodeCount": 1}
PUBLIC = {"gcpPublicCidrsAccessEnabled": True}


@pytest.fixture
def plain(network: RunningCloud) -> Iterator[RunningCloud]:
    """A cloud with a cluster in a zone that asked for next to nothing."""
    make(network, f"{ZONE}/clusters", {"cluster": PLAIN})
    yield network


def cluster(cloud: RunningCloud) -> dict[str, Any]:
    return dict(cloud.request("GET", f"{ZONE}/clusters/plain")[1])


def update(cloud: RunningCloud, field: str, value: Any) -> dict[str, Any]:
    make(cloud, f"{ZONE}/clusters/plain", {"update": {field: value}}, verb="PUT")
    return cluster(cloud)


def test_an_operation_links_by_number_and_by_zone(network: RunningCloud) -> None:
    started = make(network, f"{ZONE}/clusters", {"cluster": PLAIN})
    assert started["targetLink"] == f"{NUMBERED}/zones/europe-west1-b/clusters/plain"
    assert started["selfLink"] == f"{NUMBERED}/zones/europe-west1-b/operations/{started['name']}"
    assert started.keys() == {
        "name", "operationType", "selfLink", "startTime", "status", "targetLink", "zone",
    }  # fmt: skip
    assert cluster(network)["selfLink"] == f"{LINKS}/zones/europe-west1-b/clusters/plain"
    regional = make(network, f"{CONTAINER}/clusters", {"cluster": CLUSTER})
    assert regional["targetLink"] == f"{NUMBERED}/locations/europe-west1/clusters/primary"


def test_an_error_is_told_in_both_ways(network: RunningCloud) -> None:
    status, answer = network.request("GET", f"{ZONE}/clusters/none")
    message = f"Not found: projects/{PROJECT}/zones/europe-west1-b/clusters/none."
    reason = {"message": message, "domain": "global", "reason": "notFound"}
    assert (status, answer["error"]) == (
        404, {"code": 404, "message": message, "errors": [reason], "status": "NOT_FOUND"}
    )  # fmt: skip
    refusal = network.request("POST", f"{ZONE}/clusters", {"cluster": {"name": "A"}})[1]["error"]
    assert (refusal["errors"][0]["reason"], refusal["status"]) == ("badRequest", "INVALID_ARGUMENT")


def test_what_is_not_asked_for(plain: RunningCloud) -> None:
    found = cluster(plain)
    expected = {
        "anonymousAuthenticationConfig": {"mode": "ENABLED"},
        "autopilot": {},
        "initialNodeCount": 1,
        "legacyAbac": {},
        "masterAuthorizedNetworksConfig": PUBLIC,
        "podAutoscaling": {"hpaProfile": "PERFORMANCE"},
        "servicesIpv4Cidr": "34.118.224.0/20",
        "userManagedKeysConfig": {},
    }
    assert {name: found[name] for name in expected} == expected
    assert "datapathProvider" not in found["networkConfig"]
    policy = found["ipAllocationPolicy"]
    assert (policy["useIpAliases"], policy["stackType"], policy["podCidrOverprovisionConfig"]) == (True, "IPV4", {})
    assert "DAEMONSET" in found["monitoringConfig"]["componentConfig"]["enableComponents"]
    config = found["nodePools"][0]["config"]
    assert config["bootDisk"] == {"diskType": "pd-balanced", "sizeGb": "100"}
    assert config["resourceLabels"] == {"goog-gke-node-pool-provisioning-model": "on-demand"}


@pytest.mark.parametrize("aliases", [{}, {"useIpAliases": False}, {"useIpAliases": True}])
def test_a_cluster_without_routes_is_vpc_native(network: RunningCloud, aliases: dict[str, Any]) -> None:
    make(network, f"{ZONE}/clusters", {"cluster": changed(PLAIN, ipAllocationPolicy=aliases)})
    assert cluster(network)["ipAllocationPolicy"]["useIpAliases"] is True


def test_a_control_plane_is_told_in_the_newer_way_and_in_the_older(plain: RunningCloud) -> None:
    """ControlPlaneEndpointsConfig and PrivateClusterConfig in container.v1.json."""
    found = cluster(plain)
    address = found["endpoint"]
    both = {"privateEndpoint": address, "publicEndpoint": address}
    assert found["privateClusterConfig"] == both
    assert found["controlPlaneEndpointsConfig"]["ipEndpointsConfig"] == {
        "enabled": True, "enablePublicEndpoint": True, "globalAccess": False, "authorizedNetworksConfig": PUBLIC,
        **both,
    }  # fmt: skip
    dns = found["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]
    assert dns["endpoint"].endswith(f"-{project_number(PROJECT)}.europe-west1-b.gke.goog")

    networks = {"enabled": True, "gcpPublicCidrsAccessEnabled": False}
    wished = {
        "enabled": True,
        "enablePublicEndpoint": False,
        "authorizedNetworksConfig": networks,
        "globalAccess": True,
    }
    found = update(plain, "desiredControlPlaneEndpointsConfig", {"ipEndpointsConfig": wished})
    assert found["masterAuthorizedNetworksConfig"] == networks
    assert found["privateClusterConfig"] == {
        "enablePrivateEndpoint": True, "masterGlobalAccessConfig": {"enabled": True}, "privateEndpoint": address,
    }  # fmt: skip
    assert "publicEndpoint" not in found["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]
    assert found["controlPlaneEndpointsConfig"]["dnsEndpointConfig"] == dns

    found = update(plain, "desiredDefaultEnablePrivateNodes", True)
    assert found["privateClusterConfig"]["enablePrivateNodes"] is True
    assert found["networkConfig"]["defaultEnablePrivateNodes"] is True
    found = update(plain, "desiredEnablePrivateEndpoint", False)
    assert found["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]["publicEndpoint"] == address


def test_what_is_false_or_empty_is_left_out(network: RunningCloud) -> None:
    """As clients send it that write out every field; only what is optional in the protocol is told when it is false."""
    wish = changed(
        PLAIN,
        autopilot={"enabled": False},
        autoscaling={"enableNodeAutoprovisioning": False},
        binaryAuthorization={"enabled": False},
        controlPlaneEndpointsConfig={
            "dnsEndpointConfig": {"allowExternalTraffic": True},
            "ipEndpointsConfig": {
                "authorizedNetworksConfig": {}, "enabled": True, "enablePublicEndpoint": True, "globalAccess": False,
                "privateEndpointSubnetwork": "",
            },
        },
        ipAllocationPolicy={"stackType": "IPV4", "useIpAliases": False},
        legacyAbac={"enabled": False},
        maintenancePolicy={"window": {}},
        network=f"projects/{PROJECT}/global/networks/net",
        networkConfig={},
        networkPolicy={},
        notificationConfig={"pubsub": {}},
        resourceLabels={"empty": ""},
        shieldedNodes={"enabled": True},
        subnetwork=f"projects/{PROJECT}/regions/europe-west1/subnetworks/sub",
    )  # fmt: skip
    make(network, f"{ZONE}/clusters", {"cluster": wish})
    found = cluster(network)
    assert (found["autopilot"], found["binaryAuthorization"], found["legacyAbac"]) == ({}, {}, {})
    assert "enableNodeAutoprovisioning" not in found["autoscaling"]
    ip = found["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]
    assert (ip["globalAccess"], "privateEndpointSubnetwork" in ip) == (False, False)
    assert ip["authorizedNetworksConfig"] == PUBLIC
    assert found["resourceLabels"] == {"empty": ""}
    assert found["network"] == "net"
