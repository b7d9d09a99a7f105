"""What GKE's Gateway controller makes in the project: by compute's own rules, once, and gone with its Gateway.

The Gateway is translated from objects, as the controller would list them; no cluster runs.
"""

from __future__ import annotations

from typing import Any

import pytest

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, COMPUTE, CONTAINER, make, refused
from tests.support.gateway import Controller, cluster, encoded, leaf, served

Objects = dict[str, list[dict[str, Any]]]
REGION = f"{COMPUTE}/regions/europe-west1"
LINK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}"
AGGREGATED = ("addresses", "backendServices", "forwardingRules", "healthChecks", "networkEndpointGroups",
              "sslCertificates", "targetHttpProxies", "targetHttpsProxies", "urlMaps")  # fmt: skip
PAIR = leaf()


@pytest.fixture
def objects() -> Objects:
    """The Gateway, with a certificate that compute takes."""
    return {**cluster(), "Secret": served("edge", *PAIR)["Secret"]}


@pytest.fixture
def prepared(network: RunningCloud) -> RunningCloud:
    """What the platform declares around a Gateway: cluster, address, proxy-only subnetwork, policies."""
    make(network, f"{REGION}/subnetworks", {
        "name": "proxies", "network": f"{LINK}/global/networks/net", "ipCidrRange": "10.9.0.0/23",
        "purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE",
    })  # fmt: skip
    make(network, f"{REGION}/addresses", {"name": "edge"})
    make(network, f"{REGION}/securityPolicies", {"name": "armor", "type": "CLOUD_ARMOR"})
    make(network, f"{REGION}/sslPolicies", {"name": "modern", "minTlsVersion": "TLS_1_2"})
    make(network, f"{CONTAINER}/clusters", {"cluster": CLUSTER})
    return network


@pytest.fixture
def controller(prepared: RunningCloud) -> Controller:
    return Controller(prepared, "primary")


def made_by_gke(cloud: RunningCloud) -> dict[str, list[dict[str, Any]]]:
    """What has a name of GKE's, by collection, as the API lists it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for collection in AGGREGATED:
        scopes = cloud.request("GET", f"{COMPUTE}/aggregated/{collection}")[1]["items"].values()
        found[collection] = [item for scope in scopes for item in scope.get(collection, ())]
    found["firewalls"] = cloud.request("GET", f"{COMPUTE}/global/firewalls")[1].get("items", [])
    return {
        name: own for name, items in found.items()
        if (own := [item for item in items if item["name"].startswith(("gkegw1-", "k8s1-"))])
    }  # fmt: skip


def test_the_parts_are_in_the_project_and_the_address_is_in_use(
    prepared: RunningCloud, controller: Controller, objects: Objects
) -> None:
    (made,), annotations = controller.record(objects)
    assert made.error is None
    found = made_by_gke(prepared)
    assert {name: len(items) for name, items in found.items()} == {
        "backendServices": 2, "forwardingRules": 2, "healthChecks": 2, "networkEndpointGroups": 6,
        "sslCertificates": 1, "targetHttpProxies": 1, "targetHttpsProxies": 1, "urlMaps": 2, "firewalls": 1,
    }  # fmt: skip
    address = prepared.request("GET", f"{REGION}/addresses/edge")[1]
    rules = found["forwardingRules"]
    assert address["status"] == "IN_USE"
    assert sorted(address["users"]) == sorted(rule["selfLink"] for rule in rules)
    assert {rule["IPAddress"] for rule in rules} == {address["address"]}
    assert sorted(annotations["forwarding-rules"]) == sorted(
        f"/projects/{number(prepared)}/{rule['selfLink'].partition(f'{PROJECT}/')[2]}" for rule in rules
    )
    assert "privateKey" not in str(found)
    policy = prepared.request("GET", f"{REGION}/backendServices/{backend(found)['name']}")[1]["securityPolicy"]
    assert policy.endswith("/securityPolicies/armor")


def number(cloud: RunningCloud) -> str:
    return str(cloud.request("GET", f"/cloudresourcemanager/v1/projects/{PROJECT}")[1]["projectNumber"])


def backend(found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return next(item for item in found["backendServices"] if "ingressgateway" in item["name"])


def test_a_second_time_nothing_is_written(prepared: RunningCloud, controller: Controller, objects: Objects) -> None:
    controller.record(objects)
    before = made_by_gke(prepared)
    connection = prepared.local.cloud.store.connection
    changes = prepared.call(lambda: connection.total_changes)
    controller.record(objects)
    assert prepared.call(lambda: connection.total_changes) == changes
    assert made_by_gke(prepared) == before


def test_a_renewed_certificate_takes_the_place_of_the_old_one(
    prepared: RunningCloud, controller: Controller, objects: Objects
) -> None:
    controller.record(objects)
    before = made_by_gke(prepared)
    certificate, key = leaf()
    objects["Secret"][0]["data"] = {"tls.crt": encoded(certificate), "tls.key": encoded(key)}
    controller.record(objects)
    after = made_by_gke(prepared)
    (old,), (new,) = before["sslCertificates"], after["sslCertificates"]
    assert old["name"] != new["name"]
    assert after["targetHttpsProxies"][0]["sslCertificates"] == [new["selfLink"]]
    assert after["targetHttpsProxies"][0]["id"] == before["targetHttpsProxies"][0]["id"]
    assert after["forwardingRules"] == before["forwardingRules"]


def test_what_somebody_deletes_or_changes_comes_back(
    prepared: RunningCloud, controller: Controller, objects: Objects
) -> None:
    controller.record(objects)
    before = made_by_gke(prepared)
    rule, firewall = before["forwardingRules"][0], before["firewalls"][0]
    make(prepared, f"{REGION}/forwardingRules/{rule['name']}", None, verb="DELETE")
    make(prepared, f"{COMPUTE}/global/firewalls/{firewall['name']}", {"sourceRanges": ["0.0.0.0/0"]}, verb="PATCH")
    controller.record(objects)
    after = made_by_gke(prepared)
    assert {item["name"] for item in after["forwardingRules"]} == {item["name"] for item in before["forwardingRules"]}
    assert after["firewalls"] == before["firewalls"]


def test_all_of_it_goes_with_the_gateway_and_the_address_is_reserved_again(
    prepared: RunningCloud, controller: Controller, objects: Objects
) -> None:
    controller.record(objects)
    make(prepared, f"{COMPUTE}/global/firewalls", {
        "name": "gkegw1-ffff-l7-net-europe-west1", "network": f"{LINK}/global/networks/net",
        "allowed": [{"IPProtocol": "tcp"}],
    })  # fmt: skip
    controller.record()
    # Another cluster's stays.
    assert [item["name"] for item in made_by_gke(prepared).pop("firewalls")] == ["gkegw1-ffff-l7-net-europe-west1"]
    assert list(made_by_gke(prepared)) == ["firewalls"]
    assert prepared.request("GET", f"{REGION}/addresses/edge")[1]["status"] == "RESERVED"


def test_a_gateway_that_can_not_be_translated_keeps_what_it_had(
    prepared: RunningCloud, controller: Controller, objects: Objects
) -> None:
    controller.record(objects)
    before = made_by_gke(prepared)
    objects["Secret"] = []
    (made,), _annotations = controller.record(objects)
    assert made.error is not None
    assert made_by_gke(prepared) == before
    controller.record()
    assert made_by_gke(prepared) == {}


def test_what_compute_refuses_is_the_gateways_error(
    prepared: RunningCloud, controller: Controller, objects: Objects
) -> None:
    """An address that somebody else's rule has."""
    controller.record(objects)
    held = made_by_gke(prepared)["forwardingRules"][0]
    controller.record()
    make(prepared, f"{REGION}/healthChecks", {"name": "x", "type": "HTTP"})
    make(prepared, f"{REGION}/backendServices", {"name": "x", "loadBalancingScheme": "EXTERNAL_MANAGED"})
    make(prepared, f"{REGION}/urlMaps", {"name": "x", "defaultService": "regions/europe-west1/backendServices/x"})
    make(prepared, f"{REGION}/targetHttpProxies", {"name": "x", "urlMap": "regions/europe-west1/urlMaps/x"})
    make(prepared, f"{REGION}/forwardingRules", {
        "name": "by-hand", "target": "regions/europe-west1/targetHttpProxies/x", "portRange": held["portRange"],
        "loadBalancingScheme": "EXTERNAL_MANAGED", "network": f"{LINK}/global/networks/net", "IPAddress": "edge",
    })  # fmt: skip
    (made,), _annotations = controller.record(objects)
    assert "is already being used by another resource" in str(made.error) and made.balancer is None
    assert made_by_gke(prepared) == {}


def test_a_gateway_without_an_address_has_one_of_its_own(
    prepared: RunningCloud, controller: Controller, objects: Objects
) -> None:
    del objects["Gateway"][0]["spec"]["addresses"]
    (made,), annotations = controller.record(objects)
    (address,) = made_by_gke(prepared)["addresses"]
    assert made.balancer is not None and made.balancer.address == address["address"]
    assert address["status"] == "IN_USE" and annotations["addresses"][0].endswith(f"/addresses/{address['name']}")
    controller.record(objects)
    assert made_by_gke(prepared)["addresses"] == [address]
    controller.record()
    assert made_by_gke(prepared) == {}


def test_when_the_cluster_goes_first_all_of_it_stays_and_holds_the_network(
    prepared: RunningCloud, controller: Controller, objects: Objects
) -> None:
    controller.record(objects)
    before = made_by_gke(prepared)
    make(prepared, f"{CONTAINER}/clusters/primary", None, verb="DELETE")
    assert made_by_gke(prepared) == before
    assert refused(prepared, "DELETE", f"{REGION}/addresses/edge")[1] == "resourceInUseByAnotherResource"
    assert refused(prepared, "DELETE", f"{COMPUTE}/global/networks/net")[1] == "resourceInUseByAnotherResource"
