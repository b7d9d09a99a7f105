"""Binary Authorization's policy, as its API answers and refuses; and that production's admits what production runs."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.cloud.services.binaryauthorization.rules import refusal
from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import Rule, make, refused
from tests.support.engine import Engine
from tests.support.layer_images import images
from tests.support.roles import evaluated

POLICY = f"/binaryauthorization/v1/projects/{PROJECT}/policy"
ALLOW = {"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}
DENY = {**ALLOW, "evaluationMode": "ALWAYS_DENY"}
DEFAULT = {"globalPolicyEvaluationMode": "ENABLE", "defaultAdmissionRule": ALLOW}


def policy(cloud: RunningCloud) -> dict[str, Any]:
    found: dict[str, Any] = cloud.request("GET", POLICY)[1]
    return found


def admits(policy: dict[str, Any], cluster: str, image: str) -> bool:
    return not refusal(policy, cluster, image)


def stored(cloud: RunningCloud) -> bool:
    kinds = [item["kind"] for item in cloud.admin("GET", "resources")["resources"]]
    return "binaryauthorization.policy" in kinds


def test_a_project_has_googles_default_until_somebody_writes_one(cloud: RunningCloud) -> None:
    found = policy(cloud)
    assert {name: found[name] for name in DEFAULT} == DEFAULT
    assert not stored(cloud)
    make(cloud, POLICY, {**DEFAULT, "defaultAdmissionRule": DENY}, verb="PUT")
    assert policy(cloud)["defaultAdmissionRule"] == DENY
    make(cloud, POLICY, DEFAULT, verb="PUT")
    assert not stored(cloud)


def test_who_was_slower_is_refused(cloud: RunningCloud) -> None:
    before = policy(cloud)
    make(cloud, POLICY, {**before, "defaultAdmissionRule": DENY}, verb="PUT")
    assert refused(cloud, "PUT", POLICY, before)[:2] == (409, "ABORTED")


def bad(name: str, says: str, **body: Any) -> Rule:
    sent = {**DEFAULT, **body}
    return Rule(name, "binaryauthorization.v1.json, Policy", "PUT", POLICY, sent, 400, "INVALID_ARGUMENT", says)


RULES = [
    bad("no default rule", "default_admission_rule is required", defaultAdmissionRule=None),
    bad("no enforcement", "are required", defaultAdmissionRule={"evaluationMode": "ALWAYS_DENY"}),
    bad("nobody attests", "require_attestations_by",
        defaultAdmissionRule={**ALLOW, "evaluationMode": "REQUIRE_ATTESTATION"}),
    bad("two maps", "Only one of the maps", clusterAdmissionRules={"europe-west1.a1": DENY},
        kubernetesNamespaceAdmissionRules={"a": DENY}),
    bad("a cluster without its location", "location.clusterId", clusterAdmissionRules={"primary": DENY}),
    bad("a registry with a wildcard", "name pattern", admissionWhitelistPatterns=[{"namePattern": "*.pkg.dev/p/a"}]),
    bad("a wildcard in between", "name pattern", admissionWhitelistPatterns=[{"namePattern": "ghcr.io/*/a"}]),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_what_is_refused(cloud: RunningCloud, rule: Rule) -> None:
    rule.check(cloud)


@pytest.mark.parametrize(
    ("pattern", "image", "matches"),
    [
        ("ghcr.io/a/**", "ghcr.io/a/b/c:1", True),
        ("ghcr.io/a/**", "ghcr.io/ab/c:1", False),
        ("ghcr.io/a/*", "ghcr.io/a/b:1", True),
        ("ghcr.io/a/*", "ghcr.io/a/b/c:1", False),
        ("ghcr.io/a/b:1", "ghcr.io/a/b:1", True),
        ("ghcr.io/a/b:1", "ghcr.io/a/b:2", False),
    ],
)
def test_a_pattern(pattern: str, image: str, matches: bool) -> None:
    written = {"defaultAdmissionRule": DENY, "admissionWhitelistPatterns": [{"namePattern": pattern}]}
    assert admits(written, "europe-west1.a", image) is matches


@pytest.mark.parametrize("host", ["primary", "secondary"])
def test_productions_policy_admits_what_it_runs_and_nothing_else(cloud: RunningCloud, host: str) -> None:
    (declared,) = evaluated("registry", "production", "__registry_admission")
    Engine(cloud)([declared])
    written = policy(cloud)
    cluster = evaluated("registry", "production", "platform_region ~ '.' ~ platform_cluster_name", host=host)
    assert cluster in written["clusterAdmissionRules"]
    wanted = images("production", host) | {evaluated("ping", "production", "ping_image", host=host)}
    assert {image for image in wanted if not admits(written, cluster, image)} == set()
    assert not admits(written, cluster, "docker.io/prom/prometheus:v3.5.2")
    assert not admits(written, cluster, "europe-docker.pkg.dev/another-project/pingpong-production/ping:1")
    assert admits(written, "europe-west1.of-another", "docker.io/prom/prometheus:v3.5.2")


def test_where_clusters_do_not_ask_it_none_is_written() -> None:
    kinds = [item["kind"] for item in evaluated("registry", "staging", "__registry_resources")]
    assert "admission_policy" not in kinds
    assert "admission_policy" in [item["kind"] for item in evaluated("registry", "production", "__registry_resources")]
