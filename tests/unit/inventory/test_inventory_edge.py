"""What stands before the clusters: what is denied, who is probed, and who answers when the primary doesn't."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.edge import (
    dns_answer,
    dns_health_check,
    waf_rules,
)


@pytest.mark.parametrize(
    ("options", "actions"),
    [
        ({}, [(1000, "deny(403)"), (1010, "deny(403)"), (2147483647, "allow")]),
        ({"rate_limit": 60}, [(1000, "deny(403)"), (1010, "deny(403)"), (2000, "throttle"), (2147483647, "allow")]),
    ],
)
def test_rules_are_ordered_and_end_with_what_google_ends_with(options: dict[str, Any], actions: list[Any]) -> None:
    rules = waf_rules(["sqli-v33-stable", "xss-v33-stable"], **options)
    assert [(rule["priority"], rule["action"]) for rule in rules] == actions
    expression = "evaluatePreconfiguredWaf('sqli-v33-stable', {'sensitivity': 1})"
    assert rules[0]["match"] == {"expr": {"expression": expression}}


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_is_of_the_rule_sets_alone(preview: bool) -> None:
    rules = waf_rules(["sqli-v33-stable"], preview=preview, rate_limit=60)
    assert [rule.get("preview") for rule in rules] == [preview, None, None]


def test_the_limit_is_a_minutes_requests_of_one_address() -> None:
    (limit,) = (rule for rule in waf_rules([], rate_limit=60) if rule["action"] == "throttle")
    assert limit["rateLimitOptions"]["rateLimitThreshold"] == {"count": 60, "intervalSec": 60}
    assert limit["rateLimitOptions"]["enforceOnKey"] == "IP"


CHECK = {"port": 443, "path": "/ping", "interval": 30, "timeout": 5, "healthy": 2, "unhealthy": 3}


@pytest.mark.parametrize(
    ("kind", "field", "request_fields"),
    [
        ("TCP", "tcpHealthCheck", {"port": 443}),
        ("HTTP", "httpHealthCheck", {"port": 443, "requestPath": "/ping", "host": "a.example"}),
        ("HTTPS", "httpsHealthCheck", {"port": 443, "requestPath": "/ping", "host": "a.example"}),
    ],
)
def test_a_probe_asks_for_a_host_that_is_served(kind: str, field: str, request_fields: dict[str, Any]) -> None:
    found = dns_health_check({**CHECK, "type": kind}, host="a.example", regions=["x", "y", "z"])
    assert found == {
        "type": kind,
        "checkIntervalSec": 30,
        "timeoutSec": 5,
        "healthyThreshold": 2,
        "unhealthyThreshold": 3,
        "sourceRegions": ["x", "y", "z"],
        field: request_fields,
    }


def test_one_cluster_answers_alone() -> None:
    assert dns_answer({"a": "r1"}, name="edge", primary="a") == {"rrdatas": ["${address/edge-a:address}"]}


def test_the_others_answer_in_the_primarys_place_wherever_it_stands_in_the_inventory() -> None:
    regions = {"a": "r1", "b": "r2", "c": "r3"}
    policy = dns_answer(regions, name="edge", primary="b", targets={"c": "192.0.2.3"}, trickle=0.1)["routingPolicy"]
    assert policy["healthCheck"] == "${health_check/edge-dns:selfLink}"
    backup = policy["primaryBackup"]
    assert backup["trickleTraffic"] == 0.1
    assert backup["primaryTargets"] == {"externalEndpoints": ["${address/edge-b:address}"]}
    assert backup["backupGeoTargets"]["items"] == [
        {"location": "r1", "healthCheckedTargets": {"externalEndpoints": ["${address/edge-a:address}"]}},
        {"location": "r3", "healthCheckedTargets": {"externalEndpoints": ["192.0.2.3"]}},
    ]
