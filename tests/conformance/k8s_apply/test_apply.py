"""What k8s_apply does to a cluster, against a real API server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Owner

from tests.support.layers import (
    Harness,
    actions,
    config_map,
    definition,
    deployment,
    of_five_kinds,
    role,
    secret,
    service,
)

EVERY_SHAPE = [config_map("c"), secret("s", password="hunter2"), service("v"), role("r"), deployment("d")]


def test_a_second_run_reads_each_kind_once_and_changes_nothing(layer: Harness) -> None:
    created = layer.apply(*of_five_kinds(20))
    assert set(actions(created).values()) == {"created"}
    assert len(created["objects"]) == 100

    again = layer.apply(*of_five_kinds(20))
    assert again["changed"] is False
    assert again["diff"] == []
    # Five kinds and the layer's record.
    assert again["requests"] == 6


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (config_map("c", key="other"), {"data.key"}),
        (config_map("c", key="value", more="x"), {"data.more"}),
        (config_map("c", more="x"), {"data.key", "data.more"}),
        (secret("s", password="hunter3"), {"data.password"}),
        (secret("s", password="hunter2", user="me"), {"data.user"}),
        (service("v", port=81), {"spec.ports[0].port", "spec.ports[0].targetPort"}),
        (deployment("d", replicas=1), {"spec.replicas"}),
        (deployment("d", image="example.org/app:2"), {"spec.template.spec.containers[0].image"}),
    ],
    ids=[
        "a value",
        "a key more",
        "a key less",
        "a secret's value",
        "a secret's key more",
        "a port",
        "a number",
        "an item of a list of maps",
    ],
)
def test_a_change_is_seen_in_check_mode_made_and_then_settled(
    layer: Harness, change: dict[str, Any], fields: set[str]
) -> None:
    # Waiting lets the controllers write first what they write to a new object.
    layer.apply(*EVERY_SHAPE, wait=True)
    name = change["metadata"]["name"]
    desired = [change if obj["metadata"]["name"] == name else obj for obj in EVERY_SHAPE]

    foreseen = layer.apply(*desired, check_mode=True)
    made = layer.apply(*desired)

    assert foreseen["objects"] == made["objects"]
    assert foreseen["diff"] == made["diff"]
    assert actions(made) == {obj["metadata"]["name"]: "unchanged" for obj in EVERY_SHAPE} | {name: "updated"}
    entry = next(entry for entry in made["objects"] if entry["name"] == name)
    assert {field for field in entry["fields"] if "pingpong.platform/intent" not in field} == fields
    assert layer.apply(*desired)["changed"] is False


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_a_controller_writes_meanwhile_is_no_part_of_the_change(
    layer: Harness, monkeypatch: pytest.MonkeyPatch, check_mode: bool
) -> None:
    """A write between the LIST and the apply, of a field that is not declared."""
    layer.apply(deployment("d"), wait=True)
    applying = ClusterClient.apply

    def meanwhile(client: ClusterClient, obj: dict[str, Any], **options: Any) -> dict[str, Any]:
        numbered = {"metadata": {"annotations": {"example.org/seen": "1"}, "finalizers": ["example.org/hold"]}}
        layer.edit("Deployment", "d", numbered, manager="some-controller", api_version="apps/v1")
        return applying(client, obj, **options)

    monkeypatch.setattr(ClusterClient, "apply", meanwhile)
    done = layer.apply(deployment("d", replicas=1), check_mode=check_mode)
    layer.edit("Deployment", "d", {"metadata": {"finalizers": None}}, manager="some-controller", api_version="apps/v1")

    (entry,) = done["objects"]
    assert entry["fields"] == ["metadata.annotations.pingpong.platform/intent", "spec.replicas"]
    (shown,) = done["diff"]
    assert "example.org/seen" in shown["before"] and "example.org/hold" in shown["before"]


def test_another_spelling_of_the_same_is_no_drift(layer: Harness) -> None:
    """Quantities, zero values, empty maps, stringData: the server rewrites them, and that is not a difference."""
    layer.apply(*EVERY_SHAPE)
    live = layer.get("Deployment", "d", "apps/v1")
    assert live is not None
    assert live["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"] == {
        "cpu": "100m",
        "memory": "1Gi",
    }
    assert layer.apply(*EVERY_SHAPE)["requests"] == 6


def test_the_same_in_other_words_is_no_change(layer: Harness) -> None:
    respelt = deployment("d")
    respelt["spec"]["template"]["spec"]["containers"][0]["resources"] = {
        "requests": {"cpu": "100m", "memory": "1Gi"},
        "limits": {"cpu": "1000m", "memory": "1536Mi"},
    }
    layer.apply(deployment("d"))
    for check_mode in (True, False, False):
        assert layer.apply(respelt, check_mode=check_mode)["changed"] is False


UNUSUAL = {
    "an empty list that the server makes null": role("r") | {"rules": []},
    "a quantity beside no container": {
        "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "tests"}, "handler": "x",
        "overhead": {"podFixed": {"cpu": "0.25", "memory": "0.5Gi"}},
    },
    "signs of every plane": config_map("c", a="ü💥\u2028\x85\x7f\ufeff\r\n\t", b="\\ud83d"),
    "wrapped base64": secret("s") | {"data": {"a": "aHVu\ndGVy\r\nMg==\n"}},
    "numbers as keys": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {1: "a", "b": "c"}},
}  # fmt: skip


@pytest.mark.parametrize("case", UNUSUAL)
def test_what_is_spelt_unusually_is_applied_once(layer: Harness, case: str) -> None:
    layer.apply(UNUSUAL[case])
    again = layer.apply(UNUSUAL[case])
    assert again["changed"] is False
    assert again["requests"] == 2, "nothing is written again"
    layer.apply()


def test_signs_of_every_plane_arrive_as_they_are(layer: Harness) -> None:
    layer.apply(UNUSUAL["signs of every plane"])
    live = layer.get("ConfigMap", "c")
    assert live is not None and live["data"] == UNUSUAL["signs of every plane"]["data"]


def test_drift_by_hand_is_set_back(layer: Harness) -> None:
    layer.apply(*EVERY_SHAPE)
    layer.edit("ConfigMap", "c", {"data": {"key": "changed"}}, manager="kubectl-edit")

    healed = layer.apply(*EVERY_SHAPE)

    assert actions(healed)["c"] == "updated"
    live = layer.get("ConfigMap", "c")
    assert live is not None
    assert live["data"] == {"key": "value"}
    assert layer.apply(*EVERY_SHAPE)["changed"] is False


@pytest.mark.parametrize("label", Owner("tests", "any").labels)
def test_a_label_of_the_owner_that_was_taken_off_is_put_back(layer: Harness, label: str) -> None:
    layer.apply(config_map("c"))
    layer.edit("ConfigMap", "c", {"metadata": {"labels": {label: None}}}, manager="kubectl-label")
    assert actions(layer.apply(config_map("c"))) == {"c": "adopted"}
    assert layer.apply(config_map("c"))["changed"] is False


def test_a_field_of_another_controller_is_a_conflict_that_names_both(layer: Harness) -> None:
    layer.apply(deployment("d", replicas=1))
    layer.edit("Deployment", "d", {"spec": {"replicas": 5}}, manager="some-autoscaler", api_version="apps/v1")

    with pytest.raises(PlatformError, match=r"Deployment .*/d: conflict: some-autoscaler owns spec\.replicas"):
        layer.apply(deployment("d", replicas=1))

    assert actions(layer.apply(deployment("d", replicas=1), force_conflicts=True)) == {"d": "updated"}
    live = layer.get("Deployment", "d", "apps/v1")
    assert live is not None
    assert live["spec"]["replicas"] == 1


def test_the_bundle_that_a_controller_writes_into_a_webhook_is_left_alone(layer: Harness) -> None:
    name = f"{layer.namespace}.example.org"
    webhook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": "validation.example.org",
                "clientConfig": {"service": {"name": "v", "namespace": layer.namespace}, "caBundle": ""},
                "failurePolicy": "Ignore",
                "rules": [
                    {"apiGroups": ["none.example.org"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["*"]}
                ],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
    layer.apply(webhook)
    live = layer.client.get(webhook["apiVersion"], webhook["kind"], name)
    assert live is not None
    hooks = live["webhooks"]
    hooks[0]["clientConfig"]["caBundle"] = "Q0E="
    hooks[0]["failurePolicy"] = "Fail"
    layer.edit(webhook["kind"], name, {"webhooks": hooks}, manager="pilot-discovery", api_version=webhook["apiVersion"])

    assert layer.apply(webhook)["changed"] is False
    live = layer.client.get(webhook["apiVersion"], webhook["kind"], name)
    assert live is not None
    assert live["webhooks"][0]["failurePolicy"] == "Fail"
    layer.apply(state="absent")


def test_an_object_that_exists_is_adopted(layer: Harness) -> None:
    existing = config_map("c")
    existing["metadata"]["namespace"] = layer.namespace
    layer.client.create(existing)

    assert actions(layer.apply(config_map("c"), check_mode=True)) == {"c": "adopted"}
    adopted = layer.apply(config_map("c"))

    assert actions(adopted) == {"c": "adopted"}
    assert layer.apply(config_map("c"))["changed"] is False


def test_pruning_takes_what_is_no_longer_given_and_only_that(layer: Harness) -> None:
    layer.apply(*EVERY_SHAPE)
    layer.apply(config_map("neighbour"), layer="another")
    keep = config_map("keeper")
    keep["metadata"]["annotations"] = {"pingpong.platform/prune": "keep"}
    layer.apply(*EVERY_SHAPE, keep)

    foreseen = layer.apply(config_map("c"), check_mode=True)
    pruned = layer.apply(config_map("c"))

    assert {entry["name"] for entry in pruned["pruned"]} == {"s", "v", "r", "d"}
    assert pruned["pruned"][0]["name"] == "d", "workloads go before what they use"
    assert foreseen["pruned"] == pruned["pruned"]
    assert [(entry["name"], entry["reason"]) for entry in pruned["kept"]] == [
        ("keeper", "annotated pingpong.platform/prune=keep")
    ]
    assert layer.get("ConfigMap", "neighbour") is not None
    assert layer.get("Secret", "s") is None
    assert layer.apply(config_map("c"))["changed"] is False
    layer.apply(layer="another", state="absent")


def copy_of(layer: Harness, kind: str, name: str) -> str:
    """As ``kubectl get -o yaml``, another name, ``kubectl create`` make it: with every label."""
    live = layer.get(kind, name)
    assert live is not None
    labels = live["metadata"]["labels"]
    metadata = {"name": f"{name}-copy", "namespace": layer.namespace, "labels": labels}
    layer.client.create({**live, "metadata": metadata})
    return f"{name}-copy"


def test_a_copy_made_by_hand_is_reported_and_not_deleted(layer: Harness) -> None:
    layer.apply(config_map("c"), config_map("d"))
    name = copy_of(layer, "ConfigMap", "c")
    pruned = layer.apply(config_map("c"))
    assert [entry["name"] for entry in pruned["pruned"]] == ["d"]
    assert [(entry["name"], entry["reason"].partition(";")[0]) for entry in pruned["kept"]] == [
        (name, "carries the labels of this layer and was never applied for it")
    ]
    assert layer.apply(config_map("c"))["changed"] is False
    assert [entry["name"] for entry in layer.apply(state="absent")["pruned"]] == ["c"]
    assert layer.apply(state="absent")["changed"] is False
    assert layer.get("ConfigMap", name) is not None
    assert actions(layer.apply({**config_map("c"), "metadata": {"name": name}})) == {name: "updated"}


def test_what_a_finalizer_holds_is_reported_and_not_deleted_again(layer: Harness) -> None:
    held = config_map("held")
    held["metadata"]["finalizers"] = ["example.org/never"]
    layer.apply(held, config_map("c"))
    assert [entry["name"] for entry in layer.apply(config_map("c"))["pruned"]] == ["held"]
    again = layer.apply(config_map("c"))
    assert (again["changed"], again["pruned"]) == (False, [])
    assert [entry["reason"] for entry in again["kept"]] == ["is being deleted: finalizers example.org/never"]
    layer.edit("ConfigMap", "held", {"metadata": {"finalizers": None}}, manager="tests")
    assert layer.apply(config_map("c"))["kept"] == []


def test_a_kind_that_is_no_longer_given_at_all_is_still_pruned(layer: Harness) -> None:
    layer.apply(config_map("c"), role("r"))
    assert [entry["name"] for entry in layer.apply(config_map("c"))["pruned"]] == ["r"]
    assert layer.get("Role", "r", "rbac.authorization.k8s.io/v1") is None


def test_a_version_of_a_kind_that_was_given_before_is_no_change(layer: Harness) -> None:
    def scaler(version: str, **more: Any) -> dict[str, Any]:
        spec = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}, "maxReplicas": 3}
        return {
            "apiVersion": f"autoscaling/{version}",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "h"},
            "spec": spec | more,
        }

    target = {"type": "Utilization", "averageUtilization": 50}
    newer = scaler("v2", metrics=[{"type": "Resource", "resource": {"name": "cpu", "target": target}}])
    # What is kept keeps the record of every kind that the layer ever had.
    kept = config_map("k") | {"metadata": {"name": "k", "annotations": {"pingpong.platform/prune": "keep"}}}
    layer.apply(scaler("v1"), kept)
    layer.apply(newer)
    assert layer.apply(newer)["changed"] is False


def test_another_layers_object_is_refused(layer: Harness) -> None:
    layer.apply(config_map("shared"), layer="another")
    with pytest.raises(PlatformError, match=r"ConfigMap .*/shared belongs to layer another of tests"):
        layer.apply(config_map("shared"))
    layer.apply(layer="another", state="absent")


def test_a_namespace_in_which_another_layer_lives_is_kept(layer: Harness) -> None:
    name = f"{layer.namespace}-more"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    layer.apply(namespace)
    layer.apply(config_map("c"), layer="tenant", namespace=name)

    kept = layer.apply(state="absent")
    assert [(entry["name"], entry["reason"]) for entry in kept["kept"]] == [
        (name, "holds objects of layer tests/tenant")
    ]
    layer.apply(layer="tenant", state="absent")
    gone = layer.apply(state="absent", wait_timeout=60)
    assert [entry["name"] for entry in gone["pruned"]] == [name]
    assert layer.client.get("v1", "Namespace", name) is None


@pytest.mark.parametrize("record", ["with its record", "without its record"])
def test_absent_deletes_the_layer_and_is_idempotent(layer: Harness, record: str) -> None:
    layer.apply(*EVERY_SHAPE)
    lease = f"pingpong.platform.tests.{layer.namespace}"
    if record == "without its record":
        layer.client.delete("coordination.k8s.io/v1", "Lease", lease, "kube-system")

    foreseen = layer.apply(state="absent", check_mode=True)
    gone = layer.apply(state="absent")

    assert foreseen["pruned"] == gone["pruned"]
    assert {entry["name"] for entry in gone["pruned"]} == {"c", "s", "v", "r", "d"}
    assert layer.client.get("coordination.k8s.io/v1", "Lease", lease, "kube-system") is None
    assert layer.apply(state="absent")["changed"] is False


def test_a_definition_and_its_objects_in_one_layer(layer: Harness) -> None:
    group = f"{layer.namespace}.example.org"
    crd = definition(group, "Thing")
    thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "one"}, "spec": {"size": 1}}

    foreseen = layer.apply(thing, crd, check_mode=True)
    made = layer.apply(thing, crd)

    assert actions(foreseen) == actions(made) == {"one": "created", crd["metadata"]["name"]: "created"}
    again = layer.apply(thing, crd)
    assert again["changed"] is False
    assert again["requests"] == 3
    assert layer.apply(state="absent")["pruned"][0]["name"] == "one"


@pytest.mark.parametrize("whose", ["the layer's own", "another owner's"])
def test_a_definition_stays_while_there_are_objects_of_it(layer: Harness, whose: str) -> None:
    """Deleting it would delete them all, of any owner."""
    group = f"{layer.namespace}.example.org"
    crd = definition(group, "Gadget")
    thing = {"apiVersion": f"{group}/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {}}
    own = [thing] if whose == "the layer's own" else []
    layer.apply(crd, *own)
    if not own:
        layer.client.create({**thing, "metadata": {"name": "g", "namespace": layer.namespace}})
    for check_mode in (True, False):
        kept = layer.apply(config_map("c"), *own, check_mode=check_mode)
        assert [(entry["name"], entry["reason"]) for entry in kept["kept"]] == [
            (f"gadgets.{group}", f"holds Gadget {layer.namespace}/g, which would be deleted with it")
        ]
        assert kept["pruned"] == []
    assert layer.get("Gadget", "g", f"{group}/v1") is not None
    layer.client.delete(f"{group}/v1", "Gadget", "g", layer.namespace)
    assert [entry["name"] for entry in layer.apply(state="absent")["pruned"]] == ["c", f"gadgets.{group}"]


def test_a_namespace_and_what_lives_in_it_in_one_layer(layer: Harness) -> None:
    name = f"{layer.namespace}-new"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    objects = (config_map("c"), namespace)

    foreseen = layer.apply(*objects, check_mode=True, namespace=name)
    made = layer.apply(*objects, namespace=name)

    assert actions(foreseen) == actions(made) == {"c": "created", name: "created"}
    layer.apply(state="absent", wait_timeout=60)


def test_check_mode_writes_nothing(layer: Harness) -> None:
    layer.apply(*EVERY_SHAPE, check_mode=True)
    assert layer.get("ConfigMap", "c") is None
    assert (
        layer.client.get("coordination.k8s.io/v1", "Lease", f"pingpong.platform.tests.{layer.namespace}", "kube-system")
        is None
    )


def test_no_value_of_a_secret_is_ever_shown(layer: Harness) -> None:
    shown = [
        layer.apply(secret("s", password="hunter2"), check_mode=True),
        layer.apply(secret("s", password="hunter2")),
        layer.apply(secret("s", password="hunter3", user="opensesame"), check_mode=True),
        layer.apply(secret("s", password="hunter3", user="opensesame")),
        layer.apply(),
    ]
    text = json.dumps(shown)
    for value in ("hunter", "aHVudGVy", "opensesame", "b3BlbnNlc2FtZQ"):
        assert value not in text
    assert "<masked: another value>" in shown[3]["diff"][0]["after"]
    live = json.dumps(layer.client.list("v1", "ConfigMap", layer.namespace)) + json.dumps(
        layer.client.list("coordination.k8s.io/v1", "Lease", "kube-system")
    )
    assert "hunter" not in live


def test_the_hash_shows_nothing_of_a_secret(layer: Harness) -> None:
    marks = set()
    for value in ("hunter2", "hunter3"):
        layer.apply(secret("s", password=value))
        live = layer.get("Secret", "s")
        assert live is not None
        marks.add(live["metadata"]["annotations"]["pingpong.platform/intent"])
    assert len(marks) == 1
