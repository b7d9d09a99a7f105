"""The chart: every kind is rendered, restricted namespaces take the pods, wrong values are refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pingpong.settings import load

CHART = Path(__file__).parents[1] / "chart"
Objects = dict[str, dict[str, Any]]

EVERYTHING: dict[str, Any] = {
    "fullname": "pingpong-a",
    "target": "http://pingpong-b.pingpong-b.svc.cluster.local:8080/ping",
    "region": "europe-west1",
    "cluster": "primary",
    "autoscaling": {"enabled": True},
    "gateway": {"enabled": True, "hosts": ["test.localdev.me"], "credentialName": "pingpong-a-tls"},
    "tls": {"enabled": True, "secretName": "pingpong-a-app"},
    "settings": {"LOG__LEVEL": "debug", "LIMITS__IDLE_SECONDS": 30},
    "faults": {"enabled": True},
}


def find_helm() -> str | None:
    """Helm on the path, or among what the testbed built."""
    root = Path(__file__).parents[2]
    cache = Path(os.environ.get("PINGPONG_CACHE", Path.home() / ".cache" / "pingpong-platform"))
    candidates: Iterator[Path] = (path for place in ((root / ".local/bin", "helm"), (cache, "go/helm-*/helm"))
                                  for path in place[0].glob(place[1]))  # fmt: skip
    return shutil.which("helm") or next((str(path) for path in candidates), None)


HELM = find_helm()
pytestmark = pytest.mark.skipif(HELM is None, reason="helm is neither on the path nor built yet")


def helm(*arguments: str, values: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    assert HELM is not None
    file = folder / "values.json"
    file.write_text(json.dumps(values))
    return subprocess.run(
        [HELM, *arguments, str(CHART), "--namespace", "pingpong-a", "--values", str(file)],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip


def render(values: dict[str, Any], folder: Path) -> Objects:
    ended = helm("template", "release", values=values, folder=folder)
    assert ended.returncode == 0, ended.stderr
    return {o["kind"]: o for o in yaml.safe_load_all(ended.stdout) if o}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Objects:
    return render(EVERYTHING, tmp_path_factory.mktemp("values"))


@pytest.fixture(scope="module")
def pod(everything: Objects) -> dict[str, Any]:
    found: dict[str, Any] = everything["Deployment"]["spec"]["template"]["spec"]
    return found


def test_lint(tmp_path: Path) -> None:
    ended = helm("lint", values=EVERYTHING, folder=tmp_path)
    assert ended.returncode == 0, ended.stdout


def test_every_kind_is_rendered(everything: Objects) -> None:
    assert set(everything) == {
        "Deployment", "Service", "ServiceAccount", "Role", "RoleBinding", "PodDisruptionBudget",
        "HorizontalPodAutoscaler", "NetworkPolicy", "PeerAuthentication", "Gateway", "VirtualService",
    }  # fmt: skip
    for found in everything.values():
        assert found["metadata"]["name"] == "pingpong-a"
        assert found["metadata"]["namespace"] == "pingpong-a"
        assert found["metadata"]["labels"]["app.kubernetes.io/name"] == "ping"
        assert found["metadata"]["labels"]["app.kubernetes.io/instance"] == "pingpong-a"


SWITCHES = {
    "Gateway": {"gateway": {"enabled": False}},
    "VirtualService": {"gateway": {"enabled": False}},
    "HorizontalPodAutoscaler": {"autoscaling": {"enabled": False}},
    "PodDisruptionBudget": {"podDisruptionBudget": {"enabled": False}},
    "NetworkPolicy": {"networkPolicy": {"enabled": False}},
    "PeerAuthentication": {"peerAuthentication": {"enabled": False}},
    "ServiceAccount": {"serviceAccount": {"create": False}},
    "Role": {"rbac": {"create": False}},
}


@pytest.mark.parametrize("kind", SWITCHES)
def test_every_switch_switches(tmp_path: Path, kind: str) -> None:
    assert kind not in render({**EVERYTHING, **SWITCHES[kind]}, tmp_path)


def test_the_pod_is_restricted(pod: dict[str, Any]) -> None:
    """What Pod Security's restricted standard asks for, and the read-only root filesystem on top."""
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod)
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert all("hostPort" not in port for port in container["ports"])
    assert all(set(volume) == {"name", "secret"} for volume in pod["volumes"])


def test_nothing_gets_a_token(everything: Objects, pod: dict[str, Any]) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert everything["ServiceAccount"]["automountServiceAccountToken"] is False
    assert everything["Role"]["rules"] == []


def test_the_service_knows_every_setting(pod: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in pod["containers"][0]["env"]:
        monkeypatch.setenv(variable["name"], variable.get("value", "from-the-pod"))
    settings = load(env_file=None)
    assert settings.target == EVERYTHING["target"]
    assert (settings.place.region, settings.place.pod) == ("europe-west1", "from-the-pod")
    assert settings.faults.enabled
    assert settings.limits.idle_seconds == 30
    assert str(settings.tls.cert_file) == "/tls/tls.crt"


def test_a_drain_fits_into_the_grace_period(pod: dict[str, Any]) -> None:
    env = {variable["name"]: variable.get("value") for variable in pod["containers"][0]["env"]}
    drain = float(env["DRAIN__DELAY_SECONDS"]) + float(env["DRAIN__TIMEOUT_SECONDS"])
    assert pod["terminationGracePeriodSeconds"] > drain


def test_ports_are_named_for_the_mesh(everything: Objects) -> None:
    ports = {port["name"]: (port["port"], port["appProtocol"]) for port in everything["Service"]["spec"]["ports"]}
    assert ports == {"http": (8080, "http"), "http-metrics": (9080, "http"), "tls-app": (8443, "tls")}


def test_replicas_are_the_autoscalers_where_there_is_one(everything: Objects, tmp_path: Path) -> None:
    assert "replicas" not in everything["Deployment"]["spec"]
    assert render({"replicaCount": 3}, tmp_path)["Deployment"]["spec"]["replicas"] == 3


def test_mtls_is_strict(everything: Objects) -> None:
    assert everything["PeerAuthentication"]["spec"]["mtls"] == {"mode": "STRICT"}


def test_the_policy_names_who_and_where(everything: Objects) -> None:
    spec = everything["NetworkPolicy"]["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]

    def rules(direction: str, side: str) -> dict[tuple[str, ...], set[int]]:
        found: dict[tuple[str, ...], set[int]] = {}
        for rule in spec[direction]:
            selector = rule[side][0]["namespaceSelector"]
            names = selector.get("matchLabels", {}).values() or selector["matchExpressions"][0]["values"]
            found[tuple(names)] = {port["port"] for port in rule["ports"]}
        return found

    assert rules("ingress", "from") == {
        ("pingpong-a", "pingpong-b", "istio-ingress"): {8080, 8443},
        ("monitoring",): {9080, 15020, 15090},
    }
    assert rules("egress", "to") == {
        ("kube-system",): {53},
        ("istio-system",): {15012},
        ("pingpong-a", "pingpong-b"): {8080},
    }


def test_the_gateway_serves_https_only(everything: Objects) -> None:
    plain, secure = everything["Gateway"]["spec"]["servers"]
    assert plain["tls"] == {"httpsRedirect": True}
    assert secure["tls"]["mode"] == "SIMPLE"
    assert secure["tls"]["credentialName"] == "pingpong-a-tls"
    assert secure["hosts"] == ["./test.localdev.me"]
    (route,) = everything["VirtualService"]["spec"]["http"]
    assert route["match"] == [{"uri": {"exact": "/ping"}}]


IMAGES = {
    "pingpong/ping:0.1.0": {"repository": "pingpong/ping"},
    "pingpong/ping:2": {"repository": "pingpong/ping", "tag": "2"},
    f"pingpong/ping@sha256:{'a' * 64}": {"repository": "pingpong/ping", "tag": "2", "digest": f"sha256:{'a' * 64}"},
}


@pytest.mark.parametrize("expected", IMAGES)
def test_the_image_is_by_digest_tag_or_version(tmp_path: Path, expected: str) -> None:
    found = render({"image": IMAGES[expected]}, tmp_path)["Deployment"]["spec"]["template"]["spec"]
    assert found["containers"][0]["image"] == expected


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown value": ({"replicas": 3}, "replicas"),
    "an unknown value inside": ({"service": {"prot": 1}}, "prot"),
    "a word for a number": ({"replicaCount": "many"}, "replicaCount"),
    "a privileged port": ({"service": {"port": 80}}, "port"),
    "a target that is no URL": ({"target": "pingpong-b:8080"}, "target"),
    "a gateway without hosts": ({"gateway": {"enabled": True, "credentialName": "x"}}, "hosts"),
    "a gateway without certificate": ({"gateway": {"enabled": True, "hosts": ["a"]}}, "credentialName"),
    "TLS without a Secret": ({"tls": {"enabled": True}}, "secretName"),
    "a setting that the service does not have": ({"settings": {"SERVCE__PORT": "1"}}, "SERVCE__PORT"),
    "a digest that is none": ({"image": {"digest": "sha256:1"}}, "digest"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_values_are_refused(tmp_path: Path, case: str) -> None:
    values, named = WRONG[case]
    ended = helm("template", "release", values=values, folder=tmp_path)
    assert ended.returncode != 0
    assert named in ended.stderr
