"""The chart as a canary: the same pods as a Rollout, whose clients are moved in steps that can be refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_chart import EVERYTHING, HELM, helm

pytestmark = pytest.mark.skipif(HELM is None, reason="helm is neither on the path nor built yet")
Named = dict[tuple[str, str], dict[str, Any]]
ON: dict[str, Any] = {**EVERYTHING, "canary": {"enabled": True}}


def render(values: dict[str, Any], folder: Path) -> Named:
    ended = helm("template", "release", values=values, folder=folder)
    assert ended.returncode == 0, ended.stderr
    return {(o["kind"], o["metadata"]["name"]): o for o in yaml.safe_load_all(ended.stdout) if o}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Named:
    return render(EVERYTHING, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Named:
    return render(ON, tmp_path_factory.mktemp("canary"))


@pytest.fixture(scope="module")
def strategy(canary: Named) -> dict[str, Any]:
    found: dict[str, Any] = canary["Rollout", "pingpong-a"]["spec"]["strategy"]["canary"]
    return found


def test_the_same_pods_are_run_by_a_rollout(plain: Named, canary: Named) -> None:
    deployment, rollout = plain["Deployment", "pingpong-a"], canary["Rollout", "pingpong-a"]
    assert ("Deployment", "pingpong-a") not in canary
    assert rollout["apiVersion"] == "argoproj.io/v1alpha1"
    assert rollout["spec"]["selector"] == deployment["spec"]["selector"]
    ours, theirs = rollout["spec"]["template"], deployment["spec"]["template"]
    spread = theirs["spec"]["topologySpreadConstraints"]
    assert all(one.pop("matchLabelKeys") == ["pod-template-hash"] for one in spread)
    for one in ours["spec"]["topologySpreadConstraints"]:
        assert one.pop("matchLabelKeys") == ["rollouts-pod-template-hash"]
    assert ours == theirs


def test_what_is_about_the_pods_follows(plain: Named, canary: Named) -> None:
    scaled = canary["HorizontalPodAutoscaler", "pingpong-a"]["spec"]["scaleTargetRef"]
    assert scaled == {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "pingpong-a"}
    assert canary["Rollout", "pingpong-a"]["spec"]["replicas"] == 2
    for kind in ("Service", "PodDisruptionBudget", "PeerAuthentication", "ServiceAccount"):
        assert canary[kind, "pingpong-a"] == plain[kind, "pingpong-a"]


@pytest.mark.parametrize("name", ["pingpong-a", "pingpong-a-mesh"])
def test_calls_from_outside_and_inside_are_weighted(canary: Named, strategy: dict[str, Any], name: str) -> None:
    assert {"name": name, "routes": ["ping"]} in strategy["trafficRouting"]["istio"]["virtualServices"]
    (http,) = (one for one in canary["VirtualService", name]["spec"]["http"] if one.get("name") == "ping")
    weights = {route["destination"]["host"].split(".")[0]: route["weight"] for route in http["route"]}
    assert weights == {strategy["stableService"]: 100, strategy["canaryService"]: 0}
    for service in weights:
        selector = canary["Service", service]["spec"]["selector"]
        assert selector == canary["Rollout", "pingpong-a"]["spec"]["selector"]["matchLabels"]


def test_without_a_gateway_only_calls_from_inside_are(tmp_path: Path) -> None:
    found = render({**ON, "gateway": {"enabled": False}}, tmp_path)["Rollout", "pingpong-a"]
    routes = found["spec"]["strategy"]["canary"]["trafficRouting"]["istio"]["virtualServices"]
    assert [route["name"] for route in routes] == ["pingpong-a-mesh"]


def test_no_client_is_sent_to_a_version_before_its_smoke_test(strategy: dict[str, Any]) -> None:
    steps = strategy["steps"]
    weighted = [index for index, step in enumerate(steps) if "setWeight" in step]
    (smoke,) = (i for i, step in enumerate(steps) if _templates(step) == ["pingpong-a-smoke"])
    assert smoke < weighted[0]
    assert [steps[index]["setWeight"] for index in weighted] == [10, 50]
    assert all(_templates(steps[index + 1]) == ["pingpong-a"] for index in weighted)
    assert not any("pause" in step for step in steps)


def _templates(step: dict[str, Any]) -> list[str]:
    return [template["templateName"] for template in step.get("analysis", {}).get("templates", [])]


def test_a_person_may_have_to_promote_it(tmp_path: Path) -> None:
    found = render({**ON, "canary": {"enabled": True, "approval": True, "steps": [5, 25]}}, tmp_path)
    steps = found["Rollout", "pingpong-a"]["spec"]["strategy"]["canary"]["steps"]
    words = [key for step in steps for key in step if key in ("setWeight", "pause")]
    assert words == ["setWeight", "pause", "setWeight"]
    assert {"pause": {}} in steps, "a pause without an end"


def test_only_the_new_version_is_judged(canary: Named, strategy: dict[str, Any]) -> None:
    (metric,) = canary["AnalysisTemplate", "pingpong-a"]["spec"]["metrics"]
    query = metric["provider"]["prometheus"]["query"]
    assert set(re.findall(r"ping_\w+_total", query)) == {"ping_failures_total", "ping_requests_received_total"}
    assert set(re.findall(r"\{.*?[^}]\}(?=\[)", query)) == {
        '{namespace="pingpong-a",pod=~"pingpong-a-{{args.revision}}-.*"}'
    }
    args = [step["analysis"].get("args") for step in strategy["steps"] if _templates(step) == ["pingpong-a"]]
    assert args == [[{"name": "revision", "valueFrom": {"podTemplateHashValue": "Latest"}}]] * 2
    assert ">= 0.99" in metric["successCondition"] and "< 0.99" in metric["failureCondition"]
    assert "failureLimit" not in metric, "the first measurement that fails aborts"


def test_the_smoke_test_is_as_restricted_as_what_it_tests(canary: Named) -> None:
    (metric,) = canary["AnalysisTemplate", "pingpong-a-smoke"]["spec"]["metrics"]
    pod = metric["provider"]["job"]["spec"]["template"]
    ours = canary["Rollout", "pingpong-a"]["spec"]["template"]["spec"]
    (container,) = pod["spec"]["containers"]
    assert container["image"] == ours["containers"][0]["image"]
    assert container["securityContext"] == ours["containers"][0]["securityContext"]
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    assert pod["spec"]["automountServiceAccountToken"] is False
    selector = canary["Service", "pingpong-a"]["spec"]["selector"]
    assert not selector.items() <= pod["metadata"]["labels"].items(), "no client may be sent to it"


def test_the_smoke_test_may_ask_and_nothing_else(canary: Named) -> None:
    principal = "pingpong.local/ns/pingpong-a/sa/pingpong-a-smoke"
    rules = canary["AuthorizationPolicy", "pingpong-a"]["spec"]["rules"]
    (asks,) = (rule["to"] for rule in rules if rule["from"][0]["source"]["principals"] == [principal])
    assert asks == [{"operation": {"ports": ["8080"], "methods": ["GET"], "paths": ["/ping", "/version"]}}]
    policy = canary["NetworkPolicy", "pingpong-a-smoke"]["spec"]
    assert "ingress" not in policy and policy["policyTypes"] == ["Ingress", "Egress"]
    assert [[port["port"] for port in rule["ports"]] for rule in policy["egress"]] == [[53, 53], [15012], [8080]]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no step": ({"steps": []}, "steps"),
    "a step that is all": ({"steps": [100]}, "steps"),
    "a step twice": ({"steps": [10, 10]}, "steps"),
    "a window in words": ({"window": "a minute"}, "window"),
    "a ratio in percent": ({"successRatio": 99}, "successRatio"),
    "an unknown value": ({"weight": 10}, "weight"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_values_are_refused(tmp_path: Path, case: str) -> None:
    values, named = WRONG[case]
    ended = helm("template", "release", values={"canary": values}, folder=tmp_path)
    assert ended.returncode != 0
    assert named in ended.stderr
