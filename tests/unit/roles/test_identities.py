"""Nothing in the mesh is asked for anything by anybody whom no policy names: the parts of that agree."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.roles import INVENTORIES, evaluated

DEFAULTS = {"ping_callers", "ping_metrics_callers"}


@pytest.fixture(params=INVENTORIES)
def inventory(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def policies(inventory: str) -> dict[tuple[str, str], Any]:
    found = evaluated("mesh", inventory, "__mesh_policies")
    return {
        (policy["metadata"]["namespace"], policy["metadata"]["name"]): policy["spec"]
        for policy in found
        if policy["kind"] == "AuthorizationPolicy"
    }


def test_the_whole_mesh_denies_and_only_the_gateway_takes_whoever_comes(inventory: str) -> None:
    assert policies(inventory) == {
        ("istio-system", "deny-by-default"): {},
        ("istio-ingress", "istio-ingressgateway"): {
            "selector": {"matchLabels": {"istio": "ingressgateway"}},
            "action": "ALLOW",
            "rules": [{"to": [{"operation": {"ports": ["443"]}}]}],
        },
    }


def test_every_instance_of_the_mesh_names_its_callers_and_never_itself(inventory: str) -> None:
    for release in evaluated("ping", inventory, "__ping_releases"):
        values, own = release["values"], release["name"]
        if values.get("authorizationPolicy", {}).get("enabled", True):
            accounts = {caller.get("serviceAccount") for caller in values["callers"]}
            assert {"istio-ingressgateway"} < accounts and own not in accounts
            assert all(caller.get("paths") and caller.get("methods") for caller in values["callers"]
                       if caller.get("serviceAccount"))  # fmt: skip


def test_the_gateway_may_ask_for_what_is_reachable_from_outside(inventory: str) -> None:
    callers = evaluated("ping", inventory, "ping_callers")
    (gateway,) = (caller for caller in callers if caller["namespace"] == "istio-ingress")
    assert set(evaluated("ping", inventory, "ping_paths")) <= set(gateway["paths"])


def test_verify_expects_what_ping_declares(inventory: str) -> None:
    defaults = {name: evaluated("ping", inventory, name) for name in (*DEFAULTS, "ping_instances")}
    expected = evaluated("verify", inventory, "__verify_declared_callers", __verify_ping=defaults)
    found = {
        (entry["namespace"], entry["port"]): {caller["namespace"] for caller in entry["callers"]} for entry in expected
    }
    assert found == {
        ("pingpong-a", 8080): {"pingpong-b", "istio-ingress"},
        ("pingpong-a", 9080): {"monitoring"},
        ("pingpong-b", 8080): {"pingpong-a", "istio-ingress"},
        ("pingpong-b", 9080): {"monitoring"},
    }


@pytest.mark.parametrize("counter", ["http.inbound_0.0.0.0_8080;.rbac.denied", "tcp.rbac.denied"])
def test_a_refusal_is_counted_where_the_proof_looks(counter: str) -> None:
    shown = evaluated(
        "mesh", "local", "__mesh_istiod_values.meshConfig.defaultConfig.proxyStatsMatcher.inclusionRegexps"
    )
    assert [pattern for pattern in shown if re.fullmatch(pattern, counter)]
