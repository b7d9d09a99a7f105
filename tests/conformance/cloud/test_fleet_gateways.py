"""A fleet in the project: what its features need before anything serves, and what a Gateway of all regions becomes.

The Gateway is translated from objects, as the controller would list them; no cluster runs.
"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from testbed.cloud.balancing.fleets import Fleet, FleetWorld, fleets
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.core.state.store import Resource
from testbed.cloud.testing import PROJECT, RunningCloud
from testbed.gateway.translation.snapshot import FLEET_CLASSES
from testbed.gateway.translation.translate import Translation, translate
from tests.support import gateway
from tests.support.cloud import COMPUTE, CONTAINER, make
from tests.support.fleet import NAMES, REGIONS, allow, enable, register, two_clusters, whole_fleet

PAIR = gateway.leaf()


@pytest.fixture
def clusters(network: RunningCloud) -> RunningCloud:
    """Two clusters in two regions of one network, and what the platform declares around a global Gateway."""
    two_clusters(network)
    make(network, f"{COMPUTE}/global/addresses", {"name": "edge-global"})
    make(network, f"{COMPUTE}/global/securityPolicies", {"name": "armor", "type": "CLOUD_ARMOR"})
    make(network, f"{COMPUTE}/global/sslPolicies", {"name": "modern", "minTlsVersion": "TLS_1_2"})
    return network


@pytest.fixture
def whole(clusters: RunningCloud) -> RunningCloud:
    """With the fleet, its features and the role."""
    whole_fleet(clusters)
    return clusters


def running(cloud: RunningCloud) -> dict[str, Resource]:
    return cloud.call(lambda: {item.key: item for item in cloud.local.cloud.store.of_kind("container.cluster")})


def seen(cloud: RunningCloud) -> list[Fleet]:
    found = running(cloud)
    return cloud.call(lambda: fleets(cloud.local.cloud, found))


def test_a_whole_fleet_serves_from_its_config_cluster_the_closest_region_first(whole: RunningCloud) -> None:
    (fleet,) = seen(whole)
    assert (fleet.services, fleet.gateways) == (True, True)
    assert [name for name, _cluster in fleet.clusters] == list(NAMES.values())
    assert fleet.config_cluster is not None and fleet.config_cluster.name == "primary"
    whole.admin("PATCH", "settings", {"default_client_region": "us-east1"})
    (fleet,) = seen(whole)
    assert [name for name, _cluster in fleet.clusters] == list(reversed(NAMES.values()))


def test_without_the_feature_nothing_is_there(clusters: RunningCloud) -> None:
    register(clusters, "primary")
    assert seen(clusters) == []
    enable(clusters, "multiclusterservicediscovery")
    (fleet,) = seen(clusters)
    assert (fleet.services, fleet.gateways, fleet.config_cluster) == (True, False, None)


def test_without_the_role_the_controller_has_no_way_into_the_clusters(whole: RunningCloud) -> None:
    allow(whole, "user:somebody@example.com")
    (fleet,) = seen(whole)
    assert (fleet.services, fleet.gateways) == (True, False)


def test_the_controllers_come_minutes_after_their_feature(clusters: RunningCloud) -> None:
    register(clusters, "primary")
    enable(clusters, "multiclusterservicediscovery")
    clusters.admin("PATCH", "settings", {"lateness": 1.0})
    (fleet,) = seen(clusters)
    assert not fleet.services


def test_a_cluster_that_is_gone_is_no_member(whole: RunningCloud) -> None:
    make(whole, f"{CONTAINER}/clusters/primary", None, verb="DELETE")
    (fleet,) = seen(whole)
    assert [name for name, _cluster in fleet.clusters] == [NAMES["secondary"]]
    assert fleet.config_cluster is None


def record(cloud: RunningCloud, *objects: dict[str, list[Any]]) -> tuple[list[Translation], dict[str, list[str]]]:
    """Reconcile the fleet's Gateways as its controller does."""
    (fleet,) = seen(cloud)
    members = tuple(cluster for _name, cluster in fleet.clusters)
    assert fleet.config_cluster is not None
    world = FleetWorld(cloud.local.cloud, fleet.config_cluster, gateway._offer, members=members)

    async def run() -> tuple[list[Translation], dict[str, list[str]]]:
        of_members = tuple((region, gateway.snapshot(gateway.member("198.18.0.5"))) for region in REGIONS.values())
        made = []
        for item in objects:
            found = dataclasses.replace(gateway.snapshot(item), members=of_members)
            made.append(translate(found.gateways(FLEET_CLASSES)[0], found, world.project()))
        return made, dict((await world.record(made)).get(("istio-ingress", "edge"), {}))

    return asyncio.run_coroutine_threadsafe(run(), cloud.loop).result(30)


def objects() -> dict[str, list[Any]]:
    found = gateway.fleet()
    found["Secret"] = gateway.served("edge-global", *PAIR)["Secret"]
    return found


def listed(cloud: RunningCloud, path: str, prefix: str = "gkemcg1-") -> list[dict[str, Any]]:
    items = cloud.request("GET", f"{COMPUTE}/{path}")[1].get("items", [])
    return [item for item in items if item["name"].startswith(prefix)]


def test_its_parts_are_global_with_endpoints_in_both_regions(whole: RunningCloud) -> None:
    (made,), annotations = record(whole, objects())
    assert made.error is None
    counts = {kind: len(listed(whole, f"global/{kind}")) for kind in (
        "forwardingRules", "targetHttpsProxies", "targetHttpProxies", "urlMaps", "backendServices", "healthChecks",
        "sslCertificates", "firewalls")}  # fmt: skip
    assert counts == {
        "forwardingRules": 2, "targetHttpsProxies": 1, "targetHttpProxies": 1, "urlMaps": 2, "backendServices": 2,
        "healthChecks": 2, "sslCertificates": 1, "firewalls": 1,
    }  # fmt: skip
    for region in REGIONS.values():
        assert len(listed(whole, f"zones/{region}-b/networkEndpointGroups", "k8s1-")) == 1
    address = whole.request("GET", f"{COMPUTE}/global/addresses/edge-global")[1]
    assert address["status"] == "IN_USE" and len(address["users"]) == 2
    assert annotations["addresses"] == [f"/projects/{project_number(PROJECT)}/global/addresses/edge-global"]
    (backend,) = [item for item in listed(whole, "global/backendServices") if "ingressgateway" in item["name"]]
    assert backend["securityPolicy"].endswith("/global/securityPolicies/armor")


def test_all_of_it_goes_with_the_gateway(whole: RunningCloud) -> None:
    record(whole, objects())
    record(whole)
    assert not listed(whole, "global/backendServices") and not listed(whole, "global/firewalls")
    for region in REGIONS.values():
        assert not listed(whole, f"zones/{region}-b/networkEndpointGroups", "k8s1-")
    assert whole.request("GET", f"{COMPUTE}/global/addresses/edge-global")[1]["status"] == "RESERVED"


def test_a_members_own_controller_leaves_what_the_fleet_uses(whole: RunningCloud) -> None:
    record(whole, objects())
    gateway.Controller(whole, "secondary").record()
    assert len(listed(whole, "zones/us-east1-b/networkEndpointGroups", "k8s1-")) == 1
