"""Verdicts of ``admission_check``, and which rules are in force."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.cases import OPTIONAL, Case, cases
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.rules import (
    Rule,
    kyverno_rules_of,
    rules_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.verdicts import (
    judge_case,
    judge_live,
    judge_presence,
    refused_by,
)

from tests.support.roles import INVENTORIES, evaluated, rendered

IMAGE = "registry.example.com/app:1"
BODY = {"apiVersion": "v1", "kind": "Pod"}
MUST = Case("drop-capabilities", "none dropped", True, BODY)
TWIN = Case("drop-capabilities", "all dropped", False, BODY)


def of_rule(name: str) -> str:
    where = f"ValidatingAdmissionPolicy 'pingpong-{name}' with binding 'pingpong-{name}' denied request"
    return f'create Pod a/x: 422 Invalid: pods "x" is forbidden: {where}: {name}: no'


def of_kyverno(*names: str, webhook: str = "vpol.validate.kyverno.svc-fail-1a2b3c4d", said: str = "failed") -> str:
    each = "; ".join(f"Policy pingpong-{name} {said}: {name}: no" for name in names)
    return f'create Pod a/x: 400 BadRequest: admission webhook "{webhook}" denied the request: {each}'


@pytest.mark.parametrize(
    ("case", "message", "verdict"),
    [
        (MUST, of_kyverno("drop-capabilities"), "pass"),
        (MUST, of_kyverno("volume-types", "drop-capabilities"), "pass"),
        (MUST, of_kyverno("run-as-non-root"), "fail"),
        (MUST, of_kyverno("drop-capabilities", said="error"), "inconclusive"),
        (MUST, of_kyverno("drop-capabilities", webhook="others.example.com"), "inconclusive"),
        (MUST, 'failed calling webhook "vpol.validate.kyverno.svc-fail": connection refused', "inconclusive"),
        (TWIN, of_kyverno("drop-capabilities"), "fail"),
        (MUST, of_rule("drop-capabilities"), "pass"),
        (MUST, of_rule("run-as-non-root"), "fail"),
        (MUST, "", "fail"),
        (MUST, 'namespaces "a" not found', "inconclusive"),
        (MUST, of_rule("drop-capabilities").replace("pingpong-", "others-"), "inconclusive"),
        (TWIN, "", "pass"),
        (TWIN, of_rule("drop-capabilities"), "fail"),
        (TWIN, "exceeded quota: small", "inconclusive"),
    ],
)
def test_a_refusal_counts_when_the_rule_itself_refused(case: Case, message: str, verdict: str) -> None:
    assert judge_case(case, message).verdict == verdict


@pytest.mark.parametrize(
    ("message", "verdict"),
    [("", "pass"), (of_rule("volume-types"), "fail"), ("exceeded quota: small", "inconclusive")],
)
def test_what_runs_is_held_against_the_rules(message: str, verdict: str) -> None:
    judgement = judge_live(message)
    assert judgement.verdict == verdict
    assert (message in judgement.reason) and ("volume-types" in judgement.observed) == (verdict == "fail")


def policy(name: str, *resources: str) -> dict[str, Any]:
    matched = {"apiGroups": [""], "resources": list(resources)}
    selector = {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["a", "b"]}]}
    constraints = {"resourceRules": [matched], "namespaceSelector": selector}
    return {"metadata": {"name": f"pingpong-{name}"}, "spec": {"matchConstraints": constraints}}


def test_a_policy_is_a_rule_in_force_when_a_binding_names_it() -> None:
    binding = {"spec": {"policyName": "pingpong-strict", "validationActions": ["Deny"]}}
    warns = {"spec": {"policyName": "pingpong-soft", "validationActions": ["Warn", "Audit"]}}
    policies = [policy("strict", "pods", "pods/ephemeralcontainers"), policy("soft"), policy("unbound")]
    assert rules_of(policies, [binding, warns]) == [
        Rule("strict", "", True, frozenset({("", "pods")}), ("a", "b")),
        Rule("soft", "", False, frozenset(), ("a", "b")),
        Rule("unbound", "no binding names its policy", False, frozenset(), ("a", "b")),
    ]


def kyverno_policy(status: dict[str, Any], *actions: str) -> dict[str, Any]:
    made = policy("strict", "pods", "pods/ephemeralcontainers")
    made["spec"]["validationActions"] = list(actions)
    kind = {"apiVersion": "policies.kyverno.io/v1", "kind": "ValidatingPolicy"}
    return {**kind, **made, "status": {"conditionStatus": status}}


CONFIGURED = {"type": "WebhookConfigured", "status": "True"}
UNREADY = {**CONFIGURED, "status": "False", "reason": "Failed", "message": "not in the webhook"}


@pytest.mark.parametrize(
    ("status", "lacks"),
    [
        ({"ready": True, "conditions": [CONFIGURED]}, ""),
        ({"ready": True}, "Kyverno's webhook does not know it yet"),
        ({"ready": False, "conditions": [UNREADY]}, "WebhookConfigured is False, Failed: not in the webhook"),
        ({}, "Kyverno's webhook does not know it yet"),
    ],
)
def test_a_policy_of_kyverno_s_is_in_force_when_its_webhook_knows_it(status: dict[str, Any], lacks: str) -> None:
    (rule,) = kyverno_rules_of([kyverno_policy(status, "Deny")])
    assert rule == Rule("strict", lacks, True, frozenset({("", "pods")}), ("a", "b"))
    assert judge_presence("strict", [rule]).verdict == ("fail" if lacks else "pass")


@pytest.mark.parametrize("action", ["Warn", "Audit"])
def test_a_policy_of_kyverno_s_that_only_warns_is_a_rule_that_refuses_nothing(action: str) -> None:
    (rule,) = kyverno_rules_of([kyverno_policy({"ready": True, "conditions": [CONFIGURED]}, action)])
    assert not rule.denies
    assert judge_presence("strict", [rule]).observed == "not enforced"


def test_a_rule_that_is_missing_is_a_failure_unless_the_inventory_has_to_ask_for_it() -> None:
    soft = Rule("volume-types", "", False, frozenset(), ())
    verdicts = {name: judge_presence(name, [soft]).verdict for name in ("volume-types", "probe-host", *OPTIONAL)}
    assert verdicts == {"volume-types": "pass", "probe-host": "fail", **dict.fromkeys(OPTIONAL, "pass")}


@pytest.mark.parametrize("name", ["volume-types", *sorted(OPTIONAL)])
def test_a_policy_that_no_binding_names_is_a_failure(name: str) -> None:
    assert judge_presence(name, [Rule(name, "unbound", False, frozenset(), ())]).verdict == "fail"


def test_no_policy_of_another_s_is_taken_for_ours() -> None:
    assert refused_by("ValidatingAdmissionPolicy 'x' with binding 'pingpong-x' denied request: volume-types: no") == ""


def test_the_table_has_a_refused_and_an_admitted_case_of_every_rule() -> None:
    declared = {rule["name"] for rule in evaluated("admission", "production", "__admission_rules")}
    table = cases(IMAGE)
    assert {case.rule for case in table if case.refused} == declared
    assert {case.rule for case in table if not case.refused} >= declared - {
        # Their twin is the plain workload.
        "no-privilege-escalation", "drop-capabilities", "resource-requests", "trusted-registries",
    }  # fmt: skip


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_every_inventory_refuses_and_production_and_staging_ask_for_digests(inventory: str) -> None:
    objects = rendered("admission", inventory, "policy.yml.j2")
    actions = {o["spec"]["policyName"]: o["spec"]["validationActions"] for o in objects if "policyName" in o["spec"]}
    assert {tuple(found) for found in actions.values()} == {("Deny",)}
    assert ("pingpong-image-digests" in actions) == (inventory != "local")
    assert "pingpong-trusted-registries" in actions
