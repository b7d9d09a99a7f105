"""Cloud DNS v1: zones, record sets, changes, routing policies.

Sources: dns.v1.json; https://cloud.google.com/dns/docs/records-overview; the recorded failover record of the facts.
"""

# ruff: noqa: E501 - a rule a line reads best in a table

from __future__ import annotations

import copy
from typing import Any

import pytest

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import COMPUTE, DNS, Rule, changed, make, refused

ZONES = f"{DNS}/managedZones"
SETS, CHANGES = f"{ZONES}/z/rrsets", f"{ZONES}/z/changes"
ZONE = {"name": "z", "dnsName": "example.com.", "description": ""}
RECORDS_DOC = "https://cloud.google.com/dns/docs/records-overview"
POLICY_DOC = "https://cloud.google.com/dns/docs/policies-overview"
CHECKS = f"{COMPUTE}/global/healthChecks"
CHECK: dict[str, Any] = {
    "name": "hc",
    "type": "HTTPS",
    "checkIntervalSec": 30,
    "sourceRegions": ["us-east1", "europe-west1", "asia-east1"],
}
LINK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/healthChecks"
A: dict[str, Any] = {"name": "a.example.com.", "type": "A", "ttl": 30, "rrdatas": ["198.51.100.1"]}
# The body that Google accepted.
FAILOVER: dict[str, Any] = {
    "name": "app.example.com.",
    "type": "A",
    "ttl": 30,
    "routingPolicy": {
        "healthCheck": f"{LINK}/hc",
        "primaryBackup": {
            "trickleTraffic": 0,
            "primaryTargets": {"externalEndpoints": ["198.51.100.1"]},
            "backupGeoTargets": {
                "items": [{"location": "us-east1", "healthCheckedTargets": {"externalEndpoints": ["198.51.100.2"]}}]
            },
        },
    },
}


@pytest.fixture
def zone(cloud: RunningCloud) -> RunningCloud:
    """A cloud with zone `z`, record set `a.example.com. A` and health checks."""
    make(cloud, ZONES, ZONE)
    make(cloud, SETS, A)
    make(cloud, CHECKS, CHECK)
    make(cloud, CHECKS, {"name": "plain", "type": "TCP"})
    return cloud


def at(path: str, value: Any) -> dict[str, Any]:
    """The failover record with one value changed; None takes it out."""
    body: Any = copy.deepcopy(FAILOVER)
    *parents, last = path.split(".")
    place = body
    for name in parents:
        place = place[int(name)] if name.isdigit() else place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return dict(body)


POLICY = "routingPolicy.primaryBackup"
TWICE = FAILOVER["routingPolicy"]["primaryBackup"]["backupGeoTargets"]["items"] * 2
BALANCER = {"internalLoadBalancers": [{"loadBalancerType": "regionalL4ilb", "ipAddress": "10.0.0.2"}]}
MIXED = [*TWICE[:1], {"location": "us-west1", "rrdatas": ["198.51.100.3"]}]


def bad(name: str, source: str, body: Any, says: str, reason: str = "invalid", path: str = SETS) -> Rule:
    return Rule(name, source, "POST", path, body, 400, reason, says)


RULES = [
    bad("zone: no description", "dns.v1.json", {"name": "y", "dnsName": "y.example."}, "is required but was missing",
        "required", ZONES),
    bad("zone: domain without its dot", "dns.v1.json", changed(ZONE, name="y", dnsName="y.example"), "dnsName", path=ZONES),
    bad("zone: name", "dns.v1.json", changed(ZONE, name="Y"), "managedZone.name", path=ZONES),
    bad("zone: private without networks", "dns.v1.json", changed(ZONE, name="y", visibility="private"),
        "needs networks", path=ZONES),
    bad("record: outside the zone", RECORDS_DOC, changed(A, name="a.example.org."), "entity.rrset.name"),
    bad("record: not absolute", RECORDS_DOC, changed(A, name="b.example.com"), "entity.rrset.name"),
    bad("record: type", RECORDS_DOC, changed(A, type="B"), "entity.rrset.type"),
    bad("record: no ttl", RECORDS_DOC, changed(A, ttl=None), "ttl' parameter is required", "required"),
    bad("record: no address", RECORDS_DOC, changed(A, name="b.example.com.", rrdatas=["b"]), "rrdata[0]"),
    bad("record: data twice", RECORDS_DOC, changed(A, name="b.example.com.", rrdatas=A["rrdatas"] * 2), "duplicate"),
    bad("record: neither data nor policy", RECORDS_DOC, changed(A, rrdatas=None), "Exactly one of rrdatas"),
    bad("record: data and policy", "dns.v1.json, ResourceRecordSet.routingPolicy",
        changed(FAILOVER, rrdatas=["198.51.100.1"]), "Exactly one of rrdatas and routingPolicy"),
    bad("record: two aliases", RECORDS_DOC,
        {"name": "c.example.com.", "type": "CNAME", "ttl": 1, "rrdatas": ["a.example.com.", "b.example.com."]},
        "exactly one record"),
    bad("record: an alias beside others", RECORDS_DOC,
        {"name": "a.example.com.", "type": "CNAME", "ttl": 1, "rrdatas": ["b.example.com."]},
        "may have either one CNAME", "cnameResourceRecordSetConflict"),
    bad("policy: two kinds", POLICY_DOC,
        at("routingPolicy.geo", {"items": [{"location": "us-east1", "rrdatas": ["198.51.100.1"]}]}), "Exactly one of"),
    bad("policy: trickle", POLICY_DOC, at(f"{POLICY}.trickleTraffic", 2), "between 0 and 1"),
    bad("policy: location twice", POLICY_DOC, at(f"{POLICY}.backupGeoTargets.items", TWICE), "Duplicate geo locations"),
    bad("policy: no such location", POLICY_DOC, at(f"{POLICY}.backupGeoTargets.items.0.location", "moon"),
        "Google Cloud region"),
    bad("policy: checked and plain targets", POLICY_DOC, at(f"{POLICY}.backupGeoTargets.items", MIXED), "can't be mixed"),
    bad("record: text that is not in the presentation form", RECORDS_DOC,
        changed(A, name="t.example.com.", type="TXT", rrdatas=['"open']), "rrdata[0]"),
    bad("policy: no backup", POLICY_DOC, at(f"{POLICY}.backupGeoTargets", None), "needs backup targets"),
    bad("policy: no primary", POLICY_DOC, at(f"{POLICY}.primaryTargets", None), "Exactly one of internalLoadBalancers"),
    bad("policy: internal balancer in a public zone", POLICY_DOC, at(f"{POLICY}.primaryTargets", BALANCER),
        "need a private zone"),
    bad("policy: endpoints without a health check", POLICY_DOC, at("routingPolicy.healthCheck", None),
        "need a health check"),
    bad("policy: no such health check", POLICY_DOC, at("routingPolicy.healthCheck", f"{LINK}/none"), "does not exist"),
    bad("policy: health check without source regions", POLICY_DOC, at("routingPolicy.healthCheck", f"{LINK}/plain"),
        "exactly 3 source regions"),
    bad("policy: health check that is no URL", POLICY_DOC, at("routingPolicy.healthCheck", "hc"), "must be the URL"),
    bad("policy: a type that has none", POLICY_DOC, changed(FAILOVER, type="NS"), "not supported for this record type"),
    bad("policy: endpoint that is no address", POLICY_DOC,
        at(f"{POLICY}.primaryTargets.externalEndpoints", ["a.example.com."]), "not an address"),
    Rule("record exists", "dns.v1.json", "POST", SETS, A, 409, "alreadyExists", "named 'a.example.com. (A)' already"),
    Rule("zone exists", "dns.v1.json", "POST", ZONES, ZONE, 409, "alreadyExists", "named 'z' already exists"),
    Rule("no zone", "dns.v1.json", "GET", f"{ZONES}/none", None, 404, "notFound", "'parameters.managedZone' resource"),
    Rule("no record", "dns.v1.json", "GET", f"{SETS}/none.example.com./A", None, 404, "notFound", "does not exist"),
    Rule("type without name", "dns.v1.json", "GET", f"{SETS}?type=A", None, 400, "required", "parameters.name"),
    Rule("apex", "https://cloud.google.com/dns/docs/records", "DELETE", f"{SETS}/example.com./SOA", None, 400,
         "invalidZoneApex", "exactly one resource record set of type 'SOA'"),
    Rule("zone with records", "dns.v1.json", "DELETE", f"{ZONES}/z", None, 400, "containerNotEmpty", "contains one or more"),
    Rule("change: deletion differs", "dns.v1.json, Change.deletions", "POST", CHANGES,
         {"deletions": [changed(A, ttl=60)]}, 412, "conditionNotMet", "Precondition not met"),
    Rule("change: deletion of nothing", "dns.v1.json", "POST", CHANGES,
         {"deletions": [changed(A, name="none.example.com.")]}, 404, "notFound", "entity.change.deletions[0]"),
    Rule("change: addition exists", "dns.v1.json", "POST", CHANGES, {"additions": [A]}, 409, "alreadyExists",
         "entity.change.additions[0]"),
    Rule("change: empty", "dns.v1.json", "POST", CHANGES, {}, 400, "required", "entity.change"),
    Rule("change: apex goes", "https://cloud.google.com/dns/docs/records", "POST", CHANGES, "SOA", 400,
         "invalidZoneApex", "exactly one"),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(zone: RunningCloud, rule: Rule) -> None:
    if rule.body == "SOA":
        soa = zone.request("GET", f"{SETS}/example.com./SOA")[1]
        rule = Rule(**{**vars(rule), "body": {"deletions": [soa]}})
    before = zone.request("GET", SETS)[1]
    rule.check(zone)
    assert zone.request("GET", SETS)[1] == before


def test_the_recorded_failover_record_is_accepted(zone: RunningCloud) -> None:
    made = make(zone, SETS, FAILOVER)
    assert made["routingPolicy"]["primaryBackup"]["primaryTargets"] == {"externalEndpoints": ["198.51.100.1"]}
    status, _unused, message = refused(zone, "DELETE", f"{CHECKS}/hc")
    assert status == 400 and "app.example.com. A" in message
    make(zone, CHANGES, {"deletions": [FAILOVER]})
    make(zone, f"{CHECKS}/hc", None, verb="DELETE")


def test_a_change_is_pending_then_done(zone: RunningCloud) -> None:
    zone.admin("PATCH", "settings", {"latency": {"dns": 0.5}})
    new = changed(A, rrdatas=["198.51.100.9"])
    _unused, started = zone.request("POST", CHANGES, {"deletions": [A], "additions": [new]})
    assert started["status"] == "pending"
    zone.settle()
    assert zone.request("GET", f"{CHANGES}/{started['id']}")[1]["status"] == "done"
    assert zone.request("GET", f"{SETS}/a.example.com./A")[1]["rrdatas"] == ["198.51.100.9"]


def test_patch_swaps_data_for_a_policy(zone: RunningCloud) -> None:
    policy = {"routingPolicy": FAILOVER["routingPolicy"]}
    make(zone, f"{SETS}/a.example.com./A", policy, verb="PATCH")
    found = zone.request("GET", f"{SETS}/a.example.com./A")[1]
    assert "rrdatas" not in found and found["ttl"] == 30
    make(zone, f"{SETS}/a.example.com./A", {"rrdatas": ["198.51.100.3"], "ttl": 5}, verb="PATCH")
    assert "routingPolicy" not in zone.request("GET", f"{SETS}/a.example.com./A")[1]


@pytest.mark.parametrize(
    ("sent", "kept"), [("one", '"one"'), ("v=spf1 -all", '"v=spf1" "-all"'), ('"v=spf1 -all"', '"v=spf1 -all"')]
)
def test_text_without_quotes_is_split_on_its_spaces(zone: RunningCloud, sent: str, kept: str) -> None:
    """https://cloud.google.com/dns/docs/records; terraform's google_dns_record_set says the same of an SPF record."""
    made = make(zone, SETS, {"name": "t.example.com.", "type": "TXT", "ttl": 30, "rrdatas": [sent]})
    assert made["rrdatas"] == [kept]


def test_a_new_zone_has_its_own_records(zone: RunningCloud) -> None:
    found = {item["type"]: item for item in zone.request("GET", SETS)[1]["rrsets"] if item["name"] == "example.com."}
    assert set(found) == {"NS", "SOA"} and len(found["NS"]["rrdatas"]) == 4


def test_zone_labels_and_deletion(zone: RunningCloud) -> None:
    make(zone, f"{ZONES}/z", {"labels": {"a": "b"}}, verb="PATCH")
    assert zone.request("GET", f"{ZONES}/z")[1]["labels"] == {"a": "b"}
    assert "can't be changed" in refused(zone, "PATCH", f"{ZONES}/z", {"dnsName": "other.example."})[2]
    make(zone, f"{SETS}/a.example.com./A", None, verb="DELETE")
    assert zone.request("DELETE", f"{ZONES}/z")[0] == 204


def test_weights_may_mix_plain_data_with_internal_balancers(zone: RunningCloud) -> None:
    """Recorded from Google, in a private zone; external endpoints beside plain data stay refused (see RULES)."""
    make(zone, f"{COMPUTE}/global/networks", {"name": "dns-net", "autoCreateSubnetworks": False})
    network = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/networks/dns-net"
    private = {"networks": [{"networkUrl": network}]}
    make(zone, ZONES, {"name": "p", "dnsName": "a.test.", "description": "", "visibility": "private",
                       "privateVisibilityConfig": private})  # fmt: skip
    balancer = {"loadBalancerType": "regionalL4ilb", "ipAddress": "10.0.0.9", "port": "80", "ipProtocol": "tcp",
                "networkUrl": network, "project": PROJECT, "region": "europe-west1"}  # fmt: skip
    items = [
        {"weight": 0.5, "rrdatas": ["192.0.2.1"]},
        {"weight": 0.5, "healthCheckedTargets": {"internalLoadBalancers": [balancer]}},
    ]
    record = {"name": "a.a.test.", "type": "A", "ttl": 30, "routingPolicy": {"wrr": {"items": items}}}
    assert [item["weight"] for item in make(zone, f"{ZONES}/p/rrsets", record)["routingPolicy"]["wrr"]["items"]] == [
        0.5,
        0.5,
    ]
