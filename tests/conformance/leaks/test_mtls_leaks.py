"""The leaks that users of meshes hit, each planted in a real mesh: found, named, and nothing else is accused.

And what must never count as a proof: a dead pod, a NetworkPolicy in the way, a sidecar that hangs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from authorities import SHORT_LIVED, short_lived_authority
from meshed import CALLER, OUTSIDE, PEER_AUTHENTICATION, PUSHED, TARGET, Meshed, cells, policy

from tests.support.breaks import rule_unbound
from tests.support.local_platform import STATE

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1200)]

PUSHED_AT_LAST = 90.0
SHORT_LIFE = 90.0  # seconds: enough for istiod and a pod to start under it
OPEN_8080 = f"{TARGET}/api:8080"
# A second server in the pod, on a port that no container declares.
TWO_SERVERS = ["sh", "-c", "python3 -m pingpong.probe --hold 3600 --listen 7777 & exec python3 -m pingpong"]


def test_a_strict_mesh_is_proved_with_every_pair_and_pod(mesh: Meshed) -> None:
    result = mesh.check()
    assert result["short_of"] == ""
    assert result["coverage"]["pairs"] == {"probed": 2, "total": 2}
    assert result["coverage"]["pods"] == {"probed": 2, "total": 2}
    assert result["protocol_floor"] == "TLSv1.2"


def permissive_namespace(mesh: Meshed) -> AbstractContextManager[None]:
    return policy(mesh, {"mtls": {"mode": "PERMISSIVE"}})


def permissive_workload(mesh: Meshed) -> AbstractContextManager[None]:
    return policy(mesh, {"selector": {"matchLabels": {"app": "api"}}, "mtls": {"mode": "PERMISSIVE"}}, "api")


@contextmanager
def permissive_mesh(mesh: Meshed) -> Iterator[None]:
    """The mesh's own default, by who has taken the admission rule away; the platform's namespaces keep policies."""
    ref = (*PEER_AUTHENTICATION, "default", "istio-system")
    with rule_unbound(mesh.client, "strict-mutual-tls"):
        mesh.client.delete(*PEER_AUTHENTICATION, "default", TARGET)
        mesh.client.patch(*ref, {"spec": {"mtls": {"mode": "PERMISSIVE"}}})
        try:
            time.sleep(PUSHED)
            yield
        finally:
            mesh.client.patch(*ref, {"spec": {"mtls": {"mode": "STRICT"}}})
            with policy(mesh, {"mtls": {"mode": "STRICT"}}):
                pass


def strict_by_the_services_port(mesh: Meshed) -> AbstractContextManager[None]:
    """STRICT for port 80, which is the Service's: the workload's is 8080, and stays permissive."""
    spec = {
        "selector": {"matchLabels": {"app": "api"}},
        "mtls": {"mode": "PERMISSIVE"},
        "portLevelMtls": {80: {"mode": "STRICT"}},
    }
    return policy(mesh, spec, "api")


def excluded_port(mesh: Meshed) -> AbstractContextManager[None]:
    return mesh.redeployed(TARGET, annotations={"traffic.sidecar.istio.io/excludeInboundPorts": "8080"})


def accused(result: dict[str, Any], beside: str) -> list[dict[str, Any]]:
    """The cells that failed of others than those whose name begins so, whole: a verdict alone tells nobody why."""
    return [c for c in result["cells"] if c["verdict"] == "fail" and not c["target"].startswith(beside)]


@pytest.mark.parametrize(
    "leak", [permissive_namespace, permissive_workload, permissive_mesh, strict_by_the_services_port, excluded_port]
)
def test_a_port_that_answers_in_plain_text_is_found_and_named(mesh: Meshed, leak: Any) -> None:
    # In plain text from outside, and from inside the mesh by the pod's address, which the sidecar does not know.
    ways = {(OPEN_8080, "plaintext", "fail"), (OPEN_8080, "pod_ip_via_sidecar", "fail")}
    deadline = time.monotonic() + PUSHED_AT_LAST
    with leak(mesh):
        while True:
            failed = cells(result := mesh.check(), "fail")
            # Until every proxy has it, a check may meet the one before and the one after.
            others = accused(result, beside=f"{TARGET}/api:")
            if (ways <= failed and not others) or time.monotonic() > deadline:
                break
    assert ways <= failed
    assert OPEN_8080 in result["permissive_ports"]
    assert not others, json.dumps(others)
    assert OPEN_8080 in result["short_of"]


def test_an_undeclared_port_that_answers_is_found(mesh: Meshed) -> None:
    spec = {
        "selector": {"matchLabels": {"app": "api"}},
        "mtls": {"mode": "STRICT"},
        "portLevelMtls": {7777: {"mode": "PERMISSIVE"}},
    }
    with mesh.redeployed(TARGET, command=TWO_SERVERS), policy(mesh, spec, "api"):
        result = mesh.check()
    assert (f"{TARGET}/api:7777", "undeclared_port:plaintext", "fail") in cells(result, "fail")
    assert not [target for target, _unused, _unused in cells(result, "fail") if "8080" in target]


def test_a_pod_without_a_sidecar_is_found(mesh: Meshed) -> None:
    with mesh.redeployed(TARGET, labels={"sidecar.istio.io/inject": "false"}):
        name = mesh.pod(TARGET)
        result = mesh.check()
    assert (f"{TARGET}/{name}", "sidecar", "fail") in cells(result, "fail")
    assert result["pods_without_sidecar"] == [f"{TARGET}/{name}"]


def test_an_expired_intermediate_is_found_and_named(mesh: Meshed) -> None:
    root = STATE / "pki" / "mesh-root.pem"
    with short_lived_authority(mesh.client, root, SHORT_LIFE) as ends:
        mesh.restart(TARGET)
        time.sleep(max(0.0, ends - time.time()) + 1)
        result = mesh.check()
    for namespace in (CALLER, TARGET):
        mesh.restart(namespace)
    named = [c for c in result["cells"] if c["case"] == "authority_expiry" and c["verdict"] == "fail"]
    assert named and all(SHORT_LIVED in c["target"] for c in named), "only the one that expired"
    at_target = [c for c in result["cells"] if c["target"] == OPEN_8080 and c["expected"] == "allowed"]
    assert at_target and "pass" not in {c["verdict"] for c in at_target}
    assert SHORT_LIVED in result["short_of"]


def through(cell: dict[str, Any]) -> bool:
    """Whether a call went through the caller's own sidecar."""
    return bool("via_sidecar" in cell["case"] or cell["expected"] == "kept away")


def test_a_network_policy_in_the_way_is_inconclusive_and_never_a_pass(mesh: Meshed) -> None:
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "in-the-way", "namespace": TARGET},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
    mesh.client.apply(body)
    try:
        time.sleep(2)
        result = mesh.check(probe_timeout=1.0)
        admitted = mesh.check(admit_probes=True, probe_timeout=1.0)
    finally:
        mesh.client.delete("networking.k8s.io/v1", "NetworkPolicy", "in-the-way", TARGET)
    direct = [c for c in result["cells"] if c["target"] == OPEN_8080 and not through(c)]
    assert direct and {c["verdict"] for c in direct} == {"inconclusive"}
    direct = [c for c in admitted["cells"] if c["target"] == OPEN_8080 and not through(c)]
    assert {c["verdict"] for c in direct} == {"pass"}, "probes are let through for as long as they probe"


def test_a_sidecar_that_hangs_is_inconclusive_and_never_a_pass(mesh: Meshed) -> None:
    pod = mesh.pod(TARGET)

    def signal(name: str) -> None:
        script = f"kill -{name} $(grep -l '^envoy' /proc/[0-9]*/comm | cut -d/ -f3)"
        done = mesh.client.exec(TARGET, pod, "istio-proxy", ["sh", "-c", script])
        assert done.rc == 0, done.stderr

    signal("STOP")
    try:
        result = mesh.check(probe_timeout=1.0)
    finally:
        signal("CONT")
    at_target = [c for c in result["cells"] if c["target"] == OPEN_8080]
    assert at_target and "pass" not in {c["verdict"] for c in at_target}
    refusals = {c["verdict"] for c in at_target if c["expected"] == "refused"}
    assert refusals == {"inconclusive"}


def test_a_target_that_is_dead_is_inconclusive_and_never_a_pass(mesh: Meshed) -> None:
    mesh.deploy(TARGET, command=["python3", "-c", "import time; time.sleep(3600)"])
    try:
        mesh.ready(TARGET)
        result = mesh.check()
    finally:
        mesh.deploy(TARGET)
        mesh.ready(TARGET)
    valid = {c["verdict"] for c in result["cells"] if c["target"] == OPEN_8080 and c["expected"] == "allowed"}
    assert "pass" not in valid and valid
    assert result["short_of"]


def test_nothing_is_left_behind(mesh: Meshed) -> None:
    mesh.check()
    assert mesh.client.list("v1", "Pod", OUTSIDE) == [] or all(
        pod["metadata"].get("deletionTimestamp") for pod in mesh.client.list("v1", "Pod", OUTSIDE)
    )
