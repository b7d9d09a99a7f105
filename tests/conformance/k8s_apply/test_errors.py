"""Every error names the object or option, says what was found, and shows no secret."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.record import Record
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Owner

from tests.support.layers import Harness, config_map, definition, deployment, secret, service

CONTAINER = {"name": "c", "image": "a:2"}
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt field": (
        {"objects": [deployment("d") | {"spec": deployment("d")["spec"] | {"replica": 1}}]},
        r"apply Deployment .*/d: .*spec\.replica: field not declared",
    ),
    "a value that the server refuses": (
        {"objects": [deployment("d", image="")]},
        r"apply Deployment .*/d: 422 Invalid: .*image",
    ),
    "a kind that nobody serves": (
        {"objects": [{"apiVersion": "example.org/v1", "kind": "Nothing", "metadata": {"name": "n"}}]},
        r"Nothing in example\.org/v1 is not served by the cluster",
    ),
    "a kind of another version": (
        {"objects": [{"apiVersion": "apps/v1", "kind": "Deploymint", "metadata": {"name": "n"}}]},
        r"Deploymint in apps/v1 is not served by the cluster \(it serves .*Deployment",
    ),
    "a namespace that does not exist": (
        {"objects": [config_map("c")], "namespace": "nowhere"},
        r'apply ConfigMap nowhere/c: 404 NotFound: namespaces "nowhere" not found',
    ),
    "a file that is not there": (
        {"files": ["/nonexistent/things.yml"]},
        r"files: /nonexistent/things\.yml does not exist",
    ),
    "a chart that is not there": (
        {"charts": [{"name": "x", "chart": "/nonexistent/chart"}], "helm": "HELM"},
        r"charts: x \(/nonexistent/chart\): helm template failed: .*nonexistent",
    ),
    "a program that is not there": (
        {"charts": [{"name": "x", "chart": "/nonexistent/chart"}], "helm": "/nonexistent/helm"},
        r"helm: the program /nonexistent/helm was not found",
    ),
    "a list for a Secret's data": (
        {"objects": [secret("s") | {"data": ["hunter2"]}]},
        r"objects\[0\] \(Secret .*s\): data: expected a dict, found a list",
    ),
    "a number for a namespace": (
        {"objects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": 5}}]},
        r"objects\[0\] \(ConfigMap 5/c\): metadata\.namespace: expected a string, found a number",
    ),
    "a number for a name": (
        {"objects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": 5}}]},
        r"objects\[0\] \(ConfigMap\): metadata\.name expected a string, found a number",
    ),
    "a misspelt field of a Secret": (
        {"objects": [secret("s") | {"stringDatum": {"a": "hunter2"}}]},
        r"apply Secret .*/s: 500: \.stringDatum: field not declared in schema$",
    ),
    "a definition that is none": (
        {"objects": [definition("example.org", "Thing") | {"spec": {"names": [], "versions": ["v1"]}}]},
        r"apply CustomResourceDefinition things\.example\.org: .*expected map",
    ),
    "a record where no namespace is": (
        {"objects": [config_map("c")], "record_namespace": "nowhere"},
        r"record_namespace: there is no namespace nowhere",
    ),
    "a layer's name": ({"layer": "Not A Name"}, r"layer: 'Not A Name' is not usable"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(layer: Harness, helm: Path, mistake: str) -> None:
    options, message = MISTAKES[mistake]
    if options.get("helm") == "HELM":
        options = options | {"helm": str(helm)}
    started = time.monotonic()
    with pytest.raises(PlatformError, match=re.compile(message, re.DOTALL)):
        layer.apply(**{"objects": [], "wait_timeout": 5} | options)
    assert time.monotonic() - started < 15


EARLY: dict[str, tuple[dict[str, Any], str]] = {
    "a kind in another case": (
        {"objects": [config_map("c") | {"kind": "configmap"}]},
        r"objects\[0\] \(configmap c\): configmap in v1 is not served by the cluster \(it serves .*ConfigMap",
    ),
    "a path for a name": ({"objects": [config_map("a/b")]}, r"objects\[0\] .*: metadata\.name: 'a/b' is no name"),
    "a namespace's name": ({"namespace": "A b"}, r"namespace: 'A b' is not usable"),
    "no namespace for the record": ({"record_namespace": ""}, r"record_namespace: '' is not usable"),
    "no threads": ({"threads": 0}, r"threads: 0 is not usable, expected more than 0"),
    "no time between looks": ({"wait_sleep": -1.0}, r"wait_sleep: -1 is not usable, expected more than 0"),
    "no time for a request": ({"request_timeout": 0.0}, r"request_timeout: 0 is not usable, expected more than 0"),
}


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("mistake", EARLY)
def test_a_mistake_is_named_in_check_mode_as_well(layer: Harness, mistake: str, check_mode: bool) -> None:
    options, message = EARLY[mistake]
    with pytest.raises(PlatformError, match=message):
        layer.apply(**{"objects": [], "check_mode": check_mode} | options)


def test_an_invalid_secret_is_refused_without_its_value(layer: Harness) -> None:
    invalid = secret("s", **{"not a key!": "hunter2"})
    with pytest.raises(PlatformError) as caught:
        layer.apply(invalid)
    assert "apply Secret" in str(caught.value)
    assert "data[not a key!]" in str(caught.value)
    assert "hunter2" not in str(caught.value)


JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "j"},
    "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "a:1"}]}}},
}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
STATEFUL_SET: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {"name": "t"},
    "spec": {
        "serviceName": "t",
        "selector": {"matchLabels": {"app": "t"}},
        "template": {"metadata": {"labels": {"app": "t"}}, "spec": {"containers": [CONTAINER]}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": CLAIM}],
    },
}
IMMUTABLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the selector of a Deployment": (
        deployment("d"), {"spec": deployment("d")["spec"] | {
            "selector": {"matchLabels": {"app": "d", "b": "c"}},
            "template": {"metadata": {"labels": {"app": "d", "b": "c"}}, "spec": {"containers": [CONTAINER]}}}}),
    "the template of a Job": (JOB, {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [
        CONTAINER | {"env": [{"name": f"V{place}", "value": "x" * 50} for place in range(50)]}]}}}}),
    "the address of a Service": (service("v"), {"spec": service("v")["spec"] | {"clusterIP": "None"}}),
    "the volumes of a StatefulSet": (STATEFUL_SET, {"spec": STATEFUL_SET["spec"] | {"volumeClaimTemplates": []}}),
    "an immutable ConfigMap": (config_map("c") | {"immutable": True}, {"data": {"key": "other"}}),
    "the type of a Secret": (secret("s", password="hunter2"), {"type": "example.org/other"}),
}  # fmt: skip


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("case", IMMUTABLE)
def test_what_cannot_be_changed_in_place_says_so_and_what_to_do(layer: Harness, case: str, check_mode: bool) -> None:
    obj, change = IMMUTABLE[case]
    layer.apply(obj)
    with pytest.raises(PlatformError, match="cannot be changed in place: delete the object first") as caught:
        layer.apply(obj | change, check_mode=check_mode)
    assert len(str(caught.value)) < 1300, "the object is not quoted at length"
    assert "hunter2" not in str(caught.value)


def test_all_failures_of_a_stage_are_told_at_once(layer: Harness) -> None:
    with pytest.raises(PlatformError) as caught:
        layer.apply(deployment("one", image=""), deployment("two", image=""), config_map("fine"))
    assert "2 objects failed" in str(caught.value)
    assert "/one" in str(caught.value)
    assert "/two" in str(caught.value)
    assert layer.get("ConfigMap", "fine") is not None, "an earlier stage was carried out"


def test_a_run_that_is_under_way_is_waited_for_and_named(layer: Harness) -> None:
    other = Record(layer.client, Owner("tests", layer.namespace), "kube-system")
    other._holder = "elsewhere/1/00000000"
    other.acquire([], 5)
    with pytest.raises(PlatformError, match="is being changed by elsewhere/1/00000000"):
        layer.apply(config_map("c"), wait_timeout=1)
    other.release()
    assert layer.apply(config_map("c"))["changed"] is True


def test_a_run_that_ended_without_giving_the_lock_back_is_succeeded(layer: Harness) -> None:
    other = Record(layer.client, Owner("tests", layer.namespace), "kube-system", duration=2)
    other._holder = "elsewhere/1/00000000"
    other.acquire([], 5)
    other._end_renewing()
    assert layer.apply(config_map("c"))["changed"] is True
