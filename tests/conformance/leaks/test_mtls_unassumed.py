"""Leaks that show only to who offers the right thing, asks the right port or needs no help of the leaking image.

Each is planted in a real mesh: found and named; and what is no leak, but looks odd, leaves every cell a pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from meshed import CALLER, PUSHED, TARGET, WORKLOAD, Meshed, cells, policy

from tests.support.meshed import workload

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1200)]

OPEN_8080 = f"{TARGET}/api:8080"
SEEN_AT_LAST = 90.0  # seconds
EXCLUDE = "traffic.sidecar.istio.io/excludeInboundPorts"
SDS = {
    "api_config_source": {
        "api_type": "GRPC",
        "transport_api_version": "V3",
        "set_node_on_first_message_only": True,
        "grpc_services": [{"envoy_grpc": {"cluster_name": "sds-grpc"}}],
    },
    "initial_fetch_timeout": "0s",
    "resource_api_version": "V3",
}
Object = dict[str, Any]


def until(mesh: Meshed, expected: set[tuple[str, str, str]], **options: Any) -> Object:
    """The check's result once it has the expected cells, or the last one."""
    deadline = time.monotonic() + SEEN_AT_LAST
    while True:
        result = mesh.check(**options)
        if expected <= cells(result, "fail", "inconclusive", "pass") or time.monotonic() > deadline:
            return result
        time.sleep(2)


@contextmanager
def applied(mesh: Meshed, *objects: Object) -> Iterator[None]:
    with mesh.beside(objects):
        time.sleep(PUSHED)
        yield


def filter_chain(match: Object) -> Object:
    """An EnvoyFilter that adds a chain for TLS to 8080 which asks for no client certificate."""
    name = {"name": "envoy.filters.network.tcp_proxy"}
    proxy = {"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"}
    tls = {"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"}
    certificate = {"tls_certificate_sds_secret_configs": [{"name": "default", "sds_config": SDS}]}
    chain = {
        "name": "leak",
        "filter_chain_match": {"destination_port": 8080, "transport_protocol": "tls", **match},
        "filters": [{**name, "typed_config": {**proxy, "stat_prefix": "leak", "cluster": "inbound|8080||"}}],
        "transport_socket": {
            "name": "envoy.transport_sockets.tls",
            "typed_config": {**tls, "common_tls_context": certificate},
        },
    }
    where = {"context": "SIDECAR_INBOUND", "listener": {"name": "virtualInbound"}}
    patch = {"applyTo": "FILTER_CHAIN", "match": where, "patch": {"operation": "ADD", "value": chain}}
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": "leak", "namespace": TARGET},
        "spec": {"workloadSelector": {"labels": {"app": "api"}}, "configPatches": [patch]},
    }


@pytest.mark.parametrize(
    ("match", "label"),
    [
        ({"application_protocols": ["http/1.1"]}, "alpn:http/1.1"),
        ({"application_protocols": ["h2"]}, "alpn:h2"),
        ({"server_names": ["outbound_.80_._.api.proof-target.svc.cluster.local"]}, "alpn:none"),
        # asked for by nobody but who has read the proxy's own configuration
        ({"application_protocols": ["acme/7"], "server_names": ["api.example"]}, "alpn:acme/7"),
    ],
)
def test_a_filter_chain_without_client_certificates_is_found_by_what_it_is_chosen_by(
    mesh: Meshed, match: Object, label: str
) -> None:
    leak = {(OPEN_8080, f"no_client_certificate/{label}", "fail"), (OPEN_8080, f"wrong_ca/{label}", "fail")}
    with applied(mesh, filter_chain(match)):
        result = until(mesh, leak)
    failed = cells(result, "fail")
    assert leak <= failed
    assert {target for target, _case, _verdict in failed} == {OPEN_8080}
    if "server_names" not in match:
        assert failed == leak


def other_image(mesh: Meshed) -> list[Object]:
    """A server whose image has neither a Python nor a shell, never ready, with its port kept from the sidecar."""
    return workload(
        "metrics", TARGET, mesh.images["prometheus"],
        annotations={EXCLUDE: "9090"},
        container={
            "command": ["prometheus", "--config.file=/dev/null", "--storage.tsdb.path=/data"],
            "readinessProbe": {"tcpSocket": {"port": 1}},
            "ports": [],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        },
        pod={"volumes": [{"name": "data", "emptyDir": {}}]},
    )  # fmt: skip


def test_a_pod_that_cannot_answer_for_itself_is_read_from_outside_and_called(mesh: Meshed) -> None:
    leak = (f"{TARGET}/metrics:9090", "undeclared_port:plaintext", "fail")
    with mesh.beside(other_image(mesh), wait=False):
        result = until(mesh, {leak})
    assert leak in cells(result, "fail")
    assert {target for target, _case, _verdict in cells(result, "fail")} == {f"{TARGET}/metrics:9090"}
    listening = [cell for cell in result["cells"] if cell["case"] == "listening ports"]
    assert len(listening) == 3 and {cell["verdict"] for cell in listening} == {"pass"}


def test_a_workload_whose_image_has_no_probe_and_leaks_nothing_passes(mesh: Meshed) -> None:
    objects = other_image(mesh)
    template = objects[-1]["spec"]["template"]
    template["metadata"]["annotations"] = {}
    template["spec"]["containers"][0]["readinessProbe"] = {"httpGet": {"path": "/-/ready", "port": 9090}}
    with mesh.beside(objects):
        result = mesh.check()
    assert result["short_of"] == ""
    assert any(f"calls of {TARGET}/metrics through its own sidecar" in note for note in result["not_covered"])


def server(port: int) -> list[str]:
    return ["sh", "-c", f"python3 -m pingpong.probe --hold 3600 --listen {port} & exec python3 -m pingpong"]


def test_a_port_in_the_proxys_range_that_is_not_the_proxys_is_called(mesh: Meshed) -> None:
    with mesh.redeployed(TARGET, command=server(15050), annotations={EXCLUDE: "15050"}):
        result = mesh.check()
    assert (f"{TARGET}/api:15050", "undeclared_port:plaintext", "fail") in cells(result, "fail")
    assert {target for target, _case, _verdict in cells(result, "fail")} == {f"{TARGET}/api:15050"}


def test_ports_that_no_mutual_tls_protects_are_named_until_they_are_excepted(mesh: Meshed) -> None:
    listen = "import socket, time; s = socket.socket(2, 2); s.bind(('', 5454)); time.sleep(3600)"
    command = ["sh", "-c", f'python3 -c "{listen}" & exec python3 -m pingpong']
    ports = [{"name": "clear", "containerPort": 5353, "protocol": "UDP"}]
    exceptions = [
        {"namespace": TARGET, "port": port, "cases": ["udp"], "reason": "test", "until": "2999-12-31"}
        for port in (5353, 5454)
    ]
    with mesh.redeployed(TARGET, command=command, ports=ports):
        result = mesh.check()
        excepted = mesh.check(exceptions=exceptions)
    assert cells(result, "fail") == {(f"{TARGET}/api:{port}", "udp", "fail") for port in (5353, 5454)}
    assert excepted["short_of"] == ""


def test_the_ports_of_a_native_sidecar_are_declared_and_called(mesh: Meshed) -> None:
    init = [{
        "name": "beside", "restartPolicy": "Always", "ports": [{"containerPort": 9100}],
        "command": ["python3", "-m", "pingpong.probe", "--hold", "3600", "--listen", "9100"],
    }]  # fmt: skip
    with mesh.redeployed(TARGET, init=init):
        result = mesh.check()
    assert result["short_of"] == ""
    asked = {case for target, case, _verdict in cells(result, "pass") if target == f"{TARGET}/api:9100"}
    assert "plaintext" in asked and not any(case.startswith("undeclared") for case in asked)


def headless() -> Object:
    """Listed before the Service that leads to the pods, and leading nowhere: its port is not translated."""
    port = {"name": "http", "port": 80, "targetPort": 8080}
    spec = {"clusterIP": "None", "selector": {"app": "api"}, "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "aaa", "namespace": TARGET}, "spec": spec}


def external() -> Object:
    spec = {"type": "ExternalName", "externalName": "api.invalid", "ports": [{"name": "http", "port": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "aaa", "namespace": TARGET}, "spec": spec}


@pytest.mark.parametrize("odd", [headless, external])
def test_a_service_that_leads_nowhere_is_not_called(mesh: Meshed, odd: Callable[[], Object]) -> None:
    with applied(mesh, odd()):
        result = mesh.check()
    assert result["short_of"] == ""
    assert (OPEN_8080, "valid_via_sidecar", "pass") in cells(result, "pass")


def test_a_pod_without_a_service_is_judged_by_the_certificate_that_was_asked_for(mesh: Meshed) -> None:
    mesh.client.delete("v1", "Service", WORKLOAD[TARGET], TARGET)
    try:
        time.sleep(PUSHED)
        mesh.restart(TARGET)
        result = mesh.check()
    finally:
        mesh.deploy(TARGET)
        mesh.ready(TARGET)
        mesh.restart(TARGET)
    assert result["short_of"] == ""
    good = [cell for cell in result["cells"] if cell["target"] == OPEN_8080 and cell["case"].startswith("valid/")]
    assert good and all("could not be read" in cell["reason"] for cell in good)


def test_five_workloads_of_which_two_may_not_reach_each_other_pass(mesh: Meshed) -> None:
    far = {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["far"]}]}
    everybody_else = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "all-but-far", "namespace": TARGET},
        "spec": {
            "podSelector": {"matchLabels": {"app": "api"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {}, "podSelector": far}]}],
        },
    }
    three = [obj for name in ("far", "near", "there") for obj in workload(name, CALLER, mesh.image)]
    with mesh.beside(three), applied(mesh, everybody_else):
        result = mesh.check(admit_probes=True)
    assert result["short_of"] == ""
    assert result["coverage"]["pairs"] == {"probed": 20, "total": 20}
    kept = [cell for cell in result["cells"] if cell["case"] == "kept_away_by_network_policy"]
    assert [(cell["source"], cell["target"]) for cell in kept] == [(f"{CALLER}/far", OPEN_8080)]


def test_a_caller_whose_own_sidecar_speaks_plain_text_is_named_and_the_target_is_not_accused(mesh: Meshed) -> None:
    rule = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "plain", "namespace": CALLER},
        "spec": {"host": f"api.{TARGET}.svc.cluster.local", "trafficPolicy": {"tls": {"mode": "DISABLE"}}},
    }
    with applied(mesh, rule):
        result = mesh.check()
    short = [cell for cell in result["cells"] if cell["verdict"] != "pass"]
    assert {(cell["source"], cell["target"], cell["case"]) for cell in short} == {
        (f"{CALLER}/web", OPEN_8080, "valid_via_sidecar")
    }


def test_a_port_that_is_permissive_by_itself_is_found_by_every_kind_of_plain_text(mesh: Meshed) -> None:
    spec = {
        "selector": {"matchLabels": {"app": "api"}},
        "mtls": {"mode": "STRICT"},
        "portLevelMtls": {8080: {"mode": "PERMISSIVE"}},
    }
    ways = {(OPEN_8080, case, "fail") for case in ("plaintext", "plaintext:h2c", "plaintext:raw")}
    with policy(mesh, spec, "api"):
        result = until(mesh, ways)
    assert ways <= cells(result, "fail")
    assert {target for target, _case, _verdict in cells(result, "fail")} == {OPEN_8080}
