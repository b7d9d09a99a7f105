"""What cannot be changed in place says what to do, in whatever words each kind refuses it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import Hint, refusal

# From pkg/apis/*/validation of Kubernetes 1.34.
REFUSALS = {
    "StatefulSet": (
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' "
        "are forbidden"
    ),
    "Pod": "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`",
    "StorageClass": "parameters: Forbidden: updates to parameters are forbidden.",
    "Service": 'spec.clusterIPs[0]: Invalid value: ["10.96.0.9"]: may not change once set',
    "Job": "spec.template: Invalid value: {}: field is immutable",
    "PersistentVolumeClaim": "spec: Forbidden: spec is immutable after creation except resources.requests",
    "RoleBinding": "roleRef: Invalid value: {}: cannot change roleRef",
    "PriorityClass": "value: Forbidden: may not be changed in an update.",
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_what_cannot_be_changed_says_what_to_do(kind: str) -> None:
    answer = {"kind": "Status", "reason": "Invalid", "message": f'{kind} "x" is invalid: {REFUSALS[kind]}'}
    error = refusal(f"apply {kind} a/x", 422, {}, json.dumps(answer).encode(), secret=False)
    assert error.hint is Hint.IMMUTABLE
    assert error.message.endswith("delete the object first, or give the new one another name")
