"""What the controller of canaries may do and ask, and who admits what it makes."""

from __future__ import annotations

from typing import Any

import yaml

from tests.support.roles import ROOT, by_name, evaluated, rendered

PODS = {"app.kubernetes.io/name": "argo-rollouts"}
WRITES = {"create", "delete", "patch", "update"}


def test_the_controller_asks_prometheus_and_nobody_else() -> None:
    policies = by_name(evaluated("network_policy", "production", "network_policy_namespaces", ping_delivery="canary"))
    (asks,) = policies["delivery"]["egress"]
    (lets,) = policies["monitoring"]["ingress"]
    assert asks["ports"] == lets["ports"] == [{"port": 9090}]
    (to,), (by,) = asks["to"], lets["from"]
    assert to["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "prometheus"}
    assert by["podSelector"]["matchLabels"] == PODS
    (deployment,) = rendered("delivery", "production", "controller.yml.j2")
    assert deployment["spec"]["template"]["metadata"]["labels"] == PODS


def access(**changes: Any) -> list[dict[str, Any]]:
    return rendered("delivery", "production", "access.yml.j2", **changes)


def test_the_controller_writes_only_in_the_namespaces_of_instances_in_the_mesh() -> None:
    instances = [{"name": "a"}, {"name": "b", "namespace": "shop"}, {"name": "c", "mesh": False}]
    objects = access(ping_instances=instances)
    everywhere = {o["roleRef"]["name"] for o in objects if o["kind"] == "ClusterRoleBinding"}
    roles = {o["metadata"]["name"]: o["rules"] for o in objects if o["kind"] == "ClusterRole"}
    for name in everywhere:
        assert not {verb for rule in roles[name] for verb in rule["verbs"]} & WRITES
    bound = {
        o["metadata"]["namespace"] for o in objects
        if o["kind"] == "RoleBinding" and o["roleRef"]["kind"] == "ClusterRole"
    }  # fmt: skip
    assert bound == {"a", "shop"}


def test_the_controller_reads_no_secret_but_its_own() -> None:
    rules = [rule for o in access() for rule in o.get("rules") or [] if "secrets" in rule["resources"]]
    assert [set(rule["resourceNames"]) for rule in rules] == [
        {"argo-rollouts-config", "argo-rollouts-notification-configmap", "argo-rollouts-notification-secret"}
    ]


def test_a_rollout_is_admitted_by_the_rules_for_what_it_runs() -> None:
    policy = rendered("admission", "production", "policy.yml.j2")[0]
    rules = policy["spec"]["matchConstraints"]["resourceRules"]
    assert any(rule["apiGroups"] == ["argoproj.io"] and "rollouts" in rule["resources"] for rule in rules)


def test_the_chart_asks_the_prometheus_of_the_platform() -> None:
    values = yaml.safe_load((ROOT / "service" / "chart" / "values.yaml").read_text())
    where = evaluated("verify", "production", "verify_prometheus")
    assert values["canary"]["prometheus"] == "http://{name}.{namespace}.svc.cluster.local:{port}".format(**where)
