"""A finding is waived by grader, rule and object, with a reason; no waiver outlives its finding."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graders.waivers import Finding, problems, waived

FOUND = Finding("checkov", "CKV_K8S_11", "Deployment.ingress.envoy", "CPU limits should be set")


def entry(**changes: Any) -> dict[str, Any]:
    return {"grader": FOUND.grader, "rule": FOUND.rule, "objects": [FOUND.object], "reason": "why", **changes}


@pytest.mark.parametrize(
    ("findings", "document", "expected"),
    [
        ([], [], []),
        ([FOUND], [entry()], []),
        ([FOUND, FOUND], [entry()], []),
        ([FOUND], None, ["checkov CKV_K8S_11 Deployment.ingress.envoy: CPU limits should be set"]),
        ([FOUND, FOUND], [], ["checkov CKV_K8S_11 Deployment.ingress.envoy: CPU limits should be set"]),
        ([], [entry()], ["checkov CKV_K8S_11 Deployment.ingress.envoy: waived, but not found"]),
        (
            [FOUND],
            [entry(objects=[FOUND.object, "Deployment.ingress.gone"])],
            ["checkov CKV_K8S_11 Deployment.ingress.gone: waived, but not found"],
        ),
        *(
            ([FOUND], [entry(**other)], [f"{' '.join(FOUND.key)}: {FOUND.text}", f"{line}: waived, but not found"])
            for other, line in (
                ({"grader": "zizmor"}, "zizmor CKV_K8S_11 Deployment.ingress.envoy"),
                ({"rule": "CKV_K8S_1"}, "checkov CKV_K8S_1 Deployment.ingress.envoy"),
                ({"objects": ["Deployment.*.envoy"]}, "checkov CKV_K8S_11 Deployment.*.envoy"),
            )
        ),
    ],
)
def test_each_finding_needs_a_waiver_and_each_waiver_a_finding(
    findings: list[Finding], document: Any, expected: list[str]
) -> None:
    assert problems(findings, waived(document)) == expected


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ([entry(reason=" ")], "expected a reason"),
        ([entry(reason=None)], "expected a reason"),
        ([entry(until="tomorrow")], "expected grader, rule, objects and reason"),
        ([{"rule": "CKV_K8S_11"}], "expected grader, rule, objects and reason"),
        ([entry(), entry()], "waived twice"),
    ],
)
def test_a_malformed_waiver_is_refused(document: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        waived(document)
