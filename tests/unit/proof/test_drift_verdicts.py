"""What is told apart: declared, a controller's, the system's, and drift."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import DESIRED_HASH, Key, key_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.kinds import KINDS, Decides
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.live import Live
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import (
    Declared,
    layer_plan,
    read,
    task_plan,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system import SYSTEM
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.declared import (
    declared_cells,
    judge_object,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.exceptions import (
    Bench,
    parse_exceptions,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.pods import pod_cells
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.undeclared import (
    undeclared_cells,
)

Object = dict[str, Any]
BENCH = Bench("c", [], date(2026, 6, 1))
ISTIO = Decides("networking.istio.io", "EnvoyFilter", "changes where calls go")
CILIUM = Decides("cilium.io", "CiliumLocalRedirectPolicy", "leads calls elsewhere")
RBAC = "rbac.authorization.k8s.io/v1"


def obj(api_version: str, kind: str, name: str, namespace: str = "", **body: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **body.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"uid": f"uid-{name}", **metadata}, **body}


def owner(kind: str, name: str, api_version: str = "apps/v1", uid: str = "") -> Object:
    reference = {"apiVersion": api_version, "kind": kind, "name": name, "uid": uid or f"uid-{name}"}
    return {"ownerReferences": [{**reference, "controller": True}]}


def template(image: str = "app:1", **fields: Any) -> Object:
    return {"template": {"spec": {"containers": [{"name": "app", "image": image}], **fields}}}


SHOP = obj("v1", "Namespace", "shop")
CART = obj("apps/v1", "Deployment", "cart", "shop", spec=template())
REPLICAS = obj("apps/v1", "ReplicaSet", "cart-1", "shop", metadata=owner("Deployment", "cart"), spec=template())
INJECTED = {"hub": "hub", "tag": "1", "proxy": {"image": "proxyv2"}, "proxy_init": {"image": "proxyv2"}}
VALUES = {"values": json.dumps({"global": INJECTED})}
INJECTOR = obj("v1", "ConfigMap", "istio-sidecar-injector", "mesh", data=VALUES)
DECLARED = (SHOP, CART, INJECTOR)


def declared_by(*objects: Object) -> Declared:
    return read([layer_plan("l", objects, {})])


def live(*objects: Object) -> Live:
    return Live({key_of(one): one for one in (*DECLARED, REPLICAS, *objects)}, (*KINDS, ISTIO, CILIUM))


def drifted(*objects: Object) -> list[Cell]:
    return [cell for cell in undeclared_cells(BENCH, declared_by(*DECLARED), live(*objects)) if cell.verdict != "pass"]


def binding(kind: str, name: str, role: str, *subjects: Object, namespace: str = "") -> Object:
    reference = {"kind": "ClusterRole", "name": role}
    return obj(RBAC, kind, name, namespace, roleRef=reference, subjects=list(subjects))


def account(namespace: str, name: str) -> Object:
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}


def group(name: str) -> Object:
    return {"kind": "Group", "name": name}


DISCOVERY = {"nonResourceURLs": ["/api", "/version"], "verbs": ["get"]}
BY_NATURE: list[tuple[str, Object]] = [
    ("what everybody may discover", binding("ClusterRoleBinding", "system:discovery", "system:discovery",
                                            group("system:authenticated"))),
    ("a controller's own account", binding("ClusterRoleBinding", "system:controller:job-controller",
                                           "system:controller:job-controller",
                                           account("kube-system", "job-controller"))),
    ("a role of everybody's", obj(RBAC, "ClusterRole", "system:discovery", rules=[DISCOVERY])),
    ("a static pod of the control plane", obj("v1", "Pod", "kube-apiserver-node", "kube-system",
                                              metadata=owner("Node", "node", "v1"))),
    ("the default account", obj("v1", "ServiceAccount", "default", "shop")),
    ("the replicas of a declared workload", REPLICAS),
    ("a Service elsewhere that stays inside", obj("v1", "Service", "x", "other", spec={"type": "ClusterIP"})),
    ("a Secret that is no token", obj("v1", "Secret", "x", "shop", type="Opaque")),
    ("Binary Authorization's webhook", obj("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration",
                                           "imagepolicywebhook.image-policy.k8s.io",
                                           webhooks=[{"clientConfig": {"url": "https://127.0.0.1:18443/v"}}])),
    ("a webhook of GKE's", obj("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration",
                               "x.config.common-webhooks.networking.gke.io",
                               webhooks=[{"clientConfig": {"url": "https://localhost:5443/v"}}])),
]  # fmt: skip


@pytest.mark.parametrize("one", [one for _name, one in BY_NATURE], ids=[name for name, _one in BY_NATURE])
def test_what_a_cluster_has_by_nature_is_no_drift(one: Object) -> None:
    assert not [cell.headline() for cell in drifted(one)]


DRIFT: list[tuple[str, Object, str]] = [
    ("a policy of the mesh", obj("networking.istio.io/v1", "EnvoyFilter", "x", "shop"), "changes where calls go"),
    ("a policy of the mesh elsewhere", obj("networking.istio.io/v1", "EnvoyFilter", "x", "other"), "changes where"),
    ("a system's name, another subject",
     binding("ClusterRoleBinding", "system:discovery", "system:discovery", group("everybody")), "to Group:everybody"),
    ("a system's name, another role",
     binding("ClusterRoleBinding", "system:discovery", "cluster-admin", group("system:authenticated")),
     "gives ClusterRole cluster-admin to Group:system:authenticated"),
    ("a controller's name, another account",
     binding("ClusterRoleBinding", "system:controller:x", "system:controller:x", account("shop", "x")), "to shop/x"),
    ("a system's role that grants more",
     obj(RBAC, "ClusterRole", "system:discovery",
         rules=[DISCOVERY, {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]), "holds rights"),
    ("a role of the system's name that is aggregated",
     obj(RBAC, "ClusterRole", "system:x", metadata={"labels": {"rbac.authorization.k8s.io/aggregate-to-edit": "true"}}),
     "holds rights"),
    ("a binding in kube-system",
     binding("RoleBinding", "x", "view", account("shop", "default"), namespace="kube-system"), "to shop/default"),
    ("a name of the control plane, no static pod", obj("v1", "Pod", "kube-apiserver-x", "kube-system"), "runs what"),
    ("a static pod of another name",
     obj("v1", "Pod", "x-node", "kube-system", metadata=owner("Node", "node", "v1")), "it claims to belong to"),
    ("an account of Google Cloud's",
     obj("v1", "ServiceAccount", "default", "shop",
         metadata={"annotations": {"iam.gke.io/gcp-service-account": "a@b"}}), "identity of its own"),
    ("a policy that claims a workload",
     obj("networking.k8s.io/v1", "NetworkPolicy", "x", "shop", metadata=owner("Deployment", "cart")),
     "it claims to belong to apps Deployment cart"),
    ("a pod that claims replicas of another time",
     obj("v1", "Pod", "x", "shop", metadata=owner("ReplicaSet", "cart-1", uid="another")), "it claims to belong to"),
    ("a webhook that leads elsewhere",
     obj("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration",
         "x.config.common-webhooks.networking.gke.io",
         webhooks=[{"clientConfig": {"url": "https://evil.example/v"}}]), "judges or changes"),
    ("a system's namespace that joins the mesh",
     obj("v1", "Namespace", "default", metadata={"labels": {"istio-injection": "enabled"}}), "joins a mesh"),
    ("an API by somebody else",
     obj("apiregistration.k8s.io/v1", "APIService", "v1.evil", spec={"service": {"name": "x"}}), "answers for"),
]  # fmt: skip
ADMISSION_API = "admissionregistration.k8s.io/v1"
ADMISSION = Decides("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "judges or changes")


@pytest.mark.parametrize(("one", "why"), [row[1:] for row in DRIFT], ids=[row[0] for row in DRIFT])
def test_what_nobody_declares_is_named(one: Object, why: str) -> None:
    seen = live(one)
    seen.decides = (*seen.decides, ADMISSION)
    cells = [cell for cell in undeclared_cells(BENCH, declared_by(*DECLARED), seen) if cell.verdict != "pass"]
    assert [(cell.target, cell.verdict) for cell in cells] == [(str(key_of(one)), "fail")]
    assert why in cells[0].reason


KYVERNO = obj("v1", "Service", "kyverno-svc", "kyverno")
ITS_NAME, ITSELF = "kyverno-resource-validating-webhook-cfg", ("kyverno", "kyverno-svc")


def calling(name: str, *services: tuple[str, str]) -> Object:
    webhooks = [{"clientConfig": {"service": {"namespace": place, "name": it}}} for place, it in services]
    return obj(ADMISSION_API, "ValidatingWebhookConfiguration", name, webhooks=webhooks)


@pytest.mark.parametrize(
    ("declared", "one", "named"),
    [
        ((KYVERNO,), calling(ITS_NAME, ITSELF), False),
        ((KYVERNO,), calling(ITS_NAME), False),
        ((), calling(ITS_NAME, ITSELF), True),
        ((KYVERNO,), calling("others", ITSELF), True),
        ((KYVERNO,), calling(ITS_NAME, ITSELF, ("x", "evil")), True),
        ((KYVERNO,), {**calling(ITS_NAME), "webhooks": [{"clientConfig": {"url": "https://x"}}]}, True),
    ],
    ids=["its own", "empty", "nobody declares it", "another name", "elsewhere too", "a URL"],
)  # fmt: skip
def test_a_declared_controller_s_webhooks_are_its_own(declared: tuple[Object, ...], one: Object, named: bool) -> None:
    seen = Live({key_of(one): one}, (ADMISSION,))
    cells = undeclared_cells(BENCH, declared_by(*DECLARED, *declared), seen)
    assert [cell.target for cell in cells if cell.verdict != "pass"] == [str(key_of(one))] * named


def test_what_could_not_be_rendered_leaves_the_rest_unknown() -> None:
    declared = read([layer_plan("l", DECLARED, {}), layer_plan("m", None, {"msg": "no chart"})])
    cells = list(undeclared_cells(BENCH, declared, live(obj("networking.istio.io/v1", "EnvoyFilter", "x", "shop"))))
    assert {cell.verdict for cell in cells} == {"inconclusive"}
    assert all("layer m could not be rendered: no chart" in cell.reason for cell in cells)


def pod(*containers: Object, **spec: Any) -> Object:
    account_name = {"serviceAccountName": "default", **spec}
    made = owner("ReplicaSet", "cart-1")
    return obj("v1", "Pod", "cart-1-x", "shop", metadata=made, spec={"containers": list(containers), **account_name})


APP = {"name": "app", "image": "app:1"}
PROXY = {"name": "istio-proxy", "image": "hub/proxyv2:1"}
PODS: list[tuple[str, Object, str]] = [
    ("as its workload", pod(APP), ""),
    ("with the mesh's proxy", pod(APP, PROXY, initContainers=[{"name": "istio-init", "image": "hub/proxyv2:1"}]), ""),
    ("with another proxy", pod(APP, {**PROXY, "image": "evil:1"}),
     "container istio-proxy, image evil:1, is not declared"),
    ("another image", pod({**APP, "image": "app:2"}), "image of container app is app:2, declared app:1"),
    ("another container", pod(APP, {"name": "x", "image": "x:1"}), "container x, image x:1, is not declared"),
    ("another command", pod({**APP, "command": ["sh"]}), "command of container app is not as declared"),
    ("a debugger", pod(APP, ephemeralContainers=[{"name": "d", "image": "sh:1"}]),
     "ephemeral container d, image sh:1, is not declared"),
    ("its node's network", pod(APP, hostNetwork=True), "hostNetwork is True, declared None"),
    ("another account", pod(APP, serviceAccountName="admin"), "serviceAccountName is 'admin', declared None"),
    ("its node's files", pod(APP, volumes=[{"name": "v", "hostPath": {"path": "/etc"}}]), "it mounts /etc of its node"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "found"), [row[1:] for row in PODS], ids=[row[0] for row in PODS])
def test_a_pod_runs_what_its_workload_declares(one: Object, found: str) -> None:
    (cell,) = pod_cells(BENCH, declared_by(*DECLARED), live(one))
    assert (cell.verdict, cell.target) == ("fail" if found else "pass", "Pod shop/cart-1-x")
    assert found in cell.observed


ROLLOUT = obj("argoproj.io/v1alpha1", "Rollout", "basket", "shop", spec=template())
JOB = template("smoke:1")
ANALYSIS = obj("argoproj.io/v1alpha1", "AnalysisTemplate", "smoke", "shop",
               spec={"metrics": [{"provider": {"job": {"spec": JOB}}}, {"provider": {"prometheus": {}}}]})  # fmt: skip
RUN = obj("argoproj.io/v1alpha1", "AnalysisRun", "run", "shop", spec={},
          metadata=owner("Rollout", "basket", "argoproj.io/v1alpha1"))  # fmt: skip
RUNS_JOB = obj("batch/v1", "Job", "job", "shop", metadata=owner("AnalysisRun", "run", "argoproj.io/v1alpha1"), spec=JOB)
VERSION = obj("apps/v1", "ReplicaSet", "basket-1", "shop", spec=template(),
              metadata=owner("Rollout", "basket", "argoproj.io/v1alpha1"))  # fmt: skip


def of_canary(controller: Object, image: str) -> Object:
    reference = owner(controller["kind"], controller["metadata"]["name"], controller["apiVersion"])
    spec = {"containers": [{"name": "app", "image": image}], "serviceAccountName": "default"}
    return obj("v1", "Pod", "x", "shop", metadata=reference, spec=spec)


@pytest.mark.parametrize(
    ("controller", "image", "verdict"),
    [
        (VERSION, "app:1", "pass"),
        (VERSION, "app:2", "fail"),
        (RUNS_JOB, "smoke:1", "pass"),
        (RUNS_JOB, "app:1", "fail"),
    ],
    ids=["a version's pod", "of another image", "an analysis' job", "which no template declares"],
)
def test_what_a_canary_runs_is_declared(controller: Object, image: str, verdict: str) -> None:
    everything = live(ROLLOUT, ANALYSIS, RUN, RUNS_JOB, VERSION, of_canary(controller, image))
    declared = declared_by(*DECLARED, ROLLOUT, ANALYSIS)
    (cell,) = pod_cells(BENCH, declared, everything)
    assert cell.verdict == verdict
    argo = [Decides("argoproj.io", kind, "runs") for kind in ("Rollout", "AnalysisRun", "AnalysisTemplate")]
    everything.decides = (*KINDS, *argo)
    assert {cell.verdict for cell in undeclared_cells(BENCH, declared, everything)} == {"pass"}


def test_a_rollout_that_nobody_declares_is_named_with_all_that_it_runs() -> None:
    everything = live(ROLLOUT, VERSION)
    everything.decides = (Decides("argoproj.io", "Rollout", "runs what nobody declared"),)
    (cell,) = undeclared_cells(BENCH, declared_by(*DECLARED), everything)
    assert (cell.verdict, cell.target) == ("fail", "Rollout shop/basket")


def planned(**item: Any) -> Object:
    return {"objects": [{"kind": "Secret", "namespace": "shop", "name": "key", "action": "updated", **item}]}


def test_what_a_plan_would_change_is_drift_of_that_object() -> None:
    secret = obj("v1", "Secret", "key", "shop", data={"k": "djE="})
    plan = layer_plan("l", [secret], planned(fields=["data.k"]))
    assert "djE=" not in json.dumps(plan), "a plan keeps no secret"
    (cell,) = declared_cells(BENCH, read([plan]), live())
    assert (cell.target, cell.verdict, cell.observed) == ("Secret shop/key", "fail", "the plan: updated data.k")


def test_a_plan_that_failed_proves_nothing_of_what_it_alone_compares() -> None:
    secret = obj("v1", "Secret", "key", "shop")
    cells = list(declared_cells(BENCH, read([layer_plan("l", [secret], {"msg": "refused"})]), live()))
    assert [(cell.target, cell.verdict) for cell in cells] == [
        ("Secret shop/key", "inconclusive"),
        ("layer l", "inconclusive"),
    ]


def test_another_task_that_would_change_something_is_drift() -> None:
    cells = list(declared_cells(BENCH, read([task_plan("Make the certificates", {"changed": True})]), live()))
    assert [(cell.target, cell.verdict) for cell in cells] == [("Make the certificates", "fail")]


def test_a_declared_object_that_is_gone_or_going_is_drift() -> None:
    going = {**CART, "metadata": {**CART["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    seen = live()
    seen.objects[key_of(CART)] = going
    del seen.objects[key_of(SHOP)]
    cells = {cell.target: cell.observed for cell in declared_cells(BENCH, declared_by(SHOP, CART), seen)}
    assert cells == {"Namespace shop": "absent", "Deployment shop/cart": "being deleted"}


def hashed(value: str, image: str) -> Object:
    metadata = {"annotations": {DESIRED_HASH: value}}
    return obj("apps/v1", "Deployment", "cart", "shop", metadata=metadata, spec=template(image))


@pytest.mark.parametrize(
    ("live_hash", "image", "reason"),
    [
        ("1", "app:2", "no field manager says who wrote it"),
        ("0", "app:2", "what was applied last is not what is declared now"),
        ("0", "app:1", "what was applied last is not what is declared now"),
    ],
)
def test_a_change_that_was_never_applied_is_told_from_one_by_hand(live_hash: str, image: str, reason: str) -> None:
    judgement = judge_object(hashed(live_hash, image), hashed("1", "app:1"))
    assert (judgement.verdict, judgement.reason) == ("fail", reason)


ENTRY = {"kind": "EnvoyFilter", "namespace": "shop", "name": "x*", "reason": "a trial", "until": "2026-06-01"}


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "pass"),
        ({"until": "2026-05-31"}, "fail"),
        ({"namespace": "other"}, "fail"),
        ({"kind": "Sidecar"}, "fail"),
        ({"name": "y"}, "fail"),
        ({"cases": ["as declared"]}, "fail"),
        ({"cases": ["undeclared"]}, "pass"),
    ],
)
def test_an_exception_covers_what_it_names_until_its_day(change: Object, verdict: str) -> None:
    bench = Bench("c", parse_exceptions([{**ENTRY, **change}]), date(2026, 6, 1))
    seen = live(obj("networking.istio.io/v1", "EnvoyFilter", "xy", "shop"))
    cells = undeclared_cells(bench, declared_by(*DECLARED), seen)
    assert [cell.verdict for cell in cells if cell.target == "EnvoyFilter shop/xy"] == [verdict]


@pytest.mark.parametrize(("change", "message"), [
    ({"reason": ""}, "exceptions[0].reason: missing"),
    ({"until": "soon"}, "exceptions[0].until: found 'soon'"),
    ({"name": None}, "exceptions[0].name: missing"),
])  # fmt: skip
def test_an_exception_says_why_and_until_when(change: Object, message: str) -> None:
    with pytest.raises(OptionError, match=message.replace("[", r"\[").replace("]", r"\]")):
        parse_exceptions([{**ENTRY, **change}])


def test_the_tables_of_the_system_are_read_whole() -> None:
    assert ("Namespace", "", "kube-system") in SYSTEM.objects
    assert "create selfsubjectaccessreviews.authorization.k8s.io" in SYSTEM.grants["system:basic-user"]
    (row,) = [row for row in SYSTEM.bindings if row.place == "kubeadm:node-autoapprove-certificate-rotation"]
    assert row.role == "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient"
    assert row.subjects == {"Group:system:nodes"}
    assert all(row.role and row.subjects for row in SYSTEM.bindings)
    assert Key("", "Namespace", "", "shop") in declared_by(SHOP).keys


@pytest.mark.parametrize(
    ("name", "namespace", "named"),
    [
        ("node-local-dns", "kube-system", False),
        ("node-local-dns", "shop", True),
        ("kube-dns", "kube-system", True),
    ],
)
def test_the_redirect_to_the_nodes_dns_cache_is_gkes_and_another_is_not(name: str, namespace: str, named: bool) -> None:
    redirect = obj("cilium.io/v2", "CiliumLocalRedirectPolicy", name, namespace)
    assert bool(drifted(redirect)) is named
