"""Compute Engine v1: what is refused, and what the server fills in."""

# ruff: noqa: E501 - a rule a line reads best in a table

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import COMPUTE, SUBNETWORK, Rule, changed, make, refused

REF = "https://cloud.google.com/compute/docs/reference/rest/v1"
SUBNETS_DOC = "https://cloud.google.com/vpc/docs/subnets"
PROXY_DOC = "https://cloud.google.com/load-balancing/docs/proxy-only-subnets"
FIREWALL_DOC = "https://cloud.google.com/firewall/docs/firewalls"
NAT_DOC = "https://cloud.google.com/nat/docs/overview"
HEALTH_DOC = "compute.v1.json, HealthCheck.sourceRegions"
ARMOR_DOC = "https://cloud.google.com/armor/docs/configure-security-policies"
NETWORKS, FIREWALLS = f"{COMPUTE}/global/networks", f"{COMPUTE}/global/firewalls"
CHECKS = f"{COMPUTE}/global/healthChecks"
REGION = f"{COMPUTE}/regions/europe-west1"
SUBNETS, ROUTERS, ADDRESSES = f"{REGION}/subnetworks", f"{REGION}/routers", f"{REGION}/addresses"
POLICIES = f"{REGION}/securityPolicies"
INSTANCES = f"{COMPUTE}/zones/europe-west1-b/instances"
LINK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}"

OTHER = {"name": "other", "network": "global/networks/net", "ipCidrRange": "10.1.0.0/24"}
PROXY = changed(OTHER, purpose="REGIONAL_MANAGED_PROXY", role="ACTIVE")
FIREWALL = {"name": "f", "network": "global/networks/net", "allowed": [{"IPProtocol": "tcp", "ports": ["80"]}]}
NAT = {
    "name": "nat",
    "natIpAllocateOption": "AUTO_ONLY",
    "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
}
ROUTER: dict[str, Any] = {"name": "r", "network": "global/networks/net", "nats": [NAT]}
CHECK: dict[str, Any] = {
    "name": "hc",
    "type": "HTTP",
    "checkIntervalSec": 30,
    "sourceRegions": ["us-east1", "europe-west1", "asia-east1"],
    "httpHealthCheck": {"port": 80},
}
WAF = {"expr": {"expression": "evaluatePreconfiguredWaf('sqli-v33-stable')"}}
ARMOR_RULE: dict[str, Any] = {"priority": 1000, "action": "deny(403)", "match": WAF}
POLICY: dict[str, Any] = {"name": "armor", "type": "CLOUD_ARMOR", "rules": [ARMOR_RULE]}
INSTANCE: dict[str, Any] = {
    "name": "bastion",
    "machineType": "zones/europe-west1-b/machineTypes/e2-micro",
    "disks": [
        {"boot": True, "initializeParams": {"sourceImage": "projects/debian-cloud/global/images/family/debian-12"}}
    ],
    "networkInterfaces": [{"subnetwork": "regions/europe-west1/subnetworks/sub"}],
}


def nat(**fields: Any) -> dict[str, Any]:
    return changed(ROUTER, nats=[changed(NAT, **fields)])


def rule(**fields: Any) -> dict[str, Any]:
    return changed(POLICY, rules=[changed(ARMOR_RULE, **fields)])


def bad(name: str, source: str, path: str, body: Any, says: str, reason: str = "invalid") -> Rule:
    return Rule(name, source, "POST", path, body, 400, reason, says)


RULES = [
    bad("network: no name", f"{REF}/networks", NETWORKS, {"autoCreateSubnetworks": False}, "resource.name", "required"),
    bad("network: name", f"{REF}/networks", NETWORKS, {"name": "Net", "autoCreateSubnetworks": False},
        "Must be a match of regex"),
    bad("network: mtu", f"{REF}/networks", NETWORKS, {"name": "n", "autoCreateSubnetworks": False, "mtu": 9000},
        "Must be between 1300 and 8896"),
    bad("network: requestId", "https://google.aip.dev/155", f"{NETWORKS}?requestId=1",
        {"name": "n", "autoCreateSubnetworks": False}, "non-zero UUID"),
    bad("subnet: no network", f"{REF}/subnetworks", SUBNETS, changed(OTHER, network=None), "resource.network",
        "required"),
    bad("subnet: network is missing", f"{REF}/subnetworks", SUBNETS, changed(OTHER, network="global/networks/none"),
        "The referenced network resource cannot be found."),
    bad("subnet: malformed reference", f"{REF}/subnetworks", SUBNETS, changed(OTHER, network="net"),
        "The URL is malformed."),
    bad("subnet: reference of another kind", f"{REF}/subnetworks", SUBNETS,
        changed(OTHER, network="regions/europe-west1/subnetworks/sub"), "The URL is malformed"),
    bad("subnet: host bits", SUBNETS_DOC, SUBNETS, changed(OTHER, ipCidrRange="10.1.0.1/24"), "no host bits"),
    bad("subnet: too small", SUBNETS_DOC, SUBNETS, changed(OTHER, ipCidrRange="10.1.0.0/30"), "between 4 and 29"),
    bad("subnet: reserved range", SUBNETS_DOC, SUBNETS, changed(OTHER, ipCidrRange="169.254.0.0/20"), "reserved range"),
    bad("subnet: overlaps a primary range", SUBNETS_DOC, SUBNETS, changed(OTHER, ipCidrRange="10.0.0.128/25"),
        "conflicts with existing subnetwork 'sub'"),
    bad("subnet: overlaps a secondary range", SUBNETS_DOC, SUBNETS, changed(OTHER, ipCidrRange="10.4.8.0/24"),
        "conflicts with existing subnetwork 'sub'"),
    bad("subnet: own ranges overlap", SUBNETS_DOC, SUBNETS,
        changed(OTHER, secondaryIpRanges=[{"rangeName": "a", "ipCidrRange": "10.1.0.0/28"}]), "conflicts"),
    bad("subnet: range names repeat", SUBNETS_DOC, SUBNETS,
        changed(OTHER, secondaryIpRanges=[{"rangeName": "a", "ipCidrRange": "10.2.0.0/24"},
                                          {"rangeName": "a", "ipCidrRange": "10.3.0.0/24"}]), "unique"),
    bad("subnet: another region", f"{REF}/subnetworks", SUBNETS, changed(OTHER, region=f"{LINK}/regions/us-east1"),
        "region of the request"),
    bad("subnet: sampling", f"{REF}/subnetworks", SUBNETS,
        changed(OTHER, logConfig={"enable": True, "flowSampling": 2.0}), "between 0.0 and 1.0"),
    bad("subnet: a role without purpose", PROXY_DOC, SUBNETS, changed(OTHER, role="ACTIVE"), "Role can only be set"),
    bad("proxy subnet: no role", PROXY_DOC, SUBNETS, changed(PROXY, role=None), "resource.role", "required"),
    bad("proxy subnet: too small", PROXY_DOC, SUBNETS, changed(PROXY, ipCidrRange="10.1.0.0/27"), "at most /26"),
    bad("proxy subnet: private access", PROXY_DOC, SUBNETS, changed(PROXY, privateIpGoogleAccess=True),
        "can't be set on a subnetwork with purpose"),
    bad("proxy subnet: flow logs", PROXY_DOC, SUBNETS, changed(PROXY, logConfig={"enable": True}), "can't be set"),
    bad("firewall: allow and deny", FIREWALL_DOC, FIREWALLS, changed(FIREWALL, denied=[{"IPProtocol": "udp"}]),
        "exactly one of 'allowed' or 'denied'"),
    bad("firewall: neither", FIREWALL_DOC, FIREWALLS, changed(FIREWALL, allowed=None), "exactly one of"),
    bad("firewall: protocol", FIREWALL_DOC, FIREWALLS, changed(FIREWALL, allowed=[{"IPProtocol": "http"}]),
        "Invalid protocol."),
    bad("firewall: ports of icmp", FIREWALL_DOC, FIREWALLS,
        changed(FIREWALL, allowed=[{"IPProtocol": "icmp", "ports": ["1"]}]), "does not take ports"),
    bad("firewall: a port range backwards", FIREWALL_DOC, FIREWALLS,
        changed(FIREWALL, allowed=[{"IPProtocol": "tcp", "ports": ["90-80"]}]), "integer or a range"),
    bad("firewall: a port too high", FIREWALL_DOC, FIREWALLS,
        changed(FIREWALL, allowed=[{"IPProtocol": "tcp", "ports": ["65536"]}]), "integer or a range"),
    bad("firewall: priority", FIREWALL_DOC, FIREWALLS, changed(FIREWALL, priority=65536), "between 0 and 65535"),
    bad("firewall: source range", FIREWALL_DOC, FIREWALLS, changed(FIREWALL, sourceRanges=["10.0.0.1/8"]), "valid CIDR"),
    bad("firewall: egress with sources", FIREWALL_DOC, FIREWALLS,
        changed(FIREWALL, direction="EGRESS", sourceRanges=["10.0.0.0/8"]), "Sources can't be specified"),
    bad("firewall: tags with service accounts", FIREWALL_DOC, FIREWALLS,
        changed(FIREWALL, sourceTags=["a"], targetServiceAccounts=["a@b.test"]), "can't be mixed"),
    bad("firewall: what to log without logging", f"{REF}/firewalls", FIREWALLS,
        changed(FIREWALL, logConfig={"enable": False, "metadata": "INCLUDE_ALL_METADATA"}), "Logging must be enabled"),
    bad("firewall: tag", FIREWALL_DOC, FIREWALLS, changed(FIREWALL, targetTags=["A"]), "Must be a match of regex"),
    bad("nat: no ranges", NAT_DOC, ROUTERS, nat(sourceSubnetworkIpRangesToNat=None), "must be specified", "required"),
    bad("nat: manual without addresses", NAT_DOC, ROUTERS, nat(natIpAllocateOption="MANUAL_ONLY"),
        "if and only if natIpAllocateOption is MANUAL_ONLY"),
    bad("nat: listed without subnetworks", NAT_DOC, ROUTERS,
        nat(sourceSubnetworkIpRangesToNat="LIST_OF_SUBNETWORKS"), "LIST_OF_SUBNETWORKS"),
    bad("nat: dynamic ports and endpoint independence", NAT_DOC, ROUTERS,
        nat(enableDynamicPortAllocation=True, enableEndpointIndependentMapping=True), "can't both be enabled"),
    bad("nat: two for all subnetworks", f"{NAT_DOC}#specs-gateways", ROUTERS,
        changed(ROUTER, nats=[NAT, changed(NAT, name="second")]), "Overlapping NAT"),
    bad("nat: names repeat", NAT_DOC, ROUTERS, changed(ROUTER, nats=[NAT, NAT]), "unique match"),
    bad("router: asn", f"{REF}/routers", ROUTERS, changed(ROUTER, bgp={"asn": 1}), "private ASN"),
    bad("address: external in a subnetwork", f"{REF}/addresses", ADDRESSES,
        {"name": "a", "subnetwork": "regions/europe-west1/subnetworks/sub"}, "can't be specified for external"),
    bad("address: internal outside its range", f"{REF}/addresses", ADDRESSES,
        {"name": "a", "addressType": "INTERNAL", "subnetwork": "regions/europe-west1/subnetworks/sub",
         "address": "10.9.0.1"}, "outside the subnetwork CIDR range"),
    bad("address: internal without a subnetwork", f"{REF}/addresses", ADDRESSES,
        {"name": "a", "addressType": "INTERNAL"}, "resource.subnetwork", "required"),
    bad("labels: upper case", "https://cloud.google.com/compute/docs/labeling-resources", ADDRESSES,
        {"name": "a", "labels": {"Team": "x"}}, "Label keys must match"),
    bad("health check: no type", f"{REF}/healthChecks", CHECKS, changed(CHECK, type=None), "needs a type"),
    bad("health check: another type's message", f"{REF}/healthChecks", CHECKS,
        changed(CHECK, tcpHealthCheck={"port": 80}), "takes httpHealthCheck only"),
    bad("health check: timeout over interval", f"{REF}/healthChecks", CHECKS,
        {"name": "hc", "type": "TCP", "checkIntervalSec": 5, "timeoutSec": 6}, "greater than checkIntervalSec"),
    bad("health check: threshold", f"{REF}/healthChecks", CHECKS, changed(CHECK, unhealthyThreshold=11),
        "between 1 and 10"),
    bad("health check for DNS: two regions", HEALTH_DOC, CHECKS, changed(CHECK, sourceRegions=["us-east1", "us-west1"]),
        "Exactly 3 source regions"),
    bad("health check for DNS: a region twice", HEALTH_DOC, CHECKS,
        changed(CHECK, sourceRegions=["us-east1", "us-east1", "us-west1"]), "Exactly 3 source regions"),
    bad("health check for DNS: no region", HEALTH_DOC, CHECKS,
        changed(CHECK, sourceRegions=["us-east1", "us-west1", "moon"]), "not a region"),
    bad("health check for DNS: 10 s", HEALTH_DOC, CHECKS, changed(CHECK, checkIntervalSec=10), "at least 30 seconds"),
    bad("health check for DNS: proxy header", HEALTH_DOC, CHECKS,
        changed(CHECK, httpHealthCheck={"proxyHeader": "PROXY_V1"}), "don't support proxyHeader"),
    bad("health check for DNS: TCP request", HEALTH_DOC, CHECKS,
        changed(CHECK, type="TCP", httpHealthCheck=None, tcpHealthCheck={"request": "x"}), "don't support TCP request"),
    bad("health check for DNS: HTTP2", HEALTH_DOC, CHECKS,
        changed(CHECK, type="HTTP2", httpHealthCheck=None, http2HealthCheck={}), "must be HTTP, HTTPS or TCP"),
    bad("Cloud Armor: action", ARMOR_DOC, POLICIES, rule(action="deny(500)"), "Must be one of allow"),
    bad("Cloud Armor: rule set", "https://cloud.google.com/armor/docs/waf-rules", POLICIES,
        rule(match={"expr": {"expression": "evaluatePreconfiguredWaf('sqli-v34-stable')"}}), "preconfigured rule set"),
    bad("Cloud Armor: unbalanced", ARMOR_DOC, POLICIES, rule(match={"expr": {"expression": "inIpRange(origin.ip"}}),
        "malformed"),
    bad("Cloud Armor: two matches", ARMOR_DOC, POLICIES,
        rule(match={**WAF, "versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}), "Exactly one of"),
    bad("Cloud Armor: same priority", ARMOR_DOC, POLICIES, changed(POLICY, rules=[ARMOR_RULE, ARMOR_RULE]),
        "same priority"),
    bad("Cloud Armor: rate without options", ARMOR_DOC, POLICIES, rule(action="throttle"), "limits the rate"),
    bad("Cloud Armor: a global type", ARMOR_DOC, POLICIES, changed(POLICY, type="CLOUD_ARMOR_EDGE"), "regional policy"),
    bad("instance: machine type", f"{REF}/instances", INSTANCES,
        changed(INSTANCE, machineType="zones/europe-west1-b/machineTypes/e9"), "does not exist"),
    bad("instance: machine type of another zone", f"{REF}/instances", INSTANCES,
        changed(INSTANCE, machineType="zones/europe-west1-c/machineTypes/e2-micro"), "malformed"),
    bad("instance: image", f"{REF}/instances", INSTANCES,
        changed(INSTANCE, disks=[{"boot": True, "initializeParams": {"sourceImage": "debian"}}]), "cannot be found"),
    bad("instance: two boot disks", f"{REF}/instances", INSTANCES,
        changed(INSTANCE, disks=INSTANCE["disks"] * 2), "Exactly one disk must be the boot disk"),
    bad("instance: no subnetwork", f"{REF}/instances", INSTANCES,
        changed(INSTANCE, networkInterfaces=[{"network": "global/networks/net"}]), "requires a subnetwork"),
    bad("instance: no such account", f"{REF}/instances", INSTANCES,
        changed(INSTANCE, serviceAccounts=[{"email": "no@x.iam.gserviceaccount.com", "scopes": ["a"]}]),
        "was not found", "resourceNotFound"),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(network: RunningCloud, rule: Rule) -> None:
    rule.check(network)


def test_a_second_active_proxy_subnet_is_refused(network: RunningCloud) -> None:
    make(network, SUBNETS, PROXY)
    _unused, _unused, message = refused(
        network, "POST", SUBNETS, changed(PROXY, name="second", ipCidrRange="10.6.0.0/24")
    )
    assert "already has an active REGIONAL_MANAGED_PROXY" in message
    make(network, SUBNETS, changed(PROXY, name="second", ipCidrRange="10.6.0.0/24", role="BACKUP"))


FILLED = [
    (NETWORKS, {"name": "n", "autoCreateSubnetworks": False},
     {"routingConfig": {"bgpBestPathSelectionMode": "LEGACY", "routingMode": "REGIONAL"}, "mtu": None,
      "kind": "compute#network"}),
    (SUBNETS, OTHER, {"gatewayAddress": "10.1.0.1", "purpose": "PRIVATE", "stackType": "IPV4_ONLY",
                      "privateIpGoogleAccess": False, "enableFlowLogs": False, "region": f"{LINK}/regions/europe-west1",
                      "network": f"{LINK}/global/networks/net"}),
    (SUBNETS, changed(OTHER, logConfig={"enable": True}),
     {"enableFlowLogs": True, "logConfig": {"enable": True, "aggregationInterval": "INTERVAL_5_SEC",
                                            "flowSampling": 0.5, "metadata": "EXCLUDE_ALL_METADATA"}}),
    (SUBNETS, PROXY, {"state": "READY", "role": "ACTIVE"}),
    (FIREWALLS, FIREWALL, {"direction": "INGRESS", "priority": 1000, "disabled": False,
                           "sourceRanges": ["0.0.0.0/0"], "logConfig": {"enable": False}}),
    (ADDRESSES, {"name": "a", "labels": {"a": "b"}}, {"addressType": "EXTERNAL", "networkTier": "PREMIUM",
                                                      "status": "RESERVED", "labels": {"a": "b"}}),
    (CHECKS, CHECK, {"timeoutSec": 5, "healthyThreshold": 2, "unhealthyThreshold": 2,
                     "httpHealthCheck": {"port": 80, "requestPath": "/", "proxyHeader": "NONE"}}),
    (INSTANCES, INSTANCE, {"status": "RUNNING", "deletionProtection": False,
                           "shieldedInstanceConfig": {"enableSecureBoot": False, "enableVtpm": True,
                                                      "enableIntegrityMonitoring": True}}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "expected"), FILLED, ids=[case[0].rpartition("/")[2] for case in FILLED])
def test_what_the_server_fills_in(
    network: RunningCloud, path: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    make(network, path, body)
    found = network.request("GET", f"{path}/{body['name']}")[1]
    assert {name: found.get(name) for name in expected} == expected
    assert found["selfLink"] == LINK + f"{path}/{body['name']}".removeprefix(COMPUTE)
    assert found["id"].isdigit() and found["creationTimestamp"].endswith("-08:00")


def test_nat_defaults_and_the_default_rule(network: RunningCloud) -> None:
    make(network, ROUTERS, ROUTER)
    (found,) = network.request("GET", f"{ROUTERS}/r")[1]["nats"]
    assert (found["type"], found["effectiveTcpTimeWaitTimeoutSec"]) == ("PUBLIC", 120)
    assert not found.keys() & {"minPortsPerVm", "logConfig", "natIps"}
    make(network, POLICIES, POLICY)
    rules = network.request("GET", f"{POLICIES}/armor")[1]["rules"]
    assert [(item["priority"], item["action"]) for item in rules] == [(1000, "deny(403)"), (2147483647, "allow")]


def test_a_network_shows_its_subnetworks(network: RunningCloud) -> None:
    assert network.request("GET", f"{NETWORKS}/net")[1]["subnetworks"] == [
        f"{LINK}/regions/europe-west1/subnetworks/sub"
    ]


def test_operations_run_for_a_while(cloud: RunningCloud) -> None:
    """https://cloud.google.com/compute/docs/api/how-tos/api-requests-responses#handling_api_responses"""
    cloud.admin("PATCH", "settings", {"latency": {"compute": 1.0}})
    _unused, operation = cloud.request("POST", NETWORKS, {"name": "n", "autoCreateSubnetworks": False})
    assert (operation["status"], operation["operationType"]) == ("RUNNING", "insert")
    assert operation["targetLink"] == f"{LINK}/global/networks/n"
    status, reason, _unused = refused(cloud, "POST", SUBNETS, changed(OTHER, network="global/networks/n"))
    assert (status, reason) == (400, "resourceNotReady")
    assert refused(cloud, "DELETE", f"{NETWORKS}/n")[:2] == (400, "resourceNotReady")
    assert refused(cloud, "POST", NETWORKS, {"name": "n", "autoCreateSubnetworks": False})[:2] == (409, "alreadyExists")
    _unused, waited = cloud.request("POST", f"{COMPUTE}/global/operations/{operation['name']}/wait")
    assert (waited["status"], waited["progress"]) == ("DONE", 100)
    make(cloud, SUBNETS, changed(OTHER, network="global/networks/n"))


def test_a_failed_operation_takes_the_resource_away(cloud: RunningCloud) -> None:
    cloud.admin("POST", "operations", {"method": "compute.networks.insert", "code": "QUOTA_EXCEEDED", "message": "no"})
    operation = make(cloud, NETWORKS, {"name": "n", "autoCreateSubnetworks": False})
    _unused, found = cloud.request("GET", f"{COMPUTE}/global/operations/{operation['name']}")
    assert found["error"] == {"errors": [{"code": "QUOTA_EXCEEDED", "message": "no"}]}
    assert found["httpErrorStatusCode"] == 403
    assert refused(cloud, "GET", f"{NETWORKS}/n")[0] == 404
    make(cloud, NETWORKS, {"name": "n", "autoCreateSubnetworks": False})


def test_the_same_request_id_is_the_same_operation(cloud: RunningCloud) -> None:
    """https://google.aip.dev/155"""
    path = f"{NETWORKS}?requestId=0c9d1b52-5a6e-4f6a-9e8c-6b0e6a7f0001"
    first, second = (cloud.request("POST", path, {"name": "n", "autoCreateSubnetworks": False}) for _turn in range(2))
    assert (first[0], second[0], first[1]["name"]) == (200, 200, second[1]["name"])


IN_USE = [
    ("a network by a subnetwork", f"{NETWORKS}/net", []),
    ("a network by a firewall", f"{NETWORKS}/net", [(FIREWALLS, FIREWALL)]),
    ("a subnetwork by an instance", f"{SUBNETS}/sub", [(INSTANCES, INSTANCE)]),
    ("an address by a NAT", f"{ADDRESSES}/a", [
        (ADDRESSES, {"name": "a"}),
        (ROUTERS, nat(natIpAllocateOption="MANUAL_ONLY", natIps=["regions/europe-west1/addresses/a"]))]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "made"), [case[1:] for case in IN_USE], ids=[case[0] for case in IN_USE])
def test_what_is_in_use_stays(network: RunningCloud, path: str, made: list[tuple[str, Any]]) -> None:
    for collection, body in made:
        make(network, collection, body)
    status, reason, message = refused(network, "DELETE", path)
    assert (status, reason) == (400, "resourceInUseByAnotherResource")
    assert "is already being used by" in message


IMMUTABLE = [
    (f"{NETWORKS}/net", {"autoCreateSubnetworks": True}),
    (f"{SUBNETS}/sub", {"ipCidrRange": "10.0.0.0/20"}),
    (f"{SUBNETS}/sub", {"purpose": "REGIONAL_MANAGED_PROXY"}),
    (f"{FIREWALLS}/f", {"direction": "EGRESS"}),
    (f"{FIREWALLS}/f", {"network": "global/networks/another"}),
    (f"{ROUTERS}/r", {"network": "global/networks/another"}),
]


@pytest.mark.parametrize(("path", "fields"), IMMUTABLE, ids=[next(iter(case[1])) for case in IMMUTABLE])
def test_what_can_not_be_changed(network: RunningCloud, path: str, fields: dict[str, Any]) -> None:
    make(network, FIREWALLS, FIREWALL)
    make(network, ROUTERS, ROUTER)
    before = network.request("GET", path)[1]
    sent = {**fields, "fingerprint": before["fingerprint"]} if "fingerprint" in before else fields
    message = refused(network, "PATCH", path, sent)[2]
    assert "Field cannot be changed" in message
    assert network.request("GET", path)[1] == before


def test_patch_merges_and_null_removes(network: RunningCloud) -> None:
    """RFC 7396"""
    make(network, FIREWALLS, changed(FIREWALL, description="d", targetTags=["web"]))
    make(network, f"{FIREWALLS}/f", {"priority": 900, "targetTags": None}, verb="PATCH")
    found = network.request("GET", f"{FIREWALLS}/f")[1]
    assert (found["priority"], found["description"], "targetTags" in found) == (900, "d", False)
    same_network = {"network": f"{LINK}/global/networks/net", "priority": 901}
    make(network, f"{FIREWALLS}/f", same_network, verb="PATCH")


def test_put_replaces(network: RunningCloud) -> None:
    make(network, FIREWALLS, changed(FIREWALL, targetTags=["web"]))
    make(network, f"{FIREWALLS}/f", changed(FIREWALL, priority=7, direction="INGRESS"), verb="PUT")
    found = network.request("GET", f"{FIREWALLS}/f")[1]
    assert (found["priority"], "targetTags" in found) == (7, False)


@pytest.mark.parametrize(("fingerprint", "status"), [(None, 400), ("AAAAAAAAAAA=", 412)])
def test_a_subnetwork_changes_with_its_fingerprint_only(
    network: RunningCloud, fingerprint: str | None, status: int
) -> None:
    body = changed({"privateIpGoogleAccess": True}, fingerprint=fingerprint)
    assert refused(network, "PATCH", f"{SUBNETS}/sub", body)[0] == status
    current = network.request("GET", f"{SUBNETS}/sub")[1]["fingerprint"]
    make(network, f"{SUBNETS}/sub", {**body, "fingerprint": current}, verb="PATCH")
    found = network.request("GET", f"{SUBNETS}/sub")[1]
    assert found["privateIpGoogleAccess"] is True
    assert found["fingerprint"] != current


def test_labels_change_with_their_fingerprint_only(cloud: RunningCloud) -> None:
    make(cloud, ADDRESSES, {"name": "a", "labels": {"a": "b"}})
    path = f"{ADDRESSES}/a/setLabels"
    assert refused(cloud, "POST", path, {"labels": {}, "labelFingerprint": "AAAAAAAAAAA="})[0] == 412
    current = cloud.request("GET", f"{ADDRESSES}/a")[1]["labelFingerprint"]
    make(cloud, path, {"labels": {"c": "d"}, "labelFingerprint": current})
    assert cloud.request("GET", f"{ADDRESSES}/a")[1]["labels"] == {"c": "d"}


@pytest.mark.parametrize(("range_", "says"), [("10.0.0.0/25", "superset"), ("10.8.0.0/16", "superset"),
                                              ("10.0.0.0/13", "conflicts")])  # fmt: skip
def test_expanding_a_range_refused(network: RunningCloud, range_: str, says: str) -> None:
    """https://cloud.google.com/vpc/docs/create-modify-vpc-networks#expand-subnet"""
    assert says in refused(network, "POST", f"{SUBNETS}/sub/expandIpCidrRange", {"ipCidrRange": range_})[2]


def test_expanding_a_range(network: RunningCloud) -> None:
    make(network, f"{SUBNETS}/sub/expandIpCidrRange", {"ipCidrRange": "10.0.0.0/20"})
    make(network, f"{SUBNETS}/sub/setPrivateIpGoogleAccess", {"privateIpGoogleAccess": True})
    found = network.request("GET", f"{SUBNETS}/sub")[1]
    assert (found["ipCidrRange"], found["privateIpGoogleAccess"]) == ("10.0.0.0/20", True)


def test_security_rules_one_by_one(cloud: RunningCloud) -> None:
    make(cloud, POLICIES, POLICY)
    path = f"{POLICIES}/armor"
    make(cloud, f"{path}/addRule", changed(ARMOR_RULE, priority=1001))
    assert "same priorities" in refused(cloud, "POST", f"{path}/addRule", ARMOR_RULE)[2]
    make(cloud, f"{path}/patchRule?priority=1001", {"preview": True})
    assert cloud.request("GET", f"{path}/getRule?priority=1001")[1]["preview"] is True
    make(cloud, f"{path}/removeRule?priority=1001", None)
    assert "does not contain a rule" in refused(cloud, "POST", f"{path}/removeRule?priority=1001")[2]
    assert "default rule cannot be removed" in refused(cloud, "POST", f"{path}/removeRule?priority=2147483647")[2]


def test_a_patch_of_a_rule_clears_what_its_mask_names(cloud: RunningCloud) -> None:
    """compute.v1.json, regionSecurityPolicies.patchRule: updateMask"""
    limited = {"conformAction": "allow", "exceedAction": "deny(429)", "rateLimitThreshold": {"count": 9}}
    make(cloud, POLICIES, changed(POLICY, rules=[changed(ARMOR_RULE, action="throttle", rateLimitOptions=limited)]))
    path = f"{POLICIES}/armor/patchRule?priority=1000"
    assert "if and only if" in refused(cloud, "POST", path, {"action": "allow"})[2]
    make(cloud, f"{path}&updateMask=rateLimitOptions", {"action": "allow"})
    rule = cloud.request("GET", f"{POLICIES}/armor/getRule?priority=1000")[1]
    assert rule["action"] == "allow" and "rateLimitOptions" not in rule


def test_logging_that_is_switched_off_has_no_settings(network: RunningCloud) -> None:
    make(network, FIREWALLS, changed(FIREWALL, logConfig={"enable": True, "metadata": "INCLUDE_ALL_METADATA"}))
    path = f"{FIREWALLS}/{FIREWALL['name']}"
    make(network, path, {"logConfig": {"enable": False}}, verb="PATCH")
    assert network.request("GET", path)[1]["logConfig"] == {"enable": False}


def test_an_instance_and_its_setters(network: RunningCloud) -> None:
    make(network, INSTANCES, changed(INSTANCE, deletionProtection=True))
    path = f"{INSTANCES}/bastion"
    assert refused(network, "DELETE", path)[1] == "invalidResourceUsage"
    make(network, f"{path}/setDeletionProtection?deletionProtection=false", None)
    found = network.request("GET", path)[1]
    assert "accessConfigs" not in found["networkInterfaces"][0]
    assert refused(network, "POST", f"{path}/setTags", {"items": ["a"], "fingerprint": "AAAAAAAAAAA="})[0] == 412
    make(network, f"{path}/setTags", {"items": ["a"], "fingerprint": found["tags"]["fingerprint"]})
    small = {"machineType": "zones/europe-west1-b/machineTypes/e2-small"}
    assert refused(network, "POST", f"{path}/setMachineType", small)[1] == "resourceInUse"
    make(network, f"{path}/stop", None)
    make(network, f"{path}/setMachineType", small)
    make(network, f"{path}/start", None)
    found = network.request("GET", path)[1]
    assert (found["status"], found["tags"]["items"]) == ("RUNNING", ["a"])
    make(network, path, None, verb="DELETE")


def test_quota(cloud: RunningCloud) -> None:
    """https://cloud.google.com/compute/resource-usage"""
    cloud.admin("PATCH", "settings", {"quotas": {"NETWORKS": 1}})
    make(cloud, NETWORKS, {"name": "n", "autoCreateSubnetworks": False})
    status, reason, message = refused(cloud, "POST", NETWORKS, {"name": "m", "autoCreateSubnetworks": False})
    assert (status, reason) == (403, "quotaExceeded")
    assert message == "Quota 'NETWORKS' exceeded.  Limit: 1.0 globally."


def test_aggregated_lists_name_their_scopes(network: RunningCloud) -> None:
    _unused, answer = network.request("GET", f"{COMPUTE}/aggregated/subnetworks")
    assert [item["name"] for item in answer["items"]["regions/europe-west1"]["subnetworks"]] == ["sub"]


def test_what_is_under_way_in_the_whole_project(network: RunningCloud) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/globalOperations/aggregatedList"""
    network.admin("PATCH", "settings", {"latency": {"compute": 1.0}})
    network.request("POST", NETWORKS, {"name": "n", "autoCreateSubnetworks": False})
    network.request("DELETE", f"{SUBNETS}/sub")
    running = quote('(status != "DONE") AND (operationType = "delete")')
    _unused, answer = network.request("GET", f"{COMPUTE}/aggregated/operations?filter={running}")
    assert answer["kind"] == "compute#operationAggregatedList"
    ((place, found),) = answer["items"].items()
    assert (place, [item["operationType"] for item in found["operations"]]) == ("regions/europe-west1", ["delete"])


def test_a_subnetworks_policy(network: RunningCloud) -> None:
    """https://cloud.google.com/vpc/docs/access-control"""
    binding = {"role": "roles/compute.networkUser", "members": ["user:a@example.com"]}
    make(network, f"{SUBNETS}/sub/setIamPolicy", {"policy": {"bindings": [binding]}})
    found = network.request("GET", f"{SUBNETS}/sub/getIamPolicy")[1]
    assert found["bindings"] == [binding]
    assert [item["name"] for item in network.request("GET", SUBNETS)[1]["items"]] == ["sub"]


assert SUBNETWORK["ipCidrRange"] == "10.0.0.0/24", "the overlaps above are with this range"
