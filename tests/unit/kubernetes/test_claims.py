"""A claim that no pod uses yet is not waited for, where its class binds on first use."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.claims import awaits_consumer

DEFAULT = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
CLASSES: list[dict[str, Any]] = [
    {"metadata": {"name": "late", **DEFAULT}, "volumeBindingMode": "WaitForFirstConsumer"},
    {"metadata": {"name": "at-once"}, "volumeBindingMode": "Immediate"},
    {"metadata": {"name": "unsaid"}},
]


def claim(*, selected: str = "", **spec: str) -> dict[str, Any]:
    annotations = {"volume.kubernetes.io/selected-node": selected} if selected else {}
    return {"metadata": {"name": "c", "annotations": annotations}, "spec": spec}


@pytest.mark.parametrize(
    ("given", "waits"),
    [
        (claim(storageClassName="late"), True),
        (claim(), True),
        (claim(storageClassName="late", selected="node-1"), False),
        (claim(storageClassName="late", volumeName="pv-1"), False),
        (claim(storageClassName="at-once"), False),
        (claim(storageClassName="unsaid"), False),
        (claim(storageClassName="nobodys"), False),
        (claim(storageClassName=""), False),
    ],
    ids=["late", "the default", "a pod was scheduled", "a volume is chosen", "at once", "unsaid", "no class", "static"],
)
def test_a_claim_that_no_pod_uses_yet(given: dict[str, Any], waits: bool) -> None:
    assert awaits_consumer(given, CLASSES) is waits
