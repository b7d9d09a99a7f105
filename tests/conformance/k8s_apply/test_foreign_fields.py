"""What others write into a layer's objects: a person's tools are set back and named, controllers are left alone."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.support.apiserver import ApiServer
from tests.support.layers import Harness, actions, config_map, deployment, role, secret, service

Object = dict[str, Any]
POD = "spec.template.spec"


def kubectl(server: ApiServer, layer: Harness, *words: str, stdin: Object | None = None) -> None:
    argv = [str(server.kubectl), f"--kubeconfig={server.kubeconfig}", f"--namespace={layer.namespace}", *words]
    text = None if stdin is None else json.dumps(stdin)
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def guarded() -> Object:
    """A Deployment whose pod declares what decides security, empty and false values among it."""
    made = deployment("d")
    pod = made["spec"]["template"]["spec"]
    pod |= {"automountServiceAccountToken": False, "securityContext": {"runAsNonRoot": True}, "nodeSelector": {}}
    pod["containers"][0]["securityContext"] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod["containers"][0]["livenessProbe"] = {"httpGet": {"path": "/", "port": 8080}}
    pod["containers"][0]["args"] = []
    return made


def policy() -> Object:
    spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p"}, "spec": spec}


LAYER = [config_map("c"), secret("s", password="hunter2"), service("v"), role("r"), guarded(), policy()]


def patch(kind: str, name: str, value: Any, how: str = "strategic") -> list[str]:
    return ["patch", kind, name, f"--type={how}", "-p", json.dumps(value)]


def in_pod(**changes: Any) -> list[str]:
    return patch("deployment", "d", {"spec": {"template": {"spec": changes}}})


def in_container(**changes: Any) -> list[str]:
    return in_pod(containers=[{"name": "app", **changes}])


def removed(kind: str, name: str, path: str) -> list[str]:
    return patch(kind, name, [{"op": "remove", "path": path}], "json")


CONTAINER = "/spec/template/spec/containers/0"
INBOUND = "traffic.sidecar.istio.io/includeInboundPorts"
# What somebody did → the fields that are named, each with its manager (none of what was removed).
EDITS: dict[str, tuple[list[str], list[tuple[str, str]]]] = {
    "an annotation of the pods": (
        patch("deployment", "d", {"spec": {"template": {"metadata": {"annotations": {INBOUND: "9080"}}}}}),
        [(f"spec.template.metadata.annotations.{INBOUND}", "kubectl-patch")],
    ),
    "an annotation": (["annotate", "deployment", "d", "a=b"], [("metadata.annotations.a", "kubectl-annotate")]),
    "a label": (["label", "configmap", "c", "a=b"], [("metadata.labels.a", "kubectl-label")]),
    "a key": (patch("configmap", "c", {"data": {"more": "x"}}), [("data.more", "kubectl-patch")]),
    "a Secret's key": (patch("secret", "s", {"stringData": {"more": "x"}}), [("data.more", "kubectl-patch")]),
    "a finalizer": (
        patch("configmap", "c", {"metadata": {"finalizers": ["example.org/hold"]}}),
        [("metadata.finalizers[example.org/hold]", "kubectl-patch")],
    ),
    "a sidecar": (
        in_pod(containers=[{"name": "more", "image": "example.org/more:1"}]),
        [(f"{POD}.containers[more]", "kubectl-patch")],
    ),
    "an init container": (
        in_pod(initContainers=[{"name": "more", "image": "example.org/more:1"}]),
        [(f"{POD}.initContainers[more]", "kubectl-patch")],
    ),
    "a variable": (
        in_container(env=[{"name": "MORE", "value": "x"}]),
        [(f"{POD}.containers[app].env[MORE]", "kubectl-patch")],
    ),
    "a volume of the host": (
        in_pod(volumes=[{"name": "host", "hostPath": {"path": "/"}}]),
        [(f"{POD}.volumes[host]", "kubectl-patch")],
    ),
    "a port with another protocol": (
        in_container(ports=[{"containerPort": 8080, "name": "http"}, {"containerPort": 8080, "protocol": "UDP"}]),
        [(f"{POD}.containers[app].ports[8080,UDP]", "kubectl-patch")],
    ),
    "a field of a declared map": (
        in_pod(securityContext={"runAsUser": 0}),
        [(f"{POD}.securityContext.runAsUser", "kubectl-patch")],
    ),
    "a field with a default": (in_pod(dnsPolicy="Default"), [(f"{POD}.dnsPolicy", "kubectl-patch")]),
    "another member of a union": (
        in_container(livenessProbe={"httpGet": None, "tcpSocket": {"port": 8080}}),
        [
            (f"{POD}.containers[0].livenessProbe.httpGet", ""),
            (f"{POD}.containers[app].livenessProbe.tcpSocket.port", "kubectl-patch"),
        ],
    ),
    "a Service that reaches outside": (
        patch("service", "v", {"spec": {"type": "NodePort"}}),
        [("spec.externalTrafficPolicy", "kubectl-patch"), ("spec.type", "kubectl-patch")],
    ),
    "a value": (patch("configmap", "c", {"data": {"key": "x"}}), [("data.key", "kubectl-patch")]),
    "an image": (["set", "image", "deployment/d", "app=x:9"], [(f"{POD}.containers[app].image", "kubectl-set")]),
    "the replicas": (["scale", "deployment", "d", "--replicas=1"], [("spec.replicas", "kubectl")]),
    "a rule": (
        patch("role", "r", {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]}]}),
        [("rules", "kubectl-patch")],
    ),
    "a hole in a policy": (
        patch("networkpolicy", "p", {"spec": {"ingress": [{}]}}),
        [("spec.ingress", "kubectl-patch")],
    ),
    "a declared false": (
        removed("deployment", "d", f"{CONTAINER}/securityContext/allowPrivilegeEscalation"),
        [(f"{POD}.containers[0].securityContext.allowPrivilegeEscalation", "")],
    ),
    "another declared false": (
        removed("deployment", "d", "/spec/template/spec/automountServiceAccountToken"),
        [(f"{POD}.automountServiceAccountToken", "")],
    ),
    "a declared list": (
        removed("deployment", "d", f"{CONTAINER}/securityContext/capabilities"),
        [(f"{POD}.containers[0].securityContext.capabilities", "")],
    ),
    "a declared item": (removed("service", "v", "/spec/selector"), [("spec.selector", "")]),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_what_a_person_does_is_set_back_and_named(layer: Harness, server: ApiServer, edit: str) -> None:
    words, reverted = EDITS[edit]
    layer.apply(*LAYER, wait=True)
    before = layer.get_spec(*LAYER)
    kubectl(server, layer, *words)

    foreseen = layer.apply(*LAYER, check_mode=True)
    made = layer.apply(*LAYER, wait=True)

    assert foreseen["objects"] == made["objects"]
    assert foreseen["diff"] == made["diff"]
    (changed,) = [entry for entry in made["objects"] if entry["action"] == "updated"]
    assert [(one["field"], one["manager"]) for one in changed["reverted"]] == sorted(reverted)
    (shown,) = made["diff"]
    assert all(f"{field} by {manager}" in shown["before_header"] for field, manager in reverted if manager)
    assert "hunter" not in json.dumps(made)
    assert layer.get_spec(*LAYER) == before
    again = layer.apply(*LAYER)
    assert again["changed"] is False
    assert again["requests"] == 7, "nothing is written again"


@pytest.mark.parametrize("manager", ["kubectl-edit", "Mozilla", "k9s", "python-requests", "terraform", "my-script"])
def test_whoever_is_no_controller_is_a_persons_tool(layer: Harness, manager: str) -> None:
    layer.apply(config_map("c"))
    layer.edit("ConfigMap", "c", {"data": {"more": "x"}}, manager=manager)
    (entry,) = layer.apply(config_map("c"))["objects"]
    assert entry["reverted"] == [{"field": "data.more", "manager": manager}]


@pytest.mark.parametrize(
    ("manager", "options"),
    [
        ("kube-controller-manager", {}),
        ("cert-manager-cainjector", {}),
        ("example.org-operator", {}),
        ("glbc", {}),
        ("vault-k8s", {"allowed_managers": ["vault-*"]}),
        ("kubectl-annotate", {"foreign_fields": "keep"}),
        ("kubectl-annotate", {"allowed_managers": ["kubectl-annotate"]}),
    ],
)
def test_what_a_controller_or_an_allowed_manager_adds_stays(
    layer: Harness, manager: str, options: dict[str, Any]
) -> None:
    layer.apply(config_map("c"))
    added = {"data": {"more": "x"}, "metadata": {"annotations": {"cloud.google.com/neg-status": "{}"}}}
    layer.edit("ConfigMap", "c", added, manager=manager)
    assert layer.apply(config_map("c"), **options)["changed"] is False
    assert layer.apply(config_map("c", key="new"), **options)["changed"] is True
    live = layer.get("ConfigMap", "c")
    assert live is not None and live["data"] == {"key": "new", "more": "x"}


def test_a_restart_and_the_ports_of_a_service_stay(layer: Harness, server: ApiServer) -> None:
    outside = service("v")
    outside["spec"] |= {"type": "NodePort", "clusterIP": ""}
    layer.apply(deployment("d"), outside, wait=True)
    kubectl(server, layer, "rollout", "restart", "deployment", "d")
    kubectl(server, layer, *patch("service", "v", {"spec": {"ports": [{"port": 80, "nodePort": 30123}]}}))
    again = layer.apply(deployment("d"), outside)
    assert (again["changed"], again["requests"]) == (False, 3)


CREATORS: dict[str, list[str]] = {
    "kubectl create": ["create", "-f", "-"],
    "kubectl apply": ["apply", "-f", "-"],
    "kubectl apply, then server-side": ["apply", "-f", "-"],
    "kubectl apply --server-side": ["apply", "--server-side", "-f", "-"],
}


@pytest.mark.parametrize("creator", CREATORS)
def test_what_came_from_kubectl_is_adopted_whole(layer: Harness, server: ApiServer, creator: str) -> None:
    """A key that is dropped from what is declared goes, whether it is dropped at once or later."""
    two = config_map("two", a="1", b="2")
    for obj in (config_map("one", a="1", b="2"), two, deployment("d")):
        kubectl(server, layer, *CREATORS[creator], stdin=obj)
        if creator == "kubectl apply, then server-side":
            kubectl(server, layer, "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=obj)
    adopted = [config_map("one", a="1"), two, deployment("d")]

    foreseen = layer.apply(*adopted, check_mode=True)
    made = layer.apply(*adopted)

    assert foreseen["objects"] == made["objects"]
    assert set(actions(made).values()) == {"adopted"}
    one = layer.get("ConfigMap", "one")
    assert one is not None and one["data"] == {"a": "1"}
    assert "kubectl.kubernetes.io/last-applied-configuration" not in one["metadata"]["annotations"]
    again = layer.apply(*adopted)
    assert (again["changed"], again["requests"]) == (False, 3)

    dropped = layer.apply(config_map("one", a="1"), config_map("two", a="1"), deployment("d"))
    assert actions(dropped) == {"one": "unchanged", "two": "updated", "d": "unchanged"}
    live = layer.get("ConfigMap", "two")
    assert live is not None and live["data"] == {"a": "1"}


def test_fields_that_nobody_is_recorded_for_are_set_back_too(layer: Harness, server: ApiServer) -> None:
    layer.apply(config_map("c"))
    kubectl(server, layer, *patch("configmap", "c", {"data": {"more": "x"}}))
    wiped = [{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]
    kubectl(server, layer, *patch("configmap", "c", wiped, "json"))
    assert actions(layer.apply(config_map("c"), check_mode=True)) == {"c": "updated"}
    layer.apply(config_map("c"))
    live = layer.get("ConfigMap", "c")
    assert live is not None and live["data"] == {"key": "value"}
    assert layer.apply(config_map("c"))["changed"] is False


def test_rules_that_are_aggregated_stay(layer: Harness) -> None:
    labels = {f"{layer.namespace}.example.org/aggregate": "true"}
    api_version = "rbac.authorization.k8s.io/v1"
    whole = {
        "apiVersion": api_version,
        "kind": "ClusterRole",
        "metadata": {"name": layer.namespace},
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": labels}]},
        "rules": [],
    }
    layer.apply(whole)
    resource = layer.client.discovery.find(api_version, "ClusterRole")
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    filled = {"apiVersion": api_version, "kind": "ClusterRole", "metadata": {"name": layer.namespace}, "rules": rules}
    layer.client.request(
        "PATCH",
        f"{resource.path(None, layer.namespace)}?fieldManager=clusterrole-aggregation-controller&force=true",
        filled,
        content_type="application/apply-patch+yaml",
    )
    for check_mode in (True, False, False):
        assert layer.apply(whole, check_mode=check_mode)["changed"] is False
    live = layer.client.get(api_version, "ClusterRole", layer.namespace)
    assert live is not None and live["rules"] == rules
    layer.apply(state="absent")


def test_a_claim_that_is_bound_to_a_volume_stays_bound(layer: Harness) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": ""},
    }
    layer.apply(claim)
    bound = {"spec": {"volumeName": "pv-1"}, "metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}}
    layer.edit("PersistentVolumeClaim", "data", bound, manager="kube-controller-manager")
    again = layer.apply(claim)
    assert (again["changed"], again["requests"]) == (False, 2)
