"""The graders' own answers become findings that name the object, for each way in which one can object.

They are installed by ``make graders``; where they are not yet, these tests have nothing to run.
"""

from __future__ import annotations

import copy
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from testbed.host import cache_root
from testbed.images.golang import BY_NAME
from tests.graders import outside
from tests.graders.waivers import Finding

PINS = outside.ROOT / "tests" / "graders" / "requirements.txt"
PROGRAMS = cache_root() / "graders" / hashlib.sha256(PINS.read_bytes()).hexdigest()[:16] / "bin"
ACTIONLINT = BY_NAME["actionlint"].output(cache_root()) / "actionlint"
CI = (outside.ROOT / ".github" / "workflows" / "ci.yml").read_text()
CONFINED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
POD = {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}}

INSTALLED = PROGRAMS.is_dir() and ACTIONLINT.is_file()

pytestmark = pytest.mark.skipif(not INSTALLED, reason="make graders has not installed them")


def deployment(**container: Any) -> dict[str, Any]:
    spec = {"name": "web", "image": "registry.example/web:1", "securityContext": CONFINED, **container}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"securityContext": POD, "containers": [spec]}}
    metadata = {"name": "web", "namespace": "shop"}
    whole = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": whole}


def rules(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(finding.rule, finding.object) for finding in findings}


def test_a_weakened_container_is_found(tmp_path: Path) -> None:
    weakened = deployment(securityContext={**CONFINED, "privileged": True, "allowPrivilegeEscalation": True})
    weakened["metadata"]["name"] = "weak"
    found = rules(outside.checkov(PROGRAMS, {"local": [deployment(), weakened]}, tmp_path / "checkov"))
    assert {("CKV_K8S_16", "Deployment.shop.weak"), ("CKV_K8S_20", "Deployment.shop.weak")} <= found
    assert not {("CKV_K8S_16", "Deployment.shop.web"), ("CKV_K8S_20", "Deployment.shop.web")} & found


@pytest.mark.parametrize("changes", [{"imagePullPolici": "Always"}, {"ports": [{"containerPort": "http"}]}])
def test_what_the_schema_does_not_know_is_found(tmp_path: Path, changes: dict[str, Any]) -> None:
    good, bad = deployment(), deployment(**copy.deepcopy(changes))
    bad["metadata"]["name"] = "bad"
    found = outside.kubernetes_validate(PROGRAMS, "1.34", {"local": [good, bad]}, tmp_path / "schema")
    assert rules(found) == {("schema", "Deployment.shop.bad")}


def test_a_weakened_workflow_is_found(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "weak.yml").write_text(re.sub(r"@[0-9a-f]{40} # v", "@v", CI))
    found = outside.zizmor(PROGRAMS, folder)
    assert {rule for rule, _path in rules(found)} == {"unpinned-uses"}
    assert all(path.endswith("weak.yml") for _rule, path in rules(found))


@pytest.mark.parametrize(
    ("pattern", "weakened", "rule"),
    [
        ("github.ref }}", "github.reff }}", "expression"),
        ("runs-on: ubuntu-latest", "runs-on: ubuntu-earliest", "runner-label"),
        ("run: make lint", "run: make lint $ARGS", "shellcheck"),
        ("timeout-minutes:", "timeout-minute:", "syntax-check"),
    ],
)
def test_what_actionlint_objects_to_is_found(tmp_path: Path, pattern: str, weakened: str, rule: str) -> None:
    workflow = tmp_path / "weak.yml"
    workflow.write_text(CI.replace(pattern, weakened))
    assert rules(outside.actionlint(ACTIONLINT, [workflow])) == {(rule, str(workflow))}


def test_a_grader_that_answers_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(outside.GraderError, match="checkov graded nothing"):
        outside.checkov(PROGRAMS, {"local": []}, tmp_path / "checkov")
