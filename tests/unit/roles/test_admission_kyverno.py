"""One variable chooses the engine of the admission rules, everywhere that must know of it; the rules are the same."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.controllers import CALLING

from tests.support.roles import INVENTORIES, evaluated, rendered

PODS = {"app.kubernetes.io/name": "kyverno"}
WRITES = {"create", "delete", "deletecollection", "patch", "update", "*"}
JUDGED = ("failurePolicy", "matchConstraints", "variables", "validations")
ADMISSION = "admissionregistration.k8s.io"


def policies(inventory: str, **changes: Any) -> dict[tuple[str, str], dict[str, Any]]:
    objects = rendered("admission", inventory, "policy.yml.j2", **changes)
    return {(o["kind"], o["metadata"]["name"]): o["spec"] for o in objects}


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_both_engines_judge_by_the_same_rules(inventory: str) -> None:
    actions = {"admission_action": "Audit", "admission_actions": {"volume-types": "Warn"}}
    own = policies(inventory, **actions)
    others = policies(inventory, admission_engine="kyverno", **actions)
    names = {name for kind, name in own if kind == "ValidatingAdmissionPolicy"}
    assert set(others) == {("ValidatingPolicy", name) for name in names}
    for name in names:
        policy, binding = own["ValidatingAdmissionPolicy", name], own["ValidatingAdmissionPolicyBinding", name]
        spec = others["ValidatingPolicy", name]
        assert {key: spec.get(key) for key in JUDGED} == {key: policy.get(key) for key in JUDGED}
        assert spec["validationActions"] == binding["validationActions"]
        assert spec["validationActions"] == ["Warn" if name == "pingpong-volume-types" else "Audit"]


@pytest.mark.parametrize("engine", ["kubernetes", "kyverno", None])
@pytest.mark.parametrize("inventory", INVENTORIES)
def test_verify_measures_kyverno_where_it_is(inventory: str, engine: str | None) -> None:
    changes = {} if engine is None else {"admission_engine": engine}
    for variable in ("verify_policy_namespaces", "verify_pod_security_namespaces"):
        assert ("kyverno" in evaluated("verify", inventory, variable, **changes)) is (engine == "kyverno")


def kyverno(template: str, inventory: str = "production", **changes: Any) -> dict[str, list[dict[str, Any]]]:
    made: dict[str, list[dict[str, Any]]] = {}
    for one in rendered("admission", inventory, template, **changes):
        made.setdefault(one["kind"], []).append(one)
    return made


def test_it_writes_its_own_objects_and_no_other() -> None:
    access = kyverno("kyverno-access.yml.j2")
    roles = {role["metadata"]["name"]: role["rules"] for role in access["ClusterRole"]}
    writes = [rule for rule in roles["pingpong-kyverno"] if set(rule["verbs"]) & WRITES]
    webhooks = [rule for rule in writes if rule["apiGroups"] == [ADMISSION]]
    # What an object's name is can't limit who makes one.
    assert [set(rule["resourceNames"]) for rule in webhooks if "create" not in rule["verbs"]] == [set(CALLING)]
    assert {name for rule in writes if rule not in webhooks for name in rule["resources"]} == {"*/status", "events"}
    assert {role["metadata"]["namespace"] for role in access["Role"]} == {"kyverno"}


def test_its_webhooks_belong_to_a_role_that_goes_with_it() -> None:
    """By https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/controllers/webhook/controller.go, buildOwner."""
    (owner,) = [role for role in kyverno("kyverno-access.yml.j2")["ClusterRole"] if not role["rules"]]
    assert owner["metadata"]["name"].endswith(":webhook")
    assert owner["metadata"]["labels"] == {"app.kubernetes.io/component": "kyverno"}


@pytest.mark.parametrize(("inventory", "replicas"), [("production", 2), ("staging", 2), ("local", 1)])
def test_it_is_there_twice_where_there_are_nodes_for_it(inventory: str, replicas: int) -> None:
    made = kyverno("kyverno.yml.j2", inventory)
    (deployment,) = made["Deployment"]
    assert deployment["spec"]["replicas"] == replicas
    assert ("PodDisruptionBudget" in made) is (replicas > 1)
    assert deployment["spec"]["template"]["metadata"]["labels"] == PODS == made["Service"][0]["spec"]["selector"]


def test_the_port_that_the_api_server_calls_is_open_and_no_other() -> None:
    (deployment,) = kyverno("kyverno.yml.j2")["Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    (port,) = [port["containerPort"] for port in container["ports"]]
    (ingress,) = evaluated("admission", "production", "__admission_kyverno_network")["ingress"]
    assert ingress == {"ports": [{"port": port}]}
    assert f"--webhookServerPort={port}" in container["args"]
