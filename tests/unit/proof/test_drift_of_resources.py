"""What in a project is drift: ways in, what is ours by name, label or place; and what is GKE's for declared objects."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import locate
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import read, stack_plan
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.cloud import Project, cloud_cells
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.exceptions import Bench

Live = dict[str, Any]
BENCH = Bench("cloud", [], date(2026, 6, 1))
LINK = "https://www.googleapis.com/compute/v1/projects/p"
DECLARED = [
    {"kind": "network", "name": "net"},
    {"kind": "cluster", "name": "net-a", "location": "r"},
    {"kind": "subnetwork", "name": "net-proxies", "region": "r"},
    {"kind": "firewall", "name": "net-deny"},
    {"kind": "address", "name": "edge", "region": "r"},
    {"kind": "dns_zone", "name": "zone"},
    {"kind": "dns_record", "name": "a.example.", "zone": "zone", "type": "A"},
    {"kind": "secret", "name": "db"},
    {"kind": "node_pool", "name": "main", "cluster": "net-a", "location": "r"},
]
LOCATED = [locate(dict(item), "p") for item in DECLARED]
EDGE = {
    "name": "edge",
    "address": "198.51.100.1",
    "selfLink": f"{LINK}/regions/r/addresses/edge",
    "region": f"{LINK}/regions/r",
}
PROXIES = {
    "name": "net-proxies",
    "ipCidrRange": "10.9.0.0/23",
    "purpose": "REGIONAL_MANAGED_PROXY",
    "selfLink": f"{LINK}/regions/r/subnetworks/net-proxies",
}


def found(kind: str, live: Live, result: Live | None = None) -> list[Cell]:
    """The cells that are not a pass where ``live`` is in the kind's collection; ways in have lists of their own."""
    declared = read([stack_plan(DECLARED, result or {})])
    pairs = list(zip(LOCATED, [change for _unused, change in declared.resources], strict=True))
    shown = {"subnetwork": PROXIES, kind: live}
    listings = {(one.kind.name, one.collection): [shown[one.kind.name]] for one in LOCATED if one.kind.name in shown}
    project = Project(
        pairs,
        listings,
        [live] if kind == "forwarding_rule" else [],
        [EDGE, *([live] if kind == "public address" else [])],
        {"shop/cart"},
        frozenset(one.item for one in LOCATED),
        proxy_ranges=["10.10.0.0/23"],
    )
    return [cell for cell in cloud_cells(BENCH, project, declared.cloud_changes) if cell.verdict != "pass"]


def rule(name: str, *sources: str, **fields: Any) -> Live:
    base = {"name": name, "network": f"{LINK}/global/networks/net", "sourceRanges": list(sources)}
    return {**base, "allowed": [{"IPProtocol": "tcp", "ports": ["80"]}], **fields}


def of_service(name: str) -> str:
    return json.dumps({"kubernetes.io/service-name": name})


def forwarding(name: str, address: str, scheme: str = "EXTERNAL", **fields: Any) -> Live:
    return {"name": name, "IPAddress": address, "loadBalancingScheme": scheme, "region": f"{LINK}/regions/r", **fields}


GKE = "a0123456789abcdef0123456789abcde"
TABLE: list[tuple[str, str, Live, str]] = [
    ("a declared rule", "firewall", rule("net-deny"), ""),
    ("a rule by hand", "firewall", rule("x", "0.0.0.0/0"), "it lets 0.0.0.0/0 in on tcp:80, in our network"),
    ("a rule by hand from inside", "firewall", rule("x", "10.0.0.0/8"), "it lets 10.0.0.0/8 in"),
    ("a rule of another network", "firewall", rule("x", "0.0.0.0/0", network=f"{LINK}/global/networks/other"), ""),
    ("a rule that is off", "firewall", rule("x", "0.0.0.0/0", disabled=True), ""),
    ("GKE's, from inside", "firewall", rule("gke-net-a-1a2b3c4d-all", "10.16.0.0/16"), ""),
    ("GKE's, for health checks", "firewall", rule("k8s-1a2b-node-http-hc", "35.191.0.0/16", "130.211.0.0/22"), ""),
    ("GKE's name, from everywhere", "firewall", rule("gke-net-a-1a2b3c4d-all", "0.0.0.0/0"), "it lets 0.0.0.0/0 in"),
    ("GKE's, for a declared Service", "firewall",
     rule("k8s-fw-a01", "0.0.0.0/0", description=of_service("shop/cart")), ""),
    ("GKE's, for another Service", "firewall",
     rule("k8s-fw-a01", "0.0.0.0/0", description=of_service("shop/x")), "it lets 0.0.0.0/0 in"),
    ("a Gateway's, from health checks and proxies", "firewall",
     rule("gkegw1-1a2b-l7-net-r", "35.191.0.0/16", "130.211.0.0/22", "10.9.0.0/23"), ""),
    ("a Gateway's, from everywhere", "firewall", rule("gkegw1-1a2b-l7-net-r", "0.0.0.0/0"), "it lets 0.0.0.0/0 in"),
    ("a Gateway's, from another range inside", "firewall",
     rule("gkegw1-1a2b-l7-net-r", "35.191.0.0/16", "10.0.0.0/8"), "it lets 35.191.0.0/16, 10.0.0.0/8 in"),
    ("a Gateway's of a region that was not planned", "firewall",
     rule("gkegw1-1a2b-l7-net-s", "35.191.0.0/16", "10.10.0.0/23"), ""),
    ("a Gateway's, for machines with a tag", "firewall",
     rule("gkegw1-1a2b-l7-net-r", sourceTags=["x"]), "it lets x in"),
    ("an internal load balancer", "forwarding_rule", forwarding("x", "10.0.0.9", "INTERNAL"), ""),
    ("a load balancer by hand", "forwarding_rule", forwarding("x", "198.51.100.9"), "it publishes 198.51.100.9"),
    ("one by hand at our address", "forwarding_rule", forwarding("x", "198.51.100.1"), "it publishes 198.51.100.1"),
    ("GKE's at our address", "forwarding_rule", forwarding("gkegw1-x", "198.51.100.1"), ""),
    ("GKE's for a declared Service", "forwarding_rule",
     forwarding(GKE, "198.51.100.9", description=of_service("shop/cart")), ""),
    ("GKE's for another Service", "forwarding_rule",
     forwarding(GKE, "198.51.100.9", description=of_service("shop/x")), "it publishes 198.51.100.9"),
    ("a public address", "public address",
     {"name": "x", "address": "198.51.100.9", "selfLink": f"{LINK}/x"}, "is public"),
    ("an internal address", "public address", {"name": "x", "addressType": "INTERNAL", "selfLink": f"{LINK}/x"}, ""),
    ("an address of NAT's", "public address", {"name": "x", "purpose": "NAT_AUTO", "selfLink": f"{LINK}/x"}, ""),
    ("a record by hand", "dns_record", {"name": "b.example.", "type": "A"}, "it is inside dns_zone zone"),
    ("a record of the zone's", "dns_record", {"name": "example.", "type": "SOA"}, ""),
    ("a challenge of ACME's", "dns_record", {"name": "_acme-challenge.a.example.", "type": "TXT"}, ""),
    ("another text", "dns_record", {"name": "b.example.", "type": "TXT"}, "it is inside dns_zone zone"),
    ("a pool by hand", "node_pool", {"name": "miners"}, "it is inside cluster r/net-a"),
    ("a secret of somebody's", "secret", {"name": "projects/p/secrets/x"}, ""),
    ("a secret with our label", "secret",
     {"name": "projects/p/secrets/x", "labels": {"managed-by": "pingpong-platform"}}, "it carries our labels"),
    ("a cluster with our name", "cluster", {"name": "net-b"}, "it is named after net"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "live", "why"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_undeclared(kind: str, live: Live, why: str) -> None:
    cells = found(kind, live)
    assert [(cell.verdict, cell.case) for cell in cells] == ([("fail", "undeclared")] if why else [])
    assert why in "".join(cell.reason for cell in cells)


def test_what_a_stack_would_change_is_drift_of_that_resource() -> None:
    changed = {"key": "cluster/net-a", "action": "update", "fields": [{"field": "loggingConfig"}]}
    (cell,) = found("firewall", rule("net-deny"), {"resources": [changed]})
    assert (cell.target, cell.verdict, cell.observed) == ("cluster r/net-a", "fail", "the plan: update loggingConfig")


def test_a_stack_that_could_not_be_planned_is_inconclusive() -> None:
    (cell,) = found("firewall", rule("net-deny"), {"msg": "no credentials"})
    assert (cell.verdict, cell.reason) == ("inconclusive", "no credentials")
