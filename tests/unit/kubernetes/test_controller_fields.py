"""Which fields are left to the controllers that took them over."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.controller_fields import (
    without_controller_fields,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy


def entry(manager: str, fields: dict[str, Any], subresource: str = "") -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "subresource": subresource, "fieldsV1": fields}


WEBHOOK = {
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "w"},
    "webhooks": [
        {"name": "a", "clientConfig": {"caBundle": "", "service": {}}, "failurePolicy": "Ignore"},
        {"name": "b", "clientConfig": {"caBundle": "", "service": {}}, "failurePolicy": "Ignore"},
    ],
}
TAKES_A = {'k:{"name":"a"}': {"f:clientConfig": {"f:caBundle": {}}, "f:failurePolicy": {}}}
WORKLOAD = {"kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": 1, "paused": True}}
REPLICAS = {"f:spec": {"f:replicas": {}}}


def left(kind: dict[str, Any], *entries: dict[str, Any]) -> dict[str, Any]:
    return without_controller_fields(kind, {"metadata": {"managedFields": list(entries)}}, ManagerPolicy())


@pytest.mark.parametrize(
    ("manager", "first"),
    [
        ("pilot-discovery", {"name": "a", "clientConfig": {"service": {}}}),
        ("cert-manager-cainjector", {"name": "a", "clientConfig": {"service": {}}, "failurePolicy": "Ignore"}),
        ("kubectl-edit", WEBHOOK["webhooks"][0]),
        ("pingpong.platform", WEBHOOK["webhooks"][0]),
    ],
    ids=["istiod takes both", "an injector takes the bundle", "a person takes nothing", "we are ourselves"],
)
def test_webhooks(manager: str, first: dict[str, Any]) -> None:
    made = left(WEBHOOK, entry(manager, {"f:webhooks": TAKES_A}))
    assert made["webhooks"] == [first, WEBHOOK["webhooks"][1]]


@pytest.mark.parametrize(
    ("manager", "subresource", "spec"),
    [
        ("kube-controller-manager", "scale", {"paused": True}),
        ("kube-controller-manager", "", WORKLOAD["spec"]),
        ("kubectl", "scale", WORKLOAD["spec"]),
    ],
    ids=["an autoscaler", "another controller", "kubectl scale"],
)
def test_replicas(manager: str, subresource: str, spec: dict[str, Any]) -> None:
    assert left(WORKLOAD, entry(manager, REPLICAS, subresource))["spec"] == spec


def test_what_is_given_is_not_changed() -> None:
    left(WEBHOOK, entry("pilot-discovery", {"f:webhooks": TAKES_A}))
    assert WEBHOOK["webhooks"][0]["failurePolicy"] == "Ignore"
