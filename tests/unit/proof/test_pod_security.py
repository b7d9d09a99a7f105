"""The Pod Security table and its verdicts, with the words of a real API server."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.answers import Answer
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.check import standards_minor
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.fixtures import FIXTURES, PLAIN
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.model import (
    Fixture,
    Level,
    ephemeral_container_of,
    pod_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.running import (
    as_new,
    with_ephemeral,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.verdicts import (
    judge_fixture,
    judge_injected,
    judge_label,
    judge_running,
)

PRIVILEGED = next(fixture for fixture in FIXTURES if fixture.name == "privileged")
HOST_PATH = next(fixture for fixture in FIXTURES if fixture.name == "host-path-root")
# The controls of the Pod Security Standards up to 1.36, as the admission library's files name them.
CONTROLS = {
    "allowPrivilegeEscalation", "appArmorProfile", "capabilities", "hostNamespaces", "hostPathVolumes", "hostPorts",
    "hostProbesAndHostLifecycle", "privileged", "procMount", "restrictedVolumes", "runAsNonRoot", "runAsUser",
    "seLinuxOptions", "seccompProfile", "sysctls", "hostProcess",
}  # fmt: skip


FORBIDDEN = 'create Pod a/x: 403 Forbidden: pods "x" is forbidden: '
POLICY = f"{FORBIDDEN}ValidatingAdmissionPolicy 'p' with binding 'b' denied request: "
WEBHOOK = 'create Pod a/x: 400: admission webhook "w.example.com" denied the request'
QUOTED = 'violates PodSecurity "restricted:latest": privileged (…)'


def refusal(details: str, level: str = "restricted") -> Answer:
    return Answer(403, f'{FORBIDDEN}violates PodSecurity "{level}:latest": {details}')


def of_webhook(status: int, text: str = ": no", *, validating: bool = False) -> Answer:
    return Answer(status, WEBHOOK + text, validating_webhooks=frozenset({"w.example.com"} if validating else ()))


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
        # another rule's refusal, told from Pod Security's by its text, as it may have any status
        (PLAIN, "restricted", Answer(422, POLICY + "no"), "pass", "another admission rule"),
        (PLAIN, "restricted", Answer(413, POLICY + "no"), "pass", "another admission rule"),
        (PLAIN, "restricted", Answer(403, POLICY + QUOTED), "pass", "another admission rule"),
        (PRIVILEGED, "restricted", Answer(422, POLICY + "no"), "fail", "not by Pod Security, which had no objection"),
        (PRIVILEGED, "restricted", Answer(403, POLICY + QUOTED), "fail", "not by Pod Security"),
        # a webhook may have changed or refused the pod before Pod Security was asked, unless it only validates
        (PLAIN, "restricted", of_webhook(400), "inconclusive", "neither yes nor no"),
        (PLAIN, "restricted", of_webhook(403, " without explanation"), "inconclusive", "neither yes nor no"),
        (PLAIN, "restricted", of_webhook(409, validating=True), "pass", "another admission rule"),
        (PLAIN, "restricted", of_webhook(403, f": {QUOTED}"), "inconclusive", "neither yes nor no"),
        (PRIVILEGED, "restricted", of_webhook(403, f": {QUOTED}"), "inconclusive", "not by Pod Security"),
        (PRIVILEGED, "restricted", of_webhook(403, f": {QUOTED}", validating=True), "fail", "not by Pod Security"),
        (PLAIN, "restricted", Answer(500, 'failed calling webhook "w.example.com": late'), "inconclusive", "neither"),
        (PLAIN, "restricted", Answer(422, "pods \"x\" is forbidden: policy 'm' with binding 'b' denied request: no"),
         "inconclusive", "neither yes nor no"),
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
        (of_webhook(400, validating=True), "pass"),
        (Answer(422, POLICY + "no"), "pass"),
        (Answer(400, "bad"), "inconclusive"),
    ],
)
def test_verdicts_on_running_pods(answer: Answer, verdict: str) -> None:
    assert judge_running("restricted", answer).verdict == verdict


@pytest.mark.parametrize(
    ("answer", "plain", "verdict", "says"),
    [
        (Answer(201), Answer(201), "fail", "injection hides it"),
        (refusal("privileged (…)"), Answer(201), "pass", "injected as well"),
        (Answer(422, POLICY + "no"), Answer(201), "pass", "denied request"),
        (of_webhook(400), Answer(201), "pass", "denied the request"),
        (Answer(422, POLICY + "no"), Answer(422, POLICY + "no"), "inconclusive", "the plain pod is refused as well"),
        (Answer(403, f"{FORBIDDEN}exceeded quota: pods"), Answer(201), "inconclusive", "neither"),
        (Answer(422, 'Pod "x" is invalid: spec.containers'), Answer(201), "inconclusive", "neither"),
        (Answer(500, "boom"), Answer(201), "inconclusive", "neither"),
    ],
)
def test_verdicts_on_injected_pods(answer: Answer, plain: Answer, verdict: str, says: str) -> None:
    judgement = judge_injected(PRIVILEGED, "restricted", answer, plain)
    assert judgement.verdict == verdict and says in judgement.reason


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
    assert changed["spec"].pop("volumes") == [{"name": "volume0", "hostPath": {"path": "/"}}]
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


def test_an_ephemeral_container_is_added_to_those_of_a_pod_that_runs() -> None:
    fixture = next(fixture for fixture in FIXTURES if fixture.name == "privileged-ephemeral-container")
    container = ephemeral_container_of(fixture, "image")
    assert container["securityContext"]["privileged"] is True and "resources" not in container
    pod = {"spec": {"ephemeralContainers": [{"name": "debugger"}]}}
    assert with_ephemeral(pod, container) == {"spec": {"ephemeralContainers": [{"name": "debugger"}, container]}}
    assert "ephemeralContainers" not in pod_of(fixture, "d", "image", {})["spec"]
