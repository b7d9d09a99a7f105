# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Verdicts on the API server's answers to the table of pods, and on pods that already run."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.fixtures import Fixture, Level

# pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged (container "probe" must not set …)
VIOLATION = re.compile(r'violates PodSecurity "(?P<level>\w+):(?P<version>[\w.]+)": (?P<details>.*)', re.DOTALL)
FORBIDDEN = 403
# The rules that speak only after Pod Security. Others (who may create pods, accounts, limits, webhooks that change
# objects) answer 403 before it is asked, and then nothing is known of it.
LATER = re.compile(r"(exceeded|failed) quota: |ValidatingAdmissionPolicy '")
# What the API server fills in, refuses in a new pod, or would find twice; none of it matters to Pod Security.
NOT_FOR_CREATION = ("nodeName", "ephemeralContainers", "priority", "preemptionPolicy", "topologySpreadConstraints")
ONLY_EPHEMERAL = "targetContainerName"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server said to a dry run: HTTP status (201 for admitted) and its message."""

    status: int
    message: str = ""

    @property
    def admitted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused_later(self) -> bool:
        """Whether another rule refused it, after Pod Security had no objection."""
        return self.status == FORBIDDEN and LATER.search(self.message) is not None

    @property
    def violation(self) -> re.Match[str] | None:
        return VIOLATION.search(self.message) if self.status == FORBIDDEN else None

    def phrase(self) -> str:
        if self.admitted:
            return "admitted"
        found = self.violation
        return f"refused: {found['details']}" if found else f"HTTP {self.status}: {self.message}"


def judge_fixture(fixture: Fixture, level: Level, answer: Answer) -> Judgement:
    """Whether a level answered a fixture as the Pod Security Standards say."""
    seen, found = answer.phrase(), answer.violation
    if not fixture.refused_at(level):
        if found:
            return Judgement("fail", seen, "Pod Security refused a pod that the level must admit")
        if answer.admitted:
            return Judgement("pass", seen, "")
        if answer.refused_later:
            return Judgement("pass", "admitted by Pod Security", f"another admission rule refused: {answer.message}")
        return Judgement("inconclusive", seen, "the API server gave an answer that is neither yes nor no")
    if answer.admitted:
        return Judgement("fail", seen, f"{level} must refuse it: {fixture.reason_at(level)}")
    if not found:
        return Judgement("inconclusive", seen, "refused, but not by Pod Security")
    if found["level"] != level:
        return Judgement("fail", seen, f"refused by level {found['level']}, expected {level}")
    if fixture.reason_at(level) not in found["details"]:
        return Judgement("fail", seen, f"the refusal does not name the violated control: {fixture.reason_at(level)}")
    return Judgement("pass", seen, "the refusal names the violated control")


def judge_running(level: Level, answer: Answer) -> Judgement:
    """Whether a pod that runs would be admitted by its namespace's level today."""
    seen = answer.phrase()
    if answer.violation:
        return Judgement("fail", seen, f"it runs in a namespace of level {level} that would not admit it today")
    if answer.admitted:
        return Judgement("pass", seen, "")
    if answer.refused_later:
        return Judgement("pass", "admitted by Pod Security", f"another admission rule refused: {answer.message}")
    return Judgement("inconclusive", seen, "the API server gave an answer that is neither yes nor no")


def judge_label(level: Level, labels: Mapping[str, str]) -> Judgement:
    """Whether a namespace carries the level that it was promised."""
    found = labels.get("pod-security.kubernetes.io/enforce")
    if found == level:
        return Judgement("pass", f"enforce: {found}", "")
    reason = "the label pod-security.kubernetes.io/enforce is missing" if found is None else "another level is enforced"
    return Judgement("fail", f"enforce: {found or 'none'}", reason)


def as_new(pod: Mapping[str, Any]) -> dict[str, Any]:
    """A running pod as one that is about to be created, for a dry run; without sidecar injection.

    A new pod has no ephemeral containers, but Pod Security asks the same of them as of any other.
    """
    metadata = pod["metadata"]
    spec = {key: copy.deepcopy(value) for key, value in pod["spec"].items() if key not in NOT_FOR_CREATION}
    for container in pod["spec"].get("ephemeralContainers") or []:
        spec["containers"].append({key: value for key, value in container.items() if key != ONLY_EPHEMERAL})
    labels = {**(metadata.get("labels") or {}), "sidecar.istio.io/inject": "false"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{metadata['name'][:200]}-asked-again",
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": dict(metadata.get("annotations") or {}),
        },
        "spec": spec,
    }
