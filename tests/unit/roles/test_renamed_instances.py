"""What protects, admits and proves a namespace follows the instances that run: an inventory says their names once."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.ping import (
    DEFAULT,
    instance_callers,
    instance_namespaces,
)

from tests.support.roles import INVENTORIES, ROOT, evaluated

OURS = ["pingpong-a", "pingpong-b", "pingpong-tls"]
RENAMED: list[dict[str, Any]] = [
    {"name": "checkout", "peer": "basket", "host": "a.example.com"},
    {"name": "basket", "namespace": "shop", "peer": "checkout"},
    {"name": "legacy", "mesh": False, "tls_host": "b.example.com", "ingress_host": "c.example.com"},
]
THEIRS = ["checkout", "shop", "legacy"]
MESHED = {"pingpong-a", "pingpong-b", "checkout", "shop"}


def names(entries: list[dict[str, Any]]) -> set[str]:
    return {entry["name"] for entry in entries}


def instances(renamed: bool) -> tuple[dict[str, Any], list[str], list[str]]:
    return (
        ({"ping_instances": RENAMED} if renamed else {}),
        (THEIRS if renamed else OURS),
        (OURS if renamed else THEIRS),
    )


@pytest.mark.parametrize("renamed", [False, True], ids=["as they are", "renamed"])
@pytest.mark.parametrize("inventory", INVENTORIES)
def test_each_namespace_is_made_protected_and_proved(inventory: str, renamed: bool) -> None:
    changes, here, elsewhere = instances(renamed)

    def value(role: str, name: str) -> Any:
        return evaluated(role, inventory, name, **changes)

    levels = {entry["name"]: entry for entry in value("pod_security", "pod_security_namespaces")}
    assert {name: levels[name]["level"] for name in here} == dict.fromkeys(here, "restricted")
    assert {name for name in here if levels[name].get("mesh")} == MESHED & set(here)
    policies = {entry["name"]: entry for entry in value("network_policy", "network_policy_namespaces")}
    assert {name for name in here if policies[name].get("mesh")} == MESHED & set(here)
    assert value("admission", "admission_namespaces") == here
    assert set(value("admission", "admission_mesh_namespaces")) == {*MESHED & set(here), "istio-ingress"}
    assert value("ingress", "ingress_served_namespaces") == here[2:]
    assert set(value("verify", "verify_mesh_namespaces")) == MESHED & set(here)
    assert set(here) <= set(value("verify", "verify_policy_namespaces"))
    assert {name: value("verify", "verify_pod_security_namespaces")[name] for name in here} == dict.fromkeys(
        here, "restricted"
    )
    for found in (levels, policies, value("verify", "verify_pod_security_namespaces")):
        assert not set(elsewhere) & set(found)


@pytest.mark.parametrize("renamed", [False, True], ids=["as they are", "renamed"])
def test_instances_may_call_each_other_and_ingress_what_ends_tls_itself(renamed: bool) -> None:
    changes, here, _elsewhere = instances(renamed)
    callers = evaluated("ping", "production", "ping_callers", **changes)
    peers = [caller for caller in callers if caller.get("methods") == ["GET", "POST"]]
    assert {caller["namespace"] for caller in peers} == MESHED & set(here)
    (ingress,) = (
        entry for entry in evaluated("network_policy", "production", "network_policy_namespaces", **changes)
        if entry["name"] == "ingress"
    )  # fmt: skip
    (of,) = ingress["egress"][1]["to"][0]["namespaceSelector"]["matchExpressions"]
    assert of["values"] == [here[2]]


@pytest.mark.parametrize(
    ("renamed", "asks", "counts", "url"),
    [
        (False, "pingpong-a", "pingpong-b", "http://pingpong-b.pingpong-b.svc:8080/ping"),
        (True, "checkout", "shop", "http://basket.shop.svc:8080/ping"),
    ],
)
def test_one_instance_counts_what_another_asks(renamed: bool, asks: str, counts: str, url: str) -> None:
    changes, _here, _elsewhere = instances(renamed)
    for movement in evaluated("verify", "production", "verify_movements", **changes):
        assert (movement["namespace"], movement["url"]) == (asks, url)
        assert f'{{namespace="{counts}"}}' in movement["query"]
    assert evaluated("verify", "production", "verify_movements", ping_instances=RENAMED[:1]) == []


def test_without_one_that_ends_tls_itself_ingress_reaches_no_namespace() -> None:
    found = evaluated("network_policy", "production", "network_policy_namespaces", ping_instances=RENAMED[:2])
    (ingress,) = (entry for entry in found if entry["name"] == "ingress")
    assert [rule["ports"] for rule in ingress["egress"]] == [[{"port": 8001}]]


def test_an_inventory_that_names_none_has_those_of_the_roles_default() -> None:
    default = yaml.safe_load((ROOT / "roles" / "ping" / "defaults" / "main.yml").read_text())["ping_instances"]
    assert instance_namespaces([]) == instance_namespaces(DEFAULT) == instance_namespaces(default)
    assert instance_callers([]) == instance_callers(default)


def test_one_instance_in_the_mesh_puts_its_namespace_there() -> None:
    together = [{"name": "a", "namespace": "shop", "mesh": False}, {"name": "b", "namespace": "shop"}]
    assert instance_namespaces(together) == [{"name": "shop", "mesh": True}]
