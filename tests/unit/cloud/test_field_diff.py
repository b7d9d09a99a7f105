"""What counts as a difference, and what never does."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.registry import KINDS
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.diff import Comparison, merge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PROJECT = "p"
COMPUTE = "https://www.googleapis.com/compute/v1"

SAME: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("undeclared fields are the server's", "firewall", {"priority": 1}, {"priority": 1, "disabled": True}),
    ("an integer as a string", "firewall", {"priority": 1000}, {"priority": "1000"}),
    (
        "a link in full",
        "firewall",
        {"network": "global/networks/n"},
        {"network": f"{COMPUTE}/projects/p/global/networks/n"},
    ),
    ("a link by project", "firewall", {"network": "projects/p/global/networks/n"}, {"network": "global/networks/n"}),
    (
        "a link of another API",
        "feature",
        {"spec": {"x": "//container.googleapis.com/projects/p/a"}},
        {"spec": {"x": "projects/p/a"}},
    ),
    ("a bare name where the server shortens", "cluster", {"network": "projects/p/global/networks/n"}, {"network": "n"}),
    ("a set in another order", "firewall", {"sourceRanges": ["a", "b"]}, {"sourceRanges": ["b", "a"]}),
    (
        "objects in another order",
        "firewall",
        {"allowed": [{"IPProtocol": "tcp"}, {"IPProtocol": "udp"}]},
        {"allowed": [{"IPProtocol": "udp"}, {"IPProtocol": "tcp"}]},
    ),
    (
        "a server's default inside an element",
        "router",
        {"nats": [{"name": "n"}]},
        {"nats": [{"name": "n", "type": "PUBLIC"}]},
    ),
    ("false and absent", "subnetwork", {"privateIpGoogleAccess": False}, {}),
    ("empty and absent", "firewall", {"sourceTags": [], "logConfig": {}}, {}),
    ("nested false and absent", "cluster", {"legacyAbac": {"enabled": False}}, {"legacyAbac": {}}),
    ("removed and absent", "firewall", {"sourceTags": None}, {}),
    ("a default and absent", "network", {"mtu": 1460}, {}),
    ("a default inside an element", "router", {"nats": [{"name": "n", "type": "PUBLIC"}]}, {"nats": [{"name": "n"}]}),
    ("unset and absent where there is a default", "network", {"mtu": None, "routingConfig": {"routingMode": ""}}, {}),
    (
        "unspecified and absent where there is a default",
        "cluster",
        {"networkConfig": {"datapathProvider": "DATAPATH_PROVIDER_UNSPECIFIED"}},
        {"networkConfig": {}},
    ),
    ("unspecified and empty", "cluster", {"releaseChannel": {"channel": "UNSPECIFIED"}}, {"releaseChannel": {}}),
    ("one of two, whatever it holds", "secret", {"replication": {"automatic": {}}}, {"replication": {"automatic": {}}}),
    ("an output-only field", "subnetwork", {"gatewayAddress": "10.0.0.1"}, {"gatewayAddress": "10.0.0.2"}),
    ("what matters at creation alone", "cluster", {"initialClusterVersion": "1.33"}, {"initialClusterVersion": "1.34"}),
    (
        "what a disk was made from",
        "instance",
        {"disks": [{"boot": True, "initializeParams": {"sourceImage": "i"}}]},
        {"disks": [{"boot": True, "source": "s"}]},
    ),
    (
        "a whole number as a fraction",
        "subnetwork",
        {"logConfig": {"flowSampling": 1.0}},
        {"logConfig": {"flowSampling": 1}},
    ),
    (
        "a rounded number",
        "subnetwork",
        {"logConfig": {"flowSampling": 0.1}},
        {"logConfig": {"flowSampling": 0.10000000149}},
    ),
    ("a place in capitals", "bucket", {"location": "europe-west1"}, {"location": "EUROPE-WEST1"}),
    ("a protocol in capitals", "firewall", {"allowed": [{"IPProtocol": "TCP"}]}, {"allowed": [{"IPProtocol": "tcp"}]}),
    (
        "a time in another form",
        "cluster",
        {"maintenancePolicy": {"window": {"startTime": "2026-01-01T02:00:00+01:00"}}},
        {"maintenancePolicy": {"window": {"startTime": "2026-01-01T01:00:00.000Z"}}},
    ),
    (
        "a network of the size that was asked for",
        "cluster",
        {"ipAllocationPolicy": {"clusterIpv4CidrBlock": "/14", "createSubnetwork": True}},
        {"ipAllocationPolicy": {"clusterIpv4CidrBlock": "10.4.0.0/14"}},
    ),
    (
        "a project by its number",
        "feature",
        {"spec": {"configMembership": "projects/p/locations/l/memberships/m"}},
        {"spec": {"configMembership": "projects/123/locations/l/memberships/m"}},
    ),
    (
        "a project by its number in a key",
        "feature",
        {"membershipSpecs": {"projects/p/locations/l/memberships/m": {"mesh": {"management": "A"}}}},
        {"membershipSpecs": {"projects/123/locations/l/memberships/m": {"mesh": {"management": "A"}}}},
    ),
    (
        "the default rule of a policy",
        "security_policy",
        {"rules": [{"priority": 5}]},
        {"rules": [{"priority": 5}, {"priority": 2147483647, "action": "allow"}]},
    ),
    ("labels that others added", "address", {"labels": {"a": "1"}}, {"labels": {"a": "1", "goog-x": "2"}}),
]

DIFFERENT: list[tuple[str, str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("another value than the default", "network", {"mtu": 1500}, {}, ["mtu"]),
    (
        "false where the default is true",
        "instance",
        {"scheduling": {"automaticRestart": False}},
        {"scheduling": {}},
        ["scheduling.automaticRestart"],
    ),
    (
        "the other one of two, both empty",
        "secret",
        {"replication": {"automatic": {}}},
        {"replication": {"userManaged": {}}},
        ["replication"],
    ),
    ("a value", "firewall", {"priority": 1}, {"priority": 2}, ["priority"]),
    ("an absent value", "subnetwork", {"privateIpGoogleAccess": True}, {}, ["privateIpGoogleAccess"]),
    (
        "a nested value",
        "cluster",
        {"releaseChannel": {"channel": "REGULAR"}},
        {"releaseChannel": {"channel": "RAPID"}},
        ["releaseChannel.channel"],
    ),
    ("an element too many", "firewall", {"sourceRanges": ["a"]}, {"sourceRanges": ["a", "b"]}, ["sourceRanges"]),
    ("an element twice", "firewall", {"sourceRanges": ["a", "a"]}, {"sourceRanges": ["a", "b"]}, ["sourceRanges"]),
    (
        "an element of a keyed list",
        "router",
        {"nats": [{"name": "n", "type": "PUBLIC"}]},
        {"nats": [{"name": "n", "type": "PRIVATE"}]},
        ["nats[n].type"],
    ),
    (
        "a keyed element that is missing",
        "subnetwork",
        {"secondaryIpRanges": [{"rangeName": "pods"}]},
        {},
        ["secondaryIpRanges[pods]"],
    ),
    ("a keyed element too many", "security_policy", {"rules": []}, {"rules": [{"priority": 5}]}, ["rules[5]"]),
    ("a field to remove", "firewall", {"sourceTags": None}, {"sourceTags": ["x"]}, ["sourceTags"]),
    (
        "a link to another project",
        "firewall",
        {"network": "projects/q/global/networks/n"},
        {"network": "global/networks/n"},
        ["network"],
    ),
    (
        "a link where names are not shortened",
        "firewall",
        {"network": "global/networks/n"},
        {"network": "n"},
        ["network"],
    ),
    (
        "a link to another project by its number",
        "firewall",
        {"network": "projects/q/global/networks/n"},
        {"network": "projects/123/global/networks/m"},
        ["network"],
    ),
    (
        "another number",
        "subnetwork",
        {"logConfig": {"flowSampling": 0.7}},
        {"logConfig": {}},
        ["logConfig.flowSampling"],
    ),
    (
        "another time",
        "cluster",
        {"maintenancePolicy": {"startTime": "2026-01-01T01:00:00Z"}},
        {"maintenancePolicy": {"startTime": "2026-01-01T01:00:01Z"}},
        ["maintenancePolicy.startTime"],
    ),
    (
        "a network of another size",
        "cluster",
        {"ipAllocationPolicy": {"clusterIpv4CidrBlock": "/14"}},
        {"ipAllocationPolicy": {"clusterIpv4CidrBlock": "10.4.0.0/16"}},
        ["ipAllocationPolicy.clusterIpv4CidrBlock"],
    ),
    ("a path that ends alike", "health_check", {"path": "/1"}, {"path": "/v/1"}, ["path"]),
    ("a text in capitals", "firewall", {"description": "A"}, {"description": "a"}, ["description"]),
    (
        "the default rule, when it is declared",
        "security_policy",
        {"rules": [{"priority": 2147483647, "action": "deny(403)"}]},
        {"rules": [{"priority": 2147483647, "action": "allow"}]},
        ["rules[2147483647].action"],
    ),
    ("a label", "address", {"labels": {"a": "1"}}, {"labels": {"a": "2"}}, ["labels.a"]),
    ("zero and a number", "firewall", {"priority": 0}, {"priority": 5}, ["priority"]),
]


@pytest.mark.parametrize(("kind", "desired", "live"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_no_difference(kind: str, desired: dict[str, Any], live: dict[str, Any]) -> None:
    assert Comparison(KINDS[kind], PROJECT).diffs(desired, live) == []


@pytest.mark.parametrize(
    ("kind", "desired", "live", "paths"), [row[1:] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT]
)
def test_difference(kind: str, desired: dict[str, Any], live: dict[str, Any], paths: list[str]) -> None:
    assert [diff.path for diff in Comparison(KINDS[kind], PROJECT).diffs(desired, live)] == paths


_LEAVES = st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b/c", "projects/p/x"])
_VALUES = _LEAVES | st.lists(_LEAVES, max_size=3) | st.dictionaries(st.sampled_from("abc"), _LEAVES, max_size=3)
_BODIES = st.dictionaries(st.sampled_from("xyz"), _VALUES, max_size=3)
# A busy machine generates slowly; that says nothing of the code.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_PATIENT
@given(_BODIES)
def test_a_body_never_differs_from_itself(body: dict[str, Any]) -> None:
    assert Comparison(KINDS["firewall"], PROJECT).diffs(body, body) == []


@_PATIENT
@given(_BODIES, _BODIES)
def test_what_is_merged_meets_the_options(desired: dict[str, Any], live: dict[str, Any]) -> None:
    kind = KINDS["firewall"]
    assert Comparison(kind, PROJECT).diffs(desired, merge(kind, desired, live)) == []
