"""Compute Engine v1: the form of what is answered, and what is accepted of it again."""

from __future__ import annotations

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import COMPUTE, changed, make, refused

LINK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}"
NETWORKS, FIREWALLS = f"{COMPUTE}/global/networks", f"{COMPUTE}/global/firewalls"
REGION = f"{COMPUTE}/regions/europe-west1"
SUBNETS, ROUTERS, POLICIES = f"{REGION}/subnetworks", f"{REGION}/routers", f"{REGION}/securityPolicies"
OTHER = {"name": "other", "network": "global/networks/net", "ipCidrRange": "10.1.0.0/24"}
FIREWALL = {"name": "f", "network": "global/networks/net", "allowed": [{"IPProtocol": "tcp", "ports": ["80"]}]}
WAF = {"expr": {"expression": "evaluatePreconfiguredWaf('sqli-v33-stable')"}}
ARMOR_RULE = {"priority": 1000, "action": "deny(403)", "match": WAF}
POLICY = {"name": "armor", "type": "CLOUD_ARMOR", "rules": [ARMOR_RULE]}


def test_security_rules_all_at_once(cloud: RunningCloud) -> None:
    """A patch with rules replaces them all, in spite of the method's description; the answered form may be sent."""
    make(cloud, POLICIES, changed(POLICY, region="europe-west1"))
    path = f"{POLICIES}/armor"
    found = cloud.request("GET", path)[1]
    rules = [changed(ARMOR_RULE, action="allow", priority=5)]
    make(cloud, path, {**found, "region": "europe-west1", "rules": rules}, verb="PATCH")
    found = cloud.request("GET", path)[1]["rules"]
    assert [(rule["priority"], rule["action"]) for rule in found] == [(5, "allow"), (2147483647, "allow")]
    assert {rule["description"] for rule in found} == {"", "default rule"}


def test_a_region_is_named_in_any_form(network: RunningCloud) -> None:
    for name, region in (("a", "europe-west1"), ("b", f"projects/{PROJECT}/global/regions/europe-west1")):
        make(network, ROUTERS, {"name": name, "network": "global/networks/net", "region": region, "bgp": None})
        make(network, f"{ROUTERS}/{name}", {"description": "d", "region": region}, verb="PATCH")
        assert network.request("GET", f"{ROUTERS}/{name}")[1]["region"] == f"{LINK}/regions/europe-west1"
    assert "region of the request" in refused(network, "POST", SUBNETS, changed(OTHER, region="us-east1"))[2]
    make(network, SUBNETS, changed(OTHER, region="europe-west1"))


def test_empty_lists_are_not_answered(network: RunningCloud) -> None:
    make(network, FIREWALLS, FIREWALL)
    whole = {"allowed": [{"IPProtocol": "tcp"}], "denied": [], "destinationRanges": [], "disabled": True,
             "network": "global/networks/net", "priority": 1000, "sourceRanges": ["0.0.0.0/0"], "sourceTags": [],
             "targetTags": []}  # fmt: skip
    make(network, f"{FIREWALLS}/f", whole, verb="PATCH")
    found = network.request("GET", f"{FIREWALLS}/f")[1]
    assert (found["allowed"], found["disabled"]) == ([{"IPProtocol": "tcp"}], True)
    assert not found.keys() & {"denied", "destinationRanges", "sourceTags", "targetTags"}


def test_a_policy_that_was_never_set(network: RunningCloud) -> None:
    path = f"{SUBNETS}/sub"
    found = network.request("GET", f"{path}/getIamPolicy")[1]
    assert found == {"etag": "ACAB"}
    binding = {"role": "roles/compute.networkUser", "members": ["user:a@b.test"]}
    written = make(network, f"{path}/setIamPolicy", {"policy": {**found, "version": 3, "bindings": [binding]}})
    assert (written["version"], written["bindings"]) == (1, [binding])
    assert refused(network, "POST", f"{path}/setIamPolicy", {"policy": {**found, "bindings": []}})[:2] == (
        409,
        "aborted",
    )


def test_operations_are_named_and_numbered_as_at_google(cloud: RunningCloud) -> None:
    inserted = make(cloud, NETWORKS, {"name": "n", "autoCreateSubnetworks": False})
    found = cloud.request("GET", f"{NETWORKS}/n")[1]
    assert inserted["targetId"] == found["id"]
    assert found["selfLinkWithId"] == f"{LINK}/global/networks/{found['id']}"
    assert (inserted["status"], inserted["progress"]) == ("RUNNING", 0)
    patched = make(cloud, f"{NETWORKS}/n", {"routingConfig": {"routingMode": "GLOBAL"}}, verb="PATCH")
    assert patched["operationType"] == "compute.networks.patch"
