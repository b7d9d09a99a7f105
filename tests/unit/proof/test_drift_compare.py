"""Which fields count as drift, how their paths read, and who is said to have written them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import FIELD_MANAGER
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.compare import differences, writers

Object = dict[str, Any]


def of(kind: str, metadata: Object | None = None, **body: Any) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", **(metadata or {})}, **body}


def container(**fields: Any) -> Object:
    return {"spec": {"containers": [{"name": "app", **fields}]}}


TABLE: list[tuple[str, Object, Object, list[str]]] = [
    ("nothing", of("Service", spec={"a": 1}), of("Service", spec={"a": 1}), []),
    ("what the server counts", of("Service", {"resourceVersion": "2", "uid": "u"}, status={"x": 1}), of("Service"), []),
    ("an added field", of("Service", spec={"a": 1, "b": False}), of("Service", spec={"a": 1}), ["spec.b added"]),
    ("a removed false", of("Service", spec={}), of("Service", spec={"b": False}), ["spec.b removed"]),
    ("a changed field", of("Service", spec={"a": 2}), of("Service", spec={"a": 1}), ["spec.a changed"]),
    ("true for one", of("Service", spec={"a": True}), of("Service", spec={"a": 1}), ["spec.a changed"]),
    ("an annotation where there was none", of("Service", {"annotations": {"k.io/x": "1"}}), of("Service"),
     ["metadata.annotations.k.io/x added"]),
    ("a field of a named item", of("Pod", **container(image="b")), of("Pod", **container(image="a")),
     ["spec.containers[app].image changed"]),
    ("an item more", of("Pod", spec={"containers": [{"name": "app"}, {"name": "evil"}]}), of("Pod", **container()),
     ["spec.containers[evil].name added"]),
    ("an owner", of("Service", {"ownerReferences": [{"uid": "u"}]}), of("Service"),
     ["metadata.ownerReferences added"]),
    ("a revision that a controller counts",
     of("Deployment", {"annotations": {"deployment.kubernetes.io/revision": "2"}}), of("Deployment"), []),
    ("a revision elsewhere", of("Service", {"annotations": {"deployment.kubernetes.io/revision": "2"}}), of("Service"),
     ["metadata.annotations.deployment.kubernetes.io/revision added"]),
    ("replicas, which the layer's plan compares", of("Deployment", spec={"replicas": 3}),
     of("Deployment", spec={"replicas": 1}), []),
    ("a bundle that a controller fills",
     of("MutatingWebhookConfiguration", webhooks=[{"name": "h", "clientConfig": {"caBundle": "x"}}]),
     of("MutatingWebhookConfiguration", webhooks=[{"name": "h", "clientConfig": {}}]), []),
    ("where a webhook leads",
     of("MutatingWebhookConfiguration", webhooks=[{"name": "h", "clientConfig": {"url": "https://x"}}]),
     of("MutatingWebhookConfiguration", webhooks=[{"name": "h", "clientConfig": {}}]),
     ["webhooks[h].clientConfig.url added"]),
    ("rules that are aggregated", of("ClusterRole", aggregationRule={"a": 1}, rules=[{"verbs": ["get"]}]),
     of("ClusterRole", aggregationRule={"a": 1}, rules=[]), []),
    ("rules that are not", of("ClusterRole", rules=[{"verbs": ["get"]}]), of("ClusterRole", rules=[]),
     ["rules changed"]),
    ("a certificate map on a Gateway, which GKE does not fill",
     of("Gateway", {"annotations": {"networking.gke.io/certmap": "m"}}), of("Gateway"),
     ["metadata.annotations.networking.gke.io/certmap added"]),
    ("an address that GKE notes", of("Gateway", {"annotations": {"networking.gke.io/addresses": "m"}}),
     of("Gateway"), []),
]  # fmt: skip


@pytest.mark.parametrize(("live", "declared", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_differences(live: Object, declared: Object, expected: list[str]) -> None:
    assert [f"{item.text} {item.how}" for item in differences(live, declared)] == expected


def entry(manager: str, fields: Object, operation: str = "Update", **more: Any) -> Object:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, "time": "2026-01-01T00:00:00Z", **more}


IMAGE = {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}}
PATH = ("spec", "containers", "[app]", "image")
WRITERS: list[tuple[str, list[Object], list[str]]] = [
    ("who owns the field", [entry("kubectl-edit", IMAGE), entry("other", {"f:data": {}})], ["kubectl-edit"]),
    ("who owns all above it", [entry("kubectl-edit", {"f:spec": {"f:containers": {}}})], ["kubectl-edit"]),
    ("who wrote last, where nobody owns a field that is gone",
     [entry("first", {"f:data": {}}), entry("last", {"f:data": {}}, time="2026-01-02T00:00:00Z")], ["last"]),
    ("not our own apply", [entry(FIELD_MANAGER, IMAGE, "Apply")], []),
    ("somebody in our name", [entry(FIELD_MANAGER, IMAGE)], [FIELD_MANAGER]),
    ("not who reports a status", [entry("kubelet", IMAGE, subresource="status")], []),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "expected"), [row[1:] for row in WRITERS], ids=[row[0] for row in WRITERS])
def test_writers(entries: list[Object], expected: list[str]) -> None:
    assert writers(of("Pod", {"managedFields": entries}), PATH) == expected
