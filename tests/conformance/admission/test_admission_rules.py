"""The role ``admission`` on a real API server, by either engine: each rule refuses what it is for, not its twin."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.ask import answers_to_cases
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.cases import (
    Case,
    Template,
    cases,
    pod_of,
    templates,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.verdicts import judge_case, refused_by
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import ProbePod, manifest
from before import clear
from ruled import IMAGE, ROOT, SHOP, Ruled, refusal, until

MESHED_ONLY = "strict-mutual-tls", "no-plaintext-calls"
TEMPLATES = templates(IMAGE)
SAYS_IT_ITSELF = next(one for one in TEMPLATES if one.name == "container says")
# Those that a debugger can break: it has no requests, probes and volumes, and no metadata.
HARDENED = [one for one in TEMPLATES if "securityContext" in one.container or "image" in one.container]
Object = dict[str, Any]


def named(case: Case | Template) -> str:
    return f"{case.rule}: {case.name}"


@pytest.fixture(scope="module", autouse=True)
def taken_up(ruled: Ruled) -> None:
    """Every rule refuses what it must: the API server takes policies up one by one."""
    asked = [(case, SHOP) for case in cases(IMAGE) if case.refused]

    def refused() -> bool:
        return all(answers_to_cases(ruled.client, asked))

    until(refused, "the API server did not take all rules up")


@pytest.mark.parametrize("case", cases(IMAGE), ids=named)
def test_each_case_of_the_table_is_answered_by_its_rule(ruled: Ruled, case: Case) -> None:
    namespaces = [SHOP, ROOT] if case.rule in MESHED_ONLY else [SHOP]
    answers = answers_to_cases(ruled.client, [(case, namespace) for namespace in namespaces])
    judged = [judge_case(case, said) for said in answers]
    assert {one.verdict for one in judged} == {"pass"}, judged


def asked_pod(template: Template, **spec: Any) -> Object:
    pod = pod_of(template, IMAGE)
    pod["metadata"]["namespace"] = SHOP
    return {**pod, "spec": {**pod["spec"], **spec}}


@pytest.mark.parametrize("template", TEMPLATES, ids=named)
def test_a_pod_and_its_init_containers_are_judged_as_what_makes_pods_is(ruled: Ruled, template: Template) -> None:
    expected = template.rule if template.refused else ""
    pod = asked_pod(template)
    assert refused_by(ruled.said(pod)) == expected
    container = {**copy.deepcopy(pod["spec"]["containers"][0]), "name": "first"}
    if not {"livenessProbe", "lifecycle"} & container.keys():  # the API itself refuses these
        plain = asked_pod(SAYS_IT_ITSELF)["spec"]["containers"]
        assert refused_by(ruled.said(asked_pod(template, containers=plain, initContainers=[container]))) == expected


@pytest.mark.parametrize("template", HARDENED, ids=named)
def test_a_debugger_in_a_pod_that_runs_is_refused_by_the_same_rule(ruled: Ruled, template: Template) -> None:
    runs = asked_pod(TEMPLATES[0]) | {"metadata": {"name": "runs", "namespace": SHOP}}
    container = {
        key: value for key, value in pod_of(template, IMAGE)["spec"]["containers"][0].items() if key != "resources"
    }
    patch = {"spec": {"ephemeralContainers": [{**container, "name": "debug"}]}}
    ruled.client.create(runs)
    try:
        said = refusal(
            lambda: ruled.client.patch(
                "v1", "Pod", "runs", SHOP, patch, subresource="ephemeralcontainers", dry_run=True
            )
        )
    finally:
        ruled.client.delete("v1", "Pod", "runs", SHOP)
    assert refused_by(said) == (template.rule if template.refused else "")


def test_a_rollout_that_leads_to_a_deployment_is_judged_there(ruled: Ruled) -> None:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "web", "namespace": SHOP},
        "spec": {"workloadRef": reference},
    }  # fmt: skip
    assert ruled.said(rollout) == ""


@pytest.mark.parametrize("labels", [{}, {"app": "web"}], ids=["of its own", "that imitates a workload"])
def test_a_probe_of_the_proofs_may_be_without_a_sidecar_and_nothing_that_serves(
    ruled: Ruled, labels: dict[str, str]
) -> None:
    probe = manifest(ProbePod(SHOP, "probe", labels), {"app": "probe"}, IMAGE, ["probe"])
    assert ruled.said(probe) == ""
    served = copy.deepcopy(probe)
    del served["spec"]["readinessGates"]
    stays = copy.deepcopy(probe)
    stays["spec"]["activeDeadlineSeconds"] = 601
    assert [refused_by(ruled.said(pod)) for pod in (served, stays)] == ["injection-stays-on"] * 2


def test_what_was_there_before_the_rules_is_named_and_nothing_else(ruled: Ruled) -> None:
    (pod,) = ruled.client.list("v1", "Pod", SHOP)
    found = ruled.check()
    assert all(verdict.startswith("fail: refused by") for verdict in found.values()), found
    assert found.keys() == {
        f"Deployment {SHOP}/before: what runs",
        f"Pod {SHOP}/{pod['metadata']['name']}: what runs",
        f"PeerAuthentication {SHOP}/before: what runs",
        f"PeerAuthentication {ROOT}/before: what runs",
        f"DestinationRule {ROOT}/before: what runs",
        "Namespace unlabelled: what runs",
        "namespaces-inject, unlabelled: as it is",
    }
    clear(ruled.client)
    assert ruled.check() == {}


def test_a_rule_that_is_not_in_force_is_named(ruled: Ruled) -> None:
    clear(ruled.client)
    ruled.lift("strict-mutual-tls")
    seen = {"kubernetes": "not in force", "kyverno": "missing"}[ruled.engine]
    assert ruled.check() == {"strict-mutual-tls: in force": f"fail: {seen}"}
    ruled.apply(admission_actions={"strict-mutual-tls": "Warn"})
    assert ruled.check() == {}, "as it is declared, it only warns"
    ruled.apply()
    until(lambda: ruled.check() == {}, "the rule does not hold again")


def test_a_rule_that_says_nothing_any_more_is_named_by_what_it_admits(ruled: Ruled) -> None:
    clear(ruled.client)
    ruled.hollow("volume-types")
    admits = {f"volume-types, {SHOP}: Deployment: of the host": "fail: admitted"}
    until(lambda: ruled.check() == admits, "nobody sees what it admits")
    ruled.apply()
    until(lambda: ruled.check() == {}, "the rule does not hold again")
