"""A field gives way to one that excludes it, or to nothing: changed as planned, and the next run changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.engine import Engine, by_key, cases

WAF = "evaluatePreconfiguredWaf('sqli-v33-stable')"
EVERYONE = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}
LIMIT = {"conformAction": "allow", "exceedAction": "deny(429)", "rateLimitThreshold": {"count": 9, "intervalSec": 60}}
DAILY = {"dailyMaintenanceWindow": {"startTime": "03:00"}}
RECURRING = {
    "recurringWindow": {
        "window": {"startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-01T06:00:00Z"},
        "recurrence": "FREQ=DAILY",
    }
}


def rules(**fields: Any) -> dict[str, Any]:
    return {"rules": [{"priority": 7, "action": "deny(403)", "match": EVERYONE, **fields}]}


FORMS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("a rule by expression", "security_policy", rules(), rules(match={"expr": {"expression": WAF}})),
    ("a rule by addresses", "security_policy", rules(match={"expr": {"expression": WAF}}), rules()),
    (
        "a rule without a limit",
        "security_policy",
        rules(action="throttle", rateLimitOptions=LIMIT),
        rules(action="allow", rateLimitOptions=None),
    ),
    (
        "a check of another type",
        "health_check",
        {"type": "HTTPS", "httpsHealthCheck": {"port": 443}},
        {"type": "TCP", "httpsHealthCheck": None, "tcpHealthCheck": {"port": 80}},
    ),
    (
        "a rule without a log",
        "firewall",
        {"logConfig": {"enable": True, "metadata": "EXCLUDE_ALL_METADATA"}},
        {"logConfig": {"enable": False, "metadata": "EXCLUDE_ALL_METADATA"}},
    ),
    ("a subnet without logs", "subnetwork", {"logConfig": {"enable": True}}, {"logConfig": {"enable": False}}),
    (
        "another window",
        "cluster",
        {"maintenancePolicy": {"window": DAILY}},
        {"maintenancePolicy": {"window": RECURRING}},
    ),
    ("no window", "cluster", {"maintenancePolicy": {"window": DAILY}}, {"maintenancePolicy": None}),
    (
        "no Workload Identity",
        "cluster",
        {"workloadIdentityConfig": {"workloadPool": "pingpong-local.svc.id.goog"}},
        {"workloadIdentityConfig": None},
    ),
    (
        "private nodes, by the older message",
        "cluster",
        {"privateClusterConfig": {"enablePrivateNodes": False}},
        {"privateClusterConfig": {"enablePrivateNodes": True, "masterGlobalAccessConfig": {"enabled": True}}},
    ),
    (
        "a cleanup policy by count",
        "repository",
        {"cleanupPolicies": {"a": {"action": "DELETE", "condition": {"olderThan": "86400s"}}}},
        {"cleanupPolicies": {"a": {"action": "KEEP", "mostRecentVersions": {"keepCount": 3}}}},
    ),
    (
        "text of several words",
        "dns_record",
        {"type": "TXT", "rrdatas": ["one"]},
        {"type": "TXT", "rrdatas": ["v=spf1 -all"]},
    ),
]


@pytest.mark.parametrize(("kind", "first", "then"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_a_field_gives_way(engine: Engine, kind: str, first: dict[str, Any], then: dict[str, Any]) -> None:
    case = cases()[kind]
    base = {"kind": kind, "key": "it", **case["desired"]}
    engine([*case.get("needs", []), {**base, **first}])
    desired = [*case.get("needs", []), {**base, **then}]
    planned = engine(desired, check=True)
    assert by_key(planned, "it")["action"] == "update"
    changed = engine(desired)
    assert changed["warnings"] == []
    assert by_key(changed, "it")["fields"] == by_key(planned, "it")["fields"]
    assert engine(desired)["mutations"] == 0
