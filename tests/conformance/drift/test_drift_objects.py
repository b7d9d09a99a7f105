"""Drift against a real API server: what is declared is green, and what is planted is named until it is gone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import (
    MERGE_PATCH,
    ClusterClient,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.run import run as apply
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import FIELD_MANAGER, Objects
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, cell_from
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.check import run as drift_check
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import layer_plan

from tests.support.apiserver import ApiServer, needed_program, running
from tests.support.layers import deployment, role, secret, service, with_defaults

Object = dict[str, Any]
NAMESPACE = "drift-shop"
POLICY = ("networking.k8s.io/v1", "NetworkPolicy")
GONE_WITHIN = 30.0  # seconds for a namespace to be emptied
RBAC = "rbac.authorization.k8s.io/v1"


def obj(api_version: str, kind: str, name: str, namespace: str | None = NAMESPACE, **body: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **body.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


CPU = {"name": "cpu", "container": "app", "target": {"type": "Utilization", "averageUtilization": 60}}
SCALER = {
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
    "minReplicas": 2, "maxReplicas": 5, "metrics": [{"type": "ContainerResource", "containerResource": CPU}],
    "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
}  # fmt: skip
DECLARED: list[Object] = [
    obj("v1", "Namespace", NAMESPACE, None, metadata={"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}),
    obj("v1", "ServiceAccount", "cart", automountServiceAccountToken=False),
    obj("autoscaling/v2", "HorizontalPodAutoscaler", "cart", spec=SCALER),
    obj(*POLICY, "deny-all", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
    obj(RBAC, "RoleBinding", "reader", roleRef={"apiGroup": RBAC.partition("/")[0], "kind": "Role", "name": "reader"},
        subjects=[{"kind": "ServiceAccount", "name": "cart", "namespace": NAMESPACE}]),
    *({**one, "metadata": {**one["metadata"], "namespace": NAMESPACE}}
      for one in (role("reader"), service("cart"), deployment("cart"), secret("cart", key="value"))),
]  # fmt: skip


class Shop:
    """A declared layer on the server, and drift_check of it."""

    def __init__(self, server: ApiServer, client: ClusterClient) -> None:
        self.client = client
        self._connection = server.connection

    def apply(self, check_mode: bool = False) -> dict[str, Any]:
        """Apply, or plan, and return the plan as the action keeps it."""
        options = {"connection": self._connection, "environment_name": "drift", "layer": "shop", "objects": DECLARED}
        known: list[Objects] = []
        try:
            result = apply(with_defaults({**options, "wait": False}), check_mode=check_mode, declare=known.append)
        except PlatformError as error:
            result = {"msg": error.message}
        return layer_plan("shop", known[0], result)

    def check(self, **options: Any) -> list[Cell]:
        """The cells that are not a pass."""
        given = {
            "connection": self._connection,
            "cloud": None,
            "cluster": "c",
            "fail": False,
            "exceptions": [],
            **options,
        }
        result = drift_check({"plans": [self.apply(check_mode=True)], **given})
        return [cell for cell in map(cell_from, result["cells"]) if cell.verdict != "pass"]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """On a server of its own: what another test's namespace still holds would be drift here."""
    with running(needed_program()) as server:
        client = ClusterClient.from_connection(server.connection)
        found = Shop(server, client)
        found.apply()
        yield found
        client.close()


@contextlib.contextmanager
def created(client: ClusterClient, planted: Object) -> Iterator[None]:
    metadata = planted["metadata"]
    ref = (planted["apiVersion"], planted["kind"], metadata["name"], metadata.get("namespace"))
    client.create(planted)
    try:
        yield
    finally:
        client.delete(*ref)
        deadline = time.monotonic() + GONE_WITHIN
        while client.get(*ref) is not None and time.monotonic() < deadline:
            time.sleep(0.1)


@contextlib.contextmanager
def patched(client: ClusterClient, kind: tuple[str, str], name: str, change: Object, undo: Object) -> Iterator[None]:
    """Patched as kubectl does, or in the collection's own name where a change's ``by`` says so."""
    manager = change.pop("by", "kubectl-patch")
    namespaced = client.discovery.find(*kind).path(NAMESPACE if kind[1] != "Namespace" else None, name)

    def patch(body: Object) -> None:
        client.request("PATCH", f"{namespaced}?fieldManager={manager}", body, content_type=MERGE_PATCH)

    patch(change)
    try:
        yield
    finally:
        patch(undo)


def policy(**metadata: Any) -> Object:
    spec = {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}]}]}
    return obj(*POLICY, "let-in", spec=spec, metadata=metadata)


def binding(kind: str, subject: Object) -> Object:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    namespace = NAMESPACE if kind == "RoleBinding" else None
    return obj(RBAC, kind, "planted", namespace, roleRef=reference, subjects=[subject])


CART = {"kind": "ServiceAccount", "name": "cart", "namespace": NAMESPACE}
EVERYBODY = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:authenticated"}
FORGED = {
    "labels": {
        "app.kubernetes.io/managed-by": "pingpong.platform",
        "pingpong.platform/environment": "drift",
        "pingpong.platform/layer": "shop",
    },
    "annotations": {"pingpong.platform/intent": "0" * 32},
}
SPEC = {"containers": [{"name": "c", "image": "example.org/other:1"}]}

UNDECLARED: list[tuple[str, Object]] = [
    ("a NetworkPolicy", policy()),
    ("a NetworkPolicy with the owner's labels", policy(**FORGED)),
    ("a RoleBinding", binding("RoleBinding", CART)),
    ("a ClusterRoleBinding of a managed service account", binding("ClusterRoleBinding", CART)),
    ("a ClusterRoleBinding of everybody", binding("ClusterRoleBinding", EVERYBODY)),
    ("a ClusterRoleBinding with a name of the system's",
     {**binding("ClusterRoleBinding", CART), "metadata": {"name": "system:controller:cart"}}),
    ("a ClusterRole that joins view", obj(RBAC, "ClusterRole", "system:more", None, rules=role("x")["rules"],
     metadata={"labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}})),
    ("a load balancer", {**service("out"), "metadata": {"name": "out", "namespace": NAMESPACE},
                         "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}),
    ("a load balancer elsewhere", {**service("out"), "metadata": {"name": "out", "namespace": "default"},
                                   "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}),
    ("a name elsewhere", {**service("away"), "metadata": {"name": "away", "namespace": "default"},
                          "spec": {"type": "ExternalName", "externalName": "example.org"}}),
    ("a token", obj("v1", "Secret", "token", type="kubernetes.io/service-account-token",
                    metadata={"annotations": {"kubernetes.io/service-account.name": "cart"}})),
    ("a bare pod", obj("v1", "Pod", "bare", spec=SPEC)),
    ("a pod in a system's namespace", obj("v1", "Pod", "kube-apiserver-evil", "kube-system", spec=SPEC)),
    ("a webhook", obj("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "hook", None, webhooks=[])),
    ("an admission binding",
     obj("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", "loose", None,
         spec={"policyName": "none", "validationActions": ["Audit"]})),
    ("a namespace", obj("v1", "Namespace", "drift-unheard-of", None)),
    ("an ingress", obj("networking.k8s.io/v1", "Ingress", "out", spec={"defaultBackend": {
        "service": {"name": "cart", "port": {"number": 80}}}})),
]  # fmt: skip


def target(planted: Object) -> str:
    namespace, name = planted["metadata"].get("namespace"), planted["metadata"]["name"]
    return f"{planted['kind']} {namespace}/{name}" if namespace else f"{planted['kind']} {name}"


def test_what_is_declared_is_green(shop: Shop) -> None:
    assert not [cell.headline() for cell in shop.check()]


@pytest.mark.parametrize(("manager", "named"), [("kube-controller-manager", False), ("kubectl", True)])
def test_a_number_of_replicas_is_the_autoscalers_and_no_persons(shop: Shop, manager: str, named: bool) -> None:
    scale = shop.client.discovery.find("apps/v1", "Deployment").path(NAMESPACE, "cart", "scale")

    def write(replicas: int, by: str) -> None:
        body = {"spec": {"replicas": replicas}}
        shop.client.request("PATCH", f"{scale}?fieldManager={by}", body, content_type=MERGE_PATCH)

    write(1, manager)
    try:
        found = [cell.target for cell in shop.check() if "spec.replicas" in str(cell)]
    finally:
        write(0, manager)
    assert found == (["Deployment drift-shop/cart"] if named else [])


@pytest.mark.parametrize("planted", [one for _name, one in UNDECLARED], ids=[name for name, _one in UNDECLARED])
def test_what_nobody_declares_is_named(shop: Shop, planted: Object) -> None:
    with created(shop.client, planted):
        cells = shop.check()
    assert [(cell.target, cell.case, cell.verdict) for cell in cells] == [(target(planted), "undeclared", "fail")]


INBOUND = "traffic.sidecar.istio.io/includeInboundPorts"
LEVEL = "pod-security.kubernetes.io/enforce"
MORE = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}


def annotated(value: str | None) -> Object:
    return {"spec": {"template": {"metadata": {"annotations": {INBOUND: value}}}}}


def levelled(value: str) -> Object:
    return {"metadata": {"labels": {LEVEL: value}}}


# What, the kind and name, the change, what undoes it, the object and the field that are named.
CHANGES: list[tuple[str, tuple[str, str], str, Object, Object, str, str]] = [
    ("an annotation in a template", ("apps/v1", "Deployment"), "cart", annotated("9080"), annotated(None),
     "Deployment drift-shop/cart", f"spec.template.metadata.annotations.{INBOUND} added"),
    ("an annotation by a manager that nobody knows", ("apps/v1", "Deployment"), "cart",
     {**annotated("9080"), "by": "some-controller"}, annotated(None),
     "Deployment drift-shop/cart", f"spec.template.metadata.annotations.{INBOUND} added"),
    ("an annotation in the collection's name", ("apps/v1", "Deployment"), "cart",
     {**annotated("9080"), "by": FIELD_MANAGER}, annotated(None),
     "Deployment drift-shop/cart", f"spec.template.metadata.annotations.{INBOUND} added"),
    ("a declared false taken out", ("v1", "ServiceAccount"), "cart",
     {"automountServiceAccountToken": None}, {"automountServiceAccountToken": False},
     "ServiceAccount drift-shop/cart", "automountServiceAccountToken removed"),
    ("a rule more in a role", (RBAC, "Role"), "reader",
     {"rules": [*role("x")["rules"], MORE]}, {"rules": role("x")["rules"]}, "Role drift-shop/reader", "rules changed"),
    ("a rule more in the collection's name", (RBAC, "Role"), "reader",
     {"rules": [*role("x")["rules"], MORE], "by": FIELD_MANAGER}, {"rules": role("x")["rules"]},
     "Role drift-shop/reader", "rules changed"),
    ("a namespace's level", ("v1", "Namespace"), NAMESPACE, levelled("privileged"), levelled("baseline"),
     "Namespace drift-shop", f"metadata.labels.{LEVEL} changed"),
    ("a service that is published", ("v1", "Service"), "cart", {"spec": {"externalIPs": ["198.51.100.7"]}},
     {"spec": {"externalIPs": None}}, "Service drift-shop/cart", "spec.externalIPs added"),
]  # fmt: skip


@pytest.mark.parametrize("row", [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_what_is_changed_is_named_with_its_field(
    shop: Shop, row: tuple[tuple[str, str], str, Object, Object, str, str]
) -> None:
    kind, name, change, undo, where, what = row
    with patched(shop.client, kind, name, dict(change), undo):
        failed = [cell for cell in shop.check() if cell.verdict == "fail"]
    assert [cell.target for cell in failed] == [where]
    assert what in failed[0].observed
    shop.apply()
    assert not shop.check()


def test_what_is_deleted_is_named(shop: Shop) -> None:
    shop.client.delete(*POLICY, "deny-all", NAMESPACE)
    try:
        assert [(cell.target, cell.observed) for cell in shop.check()] == [
            ("NetworkPolicy drift-shop/deny-all", "absent")
        ]
    finally:
        shop.apply()
    assert not shop.check()


def test_an_exception_excuses_until_its_day(shop: Shop) -> None:
    entry = {"kind": "NetworkPolicy", "namespace": NAMESPACE, "name": "let-*", "reason": "a migration"}
    with created(shop.client, policy()):
        assert not shop.check(exceptions=[{**entry, "until": "2999-12-31"}])
        (cell,) = shop.check(exceptions=[{**entry, "until": "2000-01-01"}])
    assert "its declared exception ended on 2000-01-01" in cell.reason
