"""A project's policy of Binary Authorization: what is ours goes in and out, what is others' stays."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.admission import RULE
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import parse
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource_plan import (
    plan_absent,
    plan_present,
)
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError

IMAGES = "europe-docker.pkg.dev/p-12345/images/**"
OURS = {"clusters": ["europe-west1.primary"], "patterns": [IMAGES]}
ALLOW = {"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}
GOOGLES = {"name": "projects/p-12345/policy", "globalPolicyEvaluationMode": "ENABLE", "defaultAdmissionRule": ALLOW,
           "etag": "e"}  # fmt: skip
OTHERS = {
    **GOOGLES,
    "clusterAdmissionRules": {"us-east1.theirs": ALLOW},
    "admissionWhitelistPatterns": [{"namePattern": "ghcr.io/theirs/*"}],
}


def planned(live: dict[str, Any] | None, present: bool = True, **fields: Any) -> ResourceChange:
    resource = parse({"kind": "admission_policy", "name": "policy", **OURS, **fields}, "p-12345", {})
    return plan_present(resource, live) if present else plan_absent(resource, live)


def written(change: ResourceChange) -> dict[str, Any]:
    (request,) = change.requests
    assert (request.method, request.path) == ("PUT", "v1/projects/p-12345/policy")
    body: dict[str, Any] = request.body
    return body


@pytest.mark.parametrize("live", [None, GOOGLES], ids=["the API is not enabled", "Google's default"])
def test_our_clusters_run_our_images_alone(live: dict[str, Any] | None) -> None:
    change = planned(live)
    body = written(change)
    assert change.action == "update"
    assert body["clusterAdmissionRules"] == {"europe-west1.primary": RULE}
    assert body["admissionWhitelistPatterns"] == [{"namePattern": IMAGES}]
    assert (body["globalPolicyEvaluationMode"], body["defaultAdmissionRule"]) == ("ENABLE", ALLOW)
    assert planned(body).action == "none"


def test_others_rules_stay_and_ours_go() -> None:
    body = written(planned(OTHERS))
    assert body["etag"] == "e"
    assert set(body["clusterAdmissionRules"]) == {"us-east1.theirs", "europe-west1.primary"}
    assert [item["namePattern"] for item in body["admissionWhitelistPatterns"]] == ["ghcr.io/theirs/*", IMAGES]
    removed = planned(body, present=False)
    assert removed.action == "delete"
    assert written(removed) == OTHERS
    assert planned(OTHERS, present=False).action == planned(None, present=False).action == "none"


@pytest.mark.parametrize(
    ("live", "field"),
    [
        ({"globalPolicyEvaluationMode": "DISABLE"}, "globalPolicyEvaluationMode"),
        ({"clusterAdmissionRules": {"europe-west1.primary": ALLOW}}, "clusterAdmissionRules[europe-west1.primary]"),
        ({"admissionWhitelistPatterns": []}, f"admissionWhitelistPatterns[{IMAGES}]"),
    ],
)
def test_what_somebody_weakened_is_named_and_mended(live: dict[str, Any], field: str) -> None:
    right = written(planned(GOOGLES))
    change = planned({**right, **live})
    assert [diff.path for diff in change.diffs] == [field]
    assert written(change) == right


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"clusters": ["primary"]}, "clusters must be a list of LOCATION.CLUSTER"),
        ({"patterns": IMAGES}, "patterns must be a list of images"),
        ({"rules": []}, "rules is unknown"),
    ],
)
def test_what_is_malformed_is_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        planned(None, **fields)
