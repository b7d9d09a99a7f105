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
    "ingress": {
        "enabled": True,
        "host": "ingress.localdev.me",
        "secretName": "pingpong-a-host",
        "subject": "a.localdev.me",
    },
    "callers": [
        {"namespace": "pingpong-b", "serviceAccount": "pingpong-b", "methods": ["GET"], "paths": ["/ping"]},
        {"namespace": "pingpong-b", "serviceAccount": "job"},
        {"namespace": "pingpong-c"},
    ],
    "trustDomain": "pingpong.local",
    "networkPolicy": {"tlsCallers": ["ingress"], "peers": ["pingpong-a", "pingpong-b"]},
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
        "HorizontalPodAutoscaler", "NetworkPolicy", "PeerAuthentication", "AuthorizationPolicy",
        "Gateway", "VirtualService", "HTTPProxy",
    }  # fmt: skip
    for found in everything.values():
        assert found["metadata"]["name"] == "pingpong-a"
        assert found["metadata"]["namespace"] == "pingpong-a"
        assert found["metadata"]["labels"]["app.kubernetes.io/name"] == "ping"
        assert found["metadata"]["labels"]["app.kubernetes.io/instance"] == "pingpong-a"


SWITCHES = {
    "Gateway": {"gateway": {"enabled": False}},
    "VirtualService": {"gateway": {"enabled": False}},
    "HTTPProxy": {"ingress": {"enabled": False}},
    "HorizontalPodAutoscaler": {"autoscaling": {"enabled": False}},
    "PodDisruptionBudget": {"podDisruptionBudget": {"enabled": False}},
    "NetworkPolicy": {"networkPolicy": {"enabled": False}},
    "AuthorizationPolicy": {"authorizationPolicy": {"enabled": False}},
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
    settings = load(None)
    assert settings.target == EVERYTHING["target"]
    assert (settings.place.region, settings.place.pod) == ("europe-west1", "from-the-pod")
    assert settings.faults.enabled
    assert settings.limits.idle_seconds == 30
    assert str(settings.tls.cert_file) == "/tls/tls.crt"


def test_settings_arrive_as_they_were_written(tmp_path: Path) -> None:
    """Helm reads every number of a values file as a float, and would write 1048576 as 1.048576e+06."""
    settings = {
        "LIMITS__MAX_BODY_BYTES": 1048576,
        "PEER__INTERVAL_SECONDS": 0.5,
        "LOG__REQUESTS": True,
        "LOG__LEVEL": "info",
    }
    pod = render({"settings": settings}, tmp_path)["Deployment"]["spec"]["template"]["spec"]
    env = {variable["name"]: variable.get("value") for variable in pod["containers"][0]["env"]}
    assert {name: env[name] for name in settings} == {
        "LIMITS__MAX_BODY_BYTES": "1048576", "PEER__INTERVAL_SECONDS": "0.5", "LOG__REQUESTS": "true",
        "LOG__LEVEL": "info",
    }  # fmt: skip


def test_a_drain_fits_into_the_grace_period(pod: dict[str, Any]) -> None:
    env = {variable["name"]: variable.get("value") for variable in pod["containers"][0]["env"]}
    drain = float(env["DRAIN__DELAY_SECONDS"]) + float(env["DRAIN__TIMEOUT_SECONDS"])
    assert pod["terminationGracePeriodSeconds"] > drain


def test_ports_are_named_for_the_mesh(everything: Objects) -> None:
    ports = {port["name"]: (port["port"], port["appProtocol"]) for port in everything["Service"]["spec"]["ports"]}
    assert ports == {"http": (8080, "http"), "http-metrics": (9080, "http"), "tls-app": (8443, "tls")}


def test_replicas_are_the_autoscalers_where_there_is_one(everything: Objects, tmp_path: Path) -> None:
    assert everything["Deployment"]["spec"]["replicas"] == 2, "what it begins with"
    fewer = {"autoscaling": {"enabled": True, "minReplicas": 3, "maxReplicas": 4}, "replicaCount": 9}
    assert render(fewer, tmp_path)["Deployment"]["spec"]["replicas"] == 3
    assert render({"replicaCount": 3}, tmp_path)["Deployment"]["spec"]["replicas"] == 3


def test_the_autoscaler_follows_the_cpu_of_the_service_alone(everything: Objects) -> None:
    (cpu,) = everything["HorizontalPodAutoscaler"]["spec"]["metrics"]
    assert cpu["containerResource"] == {
        "name": "cpu", "container": "ping", "target": {"type": "Utilization", "averageUtilization": 60},
    }  # fmt: skip


def test_the_autoscaler_may_follow_the_requests_as_well(tmp_path: Path) -> None:
    changed = {"requests": {"enabled": True, "target": 25}, "scaleDownAfterSeconds": 30}
    found = render({"autoscaling": {"enabled": True, **changed}}, tmp_path)["HorizontalPodAutoscaler"]["spec"]
    assert [metric["type"] for metric in found["metrics"]] == ["ContainerResource", "Pods"]
    assert found["metrics"][1]["pods"] == {
        "metric": {"name": "ping_requests_per_second"}, "target": {"type": "AverageValue", "averageValue": "25"},
    }  # fmt: skip
    assert found["behavior"] == {"scaleDown": {"stabilizationWindowSeconds": 30}}


def test_another_adapters_metric_may_be_named(tmp_path: Path) -> None:
    name = "prometheus.googleapis.com|ping_requests_received_total|counter"
    values = {"autoscaling": {"enabled": True, "requests": {"enabled": True, "metric": name}}}
    found = render(values, tmp_path)["HorizontalPodAutoscaler"]["spec"]["metrics"][1]
    assert found["pods"]["metric"] == {"name": name}


def test_mtls_is_strict(everything: Objects) -> None:
    assert everything["PeerAuthentication"]["spec"]["mtls"] == {"mode": "STRICT"}


def rules(objects: Objects, direction: str, side: str) -> dict[tuple[str, ...], set[int]]:
    """Ports by the namespaces on the other side; a rule that names none is everybody's."""
    found: dict[tuple[str, ...], set[int]] = {}
    for rule in objects["NetworkPolicy"]["spec"][direction]:
        selector = rule[side][0]["namespaceSelector"] if side in rule else {"matchLabels": {"": "everybody"}}
        names = selector.get("matchLabels", {}).values() or selector["matchExpressions"][0]["values"]
        found[tuple(names)] = {port["port"] for port in rule["ports"]}
    return found


def test_the_policy_names_who_and_where(everything: Objects) -> None:
    assert everything["NetworkPolicy"]["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert rules(everything, "ingress", "from") == {
        ("pingpong-b", "pingpong-c"): {8080},
        ("ingress",): {8443},
        ("monitoring",): {9080, 15020, 15090},
    }
    assert rules(everything, "egress", "to") == {
        ("kube-system",): {53},
        ("istio-system",): {15012},
        ("pingpong-a", "pingpong-b"): {8080},
    }


def test_dns_is_asked_of_the_cluster_or_of_the_nodes_cache(everything: Objects) -> None:
    (peer,) = everything["NetworkPolicy"]["spec"]["egress"][0]["to"]
    (chosen,) = peer["podSelector"]["matchExpressions"]
    assert chosen == {"key": "k8s-app", "operator": "In", "values": ["kube-dns", "node-local-dns"]}


def test_whoever_has_an_identity_may_ask_what_is_declared(everything: Objects) -> None:
    spec = everything["AuthorizationPolicy"]["spec"]
    assert spec["action"] == "ALLOW"
    found = [(rule["from"][0]["source"]["principals"], rule["to"][0]["operation"]) for rule in spec["rules"]]
    assert found == [
        (["pingpong.local/ns/pingpong-b/sa/pingpong-b"], {"ports": ["8080"], "methods": ["GET"], "paths": ["/ping"]}),
        (["pingpong.local/ns/pingpong-b/sa/job"], {"ports": ["8080"]}),
        (
            ["pingpong.local/ns/monitoring/sa/prometheus"],
            {"ports": ["9080"], "methods": ["GET"], "paths": ["/-/metrics"]},
        ),
    ]


def test_without_callers_nobody_is_let_in(tmp_path: Path) -> None:
    objects = render({"callers": [], "metricsCallers": []}, tmp_path)
    assert not objects["AuthorizationPolicy"]["spec"]["rules"]
    assert not objects["NetworkPolicy"]["spec"]["ingress"]


def test_outside_the_mesh_nothing_but_tls_is_let_in(tmp_path: Path) -> None:
    tls = {"enabled": True, "secretName": "a", "public": True}
    outside = {"peers": [], "meshNamespace": ""}
    objects = render({"tls": tls, "callers": [], "networkPolicy": outside}, tmp_path)
    assert rules(objects, "ingress", "from")[("everybody",)] == {8443}
    assert set(rules(objects, "ingress", "from")) == {("everybody",), ("monitoring",)}
    assert set(rules(objects, "egress", "to")) == {("kube-system",)}


def test_the_public_service_leads_to_nothing_but_tls(tmp_path: Path) -> None:
    values = {"fullname": "a", "tls": {"enabled": True, "secretName": "a", "public": True}}
    ended = helm("template", "release", values=values, folder=tmp_path)
    services = [o for o in yaml.safe_load_all(ended.stdout) if o and o["kind"] == "Service"]
    found = {service["metadata"]["name"]: service["spec"] for service in services}
    assert {name: spec["type"] for name, spec in found.items()} == {"a": "ClusterIP", "a-public": "LoadBalancer"}
    assert [(port["port"], port["targetPort"]) for port in found["a-public"]["ports"]] == [(443, "tls-app")]


def test_the_ingress_verifies_who_it_goes_on_to(everything: Objects, tmp_path: Path) -> None:
    spec = everything["HTTPProxy"]["spec"]
    assert spec["virtualhost"] == {
        "fqdn": "ingress.localdev.me",
        "tls": {"secretName": "pingpong-a-host", "minimumProtocolVersion": "1.2"},
    }
    (route,) = spec["routes"]
    assert route["conditions"] == [{"exact": "/ping"}]
    assert "permitInsecure" not in route, "plain HTTP is redirected"
    assert route["responseHeadersPolicy"]["set"] == [{"name": "Strict-Transport-Security", "value": "max-age=31536000"}]
    (service,) = route["services"]
    assert (service["name"], service["port"], service["protocol"]) == ("pingpong-a", 8443, "tls")
    assert service["validation"] == {"caSecret": "pingpong-a-app", "subjectName": "a.localdev.me"}
    changed = {
        **EVERYTHING["ingress"],
        "hstsSeconds": 0,
        "authoritySecretName": "roots",
        "paths": ["/ping", "/version"],
    }
    routes = render({**EVERYTHING, "ingress": changed}, tmp_path)["HTTPProxy"]["spec"]["routes"]
    assert [route["conditions"] for route in routes] == [[{"exact": "/ping"}], [{"exact": "/version"}]]
    assert all("responseHeadersPolicy" not in route for route in routes)
    assert all(route["services"][0]["validation"]["caSecret"] == "roots" for route in routes)


def test_the_gateway_serves_https_only(everything: Objects) -> None:
    plain, secure = everything["Gateway"]["spec"]["servers"]
    assert plain["tls"] == {"httpsRedirect": True}
    assert secure["tls"]["mode"] == "SIMPLE"
    assert secure["tls"]["credentialName"] == "pingpong-a-tls"
    assert secure["hosts"] == ["./test.localdev.me"]
    (route,) = everything["VirtualService"]["spec"]["http"]
    assert route["match"] == [{"uri": {"exact": "/ping"}}]


def test_names_stay_names_whatever_they_spell(tmp_path: Path) -> None:
    found = render({"fullname": "on", "serviceAccount": {"name": "123"}, "priorityClassName": "null"}, tmp_path)
    metadata = [o["metadata"] for kind, o in found.items() if kind != "ServiceAccount"]
    assert {(m["name"], m["labels"]["app.kubernetes.io/instance"]) for m in metadata} == {("on", "on")}
    spec = found["Deployment"]["spec"]["template"]["spec"]
    assert (spec["serviceAccountName"], spec["priorityClassName"]) == ("123", "null")
    assert found["ServiceAccount"]["metadata"]["name"] == found["RoleBinding"]["subjects"][0]["name"] == "123"
    assert found["RoleBinding"]["roleRef"]["name"] == "on"


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
    "a name that no Service can have": ({"fullname": "1ping"}, "fullname"),
    "a liveness that takes two": ({"probes": {"liveness": {"successThreshold": 2}}}, "successThreshold"),
    "a start that takes two": ({"probes": {"startup": {"successThreshold": 2}}}, "successThreshold"),
    "a target that is no URL": ({"target": "pingpong-b:8080"}, "target"),
    "a gateway without hosts": ({"gateway": {"enabled": True, "credentialName": "x"}}, "hosts"),
    "a gateway without certificate": ({"gateway": {"enabled": True, "hosts": ["a"]}}, "credentialName"),
    "TLS without a Secret": ({"tls": {"enabled": True}}, "secretName"),
    "a public port without TLS": ({"tls": {"public": True}}, "enabled"),
    "an ingress without TLS behind it": (
        {"ingress": {"enabled": True, "host": "a", "secretName": "b", "subject": "c"}},
        "enabled",
    ),
    "an ingress that verifies no name": (
        {"tls": {"enabled": True, "secretName": "a"}, "ingress": {"enabled": True, "host": "a", "secretName": "b"}},
        "subject",
    ),
    "a setting that the service does not have": ({"settings": {"SERVCE__PORT": "1"}}, "SERVCE__PORT"),
    "a setting that the chart makes itself": ({"settings": {"SERVICE__PORT": "1"}}, "SERVICE__PORT"),
    "a label that the chart selects by": ({"podLabels": {"app.kubernetes.io/name": "x"}}, "podLabels"),
    "an annotation that the chart makes itself": (
        {"podAnnotations": {"kubectl.kubernetes.io/default-container": "x"}},
        "podAnnotations",
    ),
    "one port for two things": (
        {"service": {"port": 8443}, "tls": {"enabled": True, "secretName": "a"}},
        "tls.port: found [8443 9080 8443], expected each of its own",
    ),
    "fewer at most than at least": (
        {"autoscaling": {"enabled": True, "minReplicas": 3, "maxReplicas": 2}},
        "autoscaling.maxReplicas: found 2, expected at least minReplicas, 3",
    ),
    "a metric without a name": ({"autoscaling": {"requests": {"metric": ""}}}, "metric"),
    "a target of nothing": ({"autoscaling": {"requests": {"target": 0}}}, "target"),
    "a digest that is none": ({"image": {"digest": "sha256:1"}}, "digest"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_values_are_refused(tmp_path: Path, case: str) -> None:
    values, named = WRONG[case]
    ended = helm("template", "release", values=values, folder=tmp_path)
    assert ended.returncode != 0
    assert named in ended.stderr
