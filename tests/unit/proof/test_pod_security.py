"""The Pod Security table and its verdicts, with the words of a real API server."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.check import standards_minor
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.fixtures import (
    FIXTURES,
    Fixture,
    Level,
    pod_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.verdicts import (
    Answer,
    as_new,
    judge_fixture,
    judge_label,
    judge_running,
)

PRIVILEGED = next(fixture for fixture in FIXTURES if fixture.name == "privileged")
PLAIN = next(fixture for fixture in FIXTURES if fixture.name == "restricted-pod")
HOST_PATH = next(fixture for fixture in FIXTURES if fixture.name == "host-path")
# The controls of the Pod Security Standards up to 1.36, as the admission library's files name them.
CONTROLS = {
    "allowPrivilegeEscalation", "appArmorProfile", "capabilities", "hostNamespaces", "hostPathVolumes", "hostPorts",
    "hostProbesAndHostLifecycle", "privileged", "procMount", "restrictedVolumes", "runAsNonRoot", "runAsUser",
    "seLinuxOptions", "seccompProfile", "sysctls", "hostProcess",
}  # fmt: skip


def refusal(details: str, level: str = "restricted") -> Answer:
    return Answer(403, f'pods "x" is forbidden: violates PodSecurity "{level}:latest": {details}')


def test_every_control_of_the_standards_is_in_the_table() -> None:
    assert {fixture.control for fixture in FIXTURES if fixture.refused_by} == CONTROLS


@pytest.mark.parametrize("minor", range(30, 37))
def test_fixture_names_are_unique_for_a_server(minor: int) -> None:
    names = [fixture.name for fixture in FIXTURES if fixture.applies_to(minor)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("minor", "refused_by"), [(32, []), (33, ["baseline"]), (34, ["baseline"]), (35, ["restricted"])]
)
def test_an_unmasked_proc_is_baseline_s_business_until_1_34(minor: int, refused_by: list[Level]) -> None:
    asked = [fixture for fixture in FIXTURES if fixture.name == "proc-unmasked" and fixture.applies_to(minor)]
    assert [fixture.refused_by for fixture in asked] == refused_by


@pytest.mark.parametrize(
    ("version", "minor"), [(None, 34), ("latest", 34), ("v1.33", 33), ("v1.99", 34), ("nonsense", 34)]
)
def test_a_namespace_is_held_to_the_standards_that_it_is_pinned_to(version: str | None, minor: int) -> None:
    labels = {"pod-security.kubernetes.io/enforce-version": version} if version else {}
    assert standards_minor(labels, server=34) == minor


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: f"{fixture.name}-{fixture.since}")
def test_refused_fixtures_say_why_and_admitted_ones_do_not(fixture: Fixture) -> None:
    assert bool(fixture.reason) is (fixture.refused_by is not None)


@pytest.mark.parametrize(
    ("fixture", "level", "answer", "verdict", "says"),
    [
        (PRIVILEGED, "restricted", refusal('privileged (container "probe" must not set privileged=true)'),
         "pass", "names the violated control"),
        (PRIVILEGED, "restricted", Answer(201), "fail", "must refuse it: privileged"),
        (PRIVILEGED, "restricted", refusal("host namespaces (hostPID=true)"), "fail", "does not name"),
        (PRIVILEGED, "restricted", refusal("privileged (x)", "baseline"), "fail", "refused by level baseline"),
        (PRIVILEGED, "baseline", refusal("privileged (x)", "baseline"), "pass", ""),
        (PRIVILEGED, "privileged", Answer(201), "pass", ""),
        (PRIVILEGED, "restricted", Answer(403, "exceeded quota"), "inconclusive", "not by Pod Security"),
        (PLAIN, "restricted", Answer(403, 'pods is forbidden: User "x" cannot create resource "pods"'),
         "inconclusive", "neither yes nor no"),
        (PLAIN, "restricted", Answer(403, 'pods "x" is forbidden: error looking up service account a/x: not found'),
         "inconclusive", "neither yes nor no"),
        (PRIVILEGED, "restricted", Answer(422, "invalid"), "inconclusive", "not by Pod Security"),
        (PRIVILEGED, "restricted", Answer(500, "boom"), "inconclusive", "not by Pod Security"),
        (PLAIN, "restricted", Answer(201), "pass", ""),
        (PLAIN, "restricted", refusal("seccompProfile (…)"), "fail", "must admit"),
        (PLAIN, "restricted", Answer(403, "ValidatingAdmissionPolicy 'images' denied request"), "pass", "another"),
        (PLAIN, "restricted", Answer(422, "invalid"), "inconclusive", "neither yes nor no"),
        # restricted has a stricter check that answers in the place of baseline's
        (HOST_PATH, "baseline", refusal('hostPath volumes (volume "data")', "baseline"), "pass", ""),
        (HOST_PATH, "restricted", refusal('restricted volume types (volume "data" uses …)'), "pass", ""),
    ],
)  # fmt: skip
def test_verdicts_on_fixtures(fixture: Fixture, level: Level, answer: Answer, verdict: str, says: str) -> None:
    judgement = judge_fixture(fixture, level, answer)
    assert judgement.verdict == verdict
    assert says in judgement.reason


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(201), "pass"),
        (refusal("privileged (…)"), "fail"),
        (Answer(403, 'pods "x" is forbidden: exceeded quota: compute, requested: pods=1'), "pass"),
        (Answer(403, 'pods is forbidden: User "x" cannot create resource "pods"'), "inconclusive"),
        (Answer(403, 'admission webhook "a" denied the request: no'), "inconclusive"),
        (Answer(400, "bad"), "inconclusive"),
    ],
)
def test_verdicts_on_running_pods(answer: Answer, verdict: str) -> None:
    assert judge_running("restricted", answer).verdict == verdict


@pytest.mark.parametrize(
    ("labels", "verdict", "says"),
    [
        ({"pod-security.kubernetes.io/enforce": "restricted"}, "pass", ""),
        ({"pod-security.kubernetes.io/enforce": "baseline"}, "fail", "another level"),
        ({}, "fail", "missing"),
    ],
)
def test_verdicts_on_labels(labels: dict[str, str], verdict: str, says: str) -> None:
    judgement = judge_label("restricted", labels)
    assert judgement.verdict == verdict and says in judgement.reason


def test_a_fixture_is_the_restricted_pod_with_one_thing_changed() -> None:
    plain, changed = (pod_of(fixture, "d", "image", {}) for fixture in (PLAIN, HOST_PATH))
    assert changed["spec"].pop("volumes") == [{"name": "data", "hostPath": {"path": "/"}}]
    assert changed["spec"] == plain["spec"]
    unset = pod_of(next(f for f in FIXTURES if f.name == "escalation-unset"), "d", "image", {})
    assert "allowPrivilegeEscalation" not in unset["spec"]["containers"][0]["securityContext"]


def test_a_running_pod_is_asked_again_without_what_only_a_running_pod_has() -> None:
    pod = {
        "metadata": {"name": "web-1", "namespace": "a", "uid": "u", "labels": {"app": "web"}, "ownerReferences": [{}]},
        "spec": {
            "nodeName": "n",
            "priority": 0,
            "containers": [{"name": "web"}],
            "ephemeralContainers": [{"name": "debugger", "targetContainerName": "web", "image": "i"}],
        },
        "status": {"phase": "Running"},
    }
    asked = as_new(pod)
    assert asked["spec"] == {"containers": [{"name": "web"}, {"name": "debugger", "image": "i"}]}
    assert asked["metadata"]["name"] == "web-1-asked-again"
    assert asked["metadata"]["labels"] == {"app": "web", "sidecar.istio.io/inject": "false"}
    assert "status" not in asked and "ownerReferences" not in asked["metadata"]
