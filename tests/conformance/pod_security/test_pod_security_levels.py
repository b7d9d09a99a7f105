"""``pod_security_check`` against a real API server: every answer of the table, and how one can be wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import restricted_pod

from tests.support import injector
from tests.support.apiserver import ApiServer
from tests.support.authority import Authority
from tests.support.roles import rendered

LEVELS = {"level-restricted": "restricted", "level-baseline": "baseline", "level-privileged": "privileged"}
MESH = "level-mesh"
IMAGE = "registry.k8s.io/pause:3.10.1"
LABEL = "pod-security.kubernetes.io/enforce"


@pytest.fixture(scope="module")
def client(server: ApiServer) -> Iterator[ClusterClient]:
    client = ClusterClient.from_connection(server.connection)
    for name, level in {**LEVELS, MESH: "restricted"}.items():
        client.apply(namespace(name, level), force=True)
        client.create(restricted_pod("web", name, IMAGE, {}))
    yield client


def namespace(name: str, level: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {LABEL: level}}}


def check(server: ApiServer, namespaces: dict[str, str]) -> list[dict[str, Any]]:
    options = {"connection": server.connection, "cluster": "primary", "image": IMAGE, "scan": True, "fail": False}
    found: list[dict[str, Any]] = run({**options, "namespaces": namespaces})["cells"]
    return found


def short_of(cells: list[dict[str, Any]]) -> dict[str, str]:
    return {f"{c['target']}: {c['case']}": f"{c['verdict']}: {c['observed']}" for c in cells if c["verdict"] != "pass"}


def policy(expression: str, **validation: Any) -> list[dict[str, Any]]:
    """A ValidatingAdmissionPolicy for the pods of the restricted namespace, and its binding."""
    api = "admissionregistration.k8s.io/v1"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    selector = {"matchLabels": {"kubernetes.io/metadata.name": "level-restricted"}}
    spec = {"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": expression, **validation}]}
    binding = {"policyName": "others", "validationActions": ["Deny"], "matchResources": {"namespaceSelector": selector}}
    return [
        {"apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "others"}, "spec": spec},
        {
            "apiVersion": api,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": "others"},
            "spec": binding,
        },
    ]


def in_force(client: ClusterClient, pod: dict[str, Any], text: str) -> None:
    """Wait until a policy refuses a pod: the API server takes one up within seconds."""
    deadline = time.monotonic() + 60
    while True:
        try:
            client.create(pod, dry_run=True)
        except ApiError as error:
            if text in error.message:
                return
        assert time.monotonic() < deadline, f"nothing refused it with {text}"
        time.sleep(0.3)


@pytest.fixture
def applied(client: ClusterClient) -> Iterator[list[dict[str, Any]]]:
    """Objects that a test applies, removed afterwards."""
    objects: list[dict[str, Any]] = []
    yield objects
    for item in objects:
        client.delete(item["apiVersion"], item["kind"], item["metadata"]["name"])


def test_each_level_answers_the_whole_table_as_the_standards_say(server: ApiServer, client: ClusterClient) -> None:
    cells = check(server, LEVELS)
    assert short_of(cells) == {}
    assert len(cells) > 3 * 190
    ephemeral = [cell for cell in cells if cell["case"].endswith("ephemeral-container") and cell["verdict"] == "pass"]
    assert {cell["target"] for cell in ephemeral} == set(LEVELS)


def test_a_namespace_of_another_level_fails_in_every_control_that_it_lacks(
    server: ApiServer, client: ClusterClient
) -> None:
    cells = short_of(check(server, {"level-privileged": "restricted"}))
    assert "level-privileged: level" in cells and "level-privileged: privileged-ephemeral-container" in cells
    assert len(cells) > 140


@pytest.mark.parametrize("validation", [{}, {"reason": "Forbidden"}, {"reason": "RequestEntityTooLarge"}])
def test_another_rule_s_refusal_is_no_answer_of_pod_security_s(
    server: ApiServer, client: ClusterClient, applied: list[dict[str, Any]], validation: dict[str, Any]
) -> None:
    """A policy answers 422, 403 or 413 as its reason says; it speaks after Pod Security, which so had no objection."""
    for item in policy("false", message="closed", **validation):
        applied.append(client.apply(item, force=True))
    in_force(client, restricted_pod("asked", "level-restricted", IMAGE, {}), "closed")
    cells = check(server, {"level-restricted": "restricted"})
    assert short_of(cells) == {}, "what the level refuses it refuses first, and what it admits the policy refuses"
    plain = next(cell for cell in cells if cell["case"] == "restricted-pod")
    assert plain["observed"] == "admitted by Pod Security" and "closed" in plain["reason"]


def test_a_rule_that_quotes_pod_security_is_not_taken_for_it(
    server: ApiServer, client: ClusterClient, applied: list[dict[str, Any]]
) -> None:
    said = 'violates PodSecurity "restricted:latest": privileged (container "probe")'
    client.apply(namespace("level-restricted", "privileged"), force=True)
    try:
        for item in policy("false", message=said, reason="Forbidden"):
            applied.append(client.apply(item, force=True))
        in_force(client, restricted_pod("asked", "level-restricted", IMAGE, {}), said)
        cells = {cell["case"]: cell for cell in check(server, {"level-restricted": "restricted"})}
        assert (cells["privileged"]["verdict"], cells["level"]["verdict"]) == ("fail", "fail")
        assert "not by Pod Security" in cells["privileged"]["reason"]
    finally:
        client.apply(namespace("level-restricted", "restricted"), force=True)


@pytest.fixture
def mesh(client: ClusterClient, applied: list[dict[str, Any]], tmp_path: Path) -> Iterator[None]:
    """The namespace whose pods get a proxy, and their probes another host."""
    authority = Authority("webhooks")
    webhook = injector.serve(authority, tmp_path)
    applied.append(client.apply(injector.configuration(authority, webhook.server_port, MESH), force=True))
    deadline = time.monotonic() + 30
    asked = restricted_pod("asked", MESH, IMAGE, {})
    while len(client.create(asked, dry_run=True)["spec"]["containers"]) < 2:
        assert time.monotonic() < deadline, "nothing is injected"
        time.sleep(0.3)
    yield
    webhook.shutdown()
    webhook.server_close()


def test_what_injection_hides_from_pod_security_is_found(server: ApiServer, client: ClusterClient, mesh: None) -> None:
    found = short_of(check(server, {MESH: "restricted"}))
    assert f"{MESH}, injected: readiness-tcpsocket-public-address" in found
    assert all("-host" in case or "loopback" in case or "public-address" in case for case in found)
    assert all(case.startswith(f"{MESH}, injected: ") for case in found), "asked without injection it is refused"


def test_the_role_s_rules_refuse_what_injection_hides(
    server: ApiServer, client: ClusterClient, mesh: None, applied: list[dict[str, Any]]
) -> None:
    for item in rendered("admission", "local", "policy.yml.j2", admission_namespaces=[MESH], admission_registries=[]):
        applied.append(client.apply(item, force=True))
    asked = restricted_pod("asked", MESH, IMAGE, {})
    asked["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": 8080, "host": "8.8.8.8"}}
    in_force(client, asked, "probe-host")
    assert short_of(check(server, {MESH: "restricted"})) == {}
    asked["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": 8080}}
    client.create(asked, dry_run=True)  # a probe without a host is admitted, injected or not
