"""Whole drills on loopback: a name server that fails over, two HTTPS sites, and an API through which one goes away.

The local cloud's name server and its health checks have tests of their own; a drill of the platform uses them.
"""

from __future__ import annotations

import contextlib
import copy
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import check, drill, mesh
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.changed_specs import (
    SPEC_ANNOTATION,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.choose import faults_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.scale_to_zero import (
    REPLICAS_ANNOTATION,
    ScaledDeployment,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.sampler import Sampler
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report import write
from dnslib import QTYPE, RR, A, DNSRecord

from tests.support.authority import Authority
from tests.support.https_site import Gateway

HOST = "test.drill.example"
PRIMARY, SECONDARY = "127.0.0.23", "127.0.0.24"
TTL = 1
NOTICED = 1.0  # seconds until the name server's answer follows a gateway
PATIENT, BRIEF = 120.0, 5.0  # how long what must happen may take, and what must not is waited for
AUTHORITY = Authority("edge root")
OBJECTIVE = {"failback_failures": 0, "rto_factor": 1.2}
WORKLOAD, NAMESPACES = {"namespace": "istio-ingress", "name": "gateway"}, ["istio-ingress", "pingpong-a"]
FAULTS = ["gateway", "backends", "isolated"]
MESH = {"cluster": "secondary"}
UNMEASURED = ("failover", "failback", "requests during failback", "keep-alive", "RTO")


class NameServer:
    """Names the primary while it is up, else the standby; notices late, and not at all when it is stuck."""

    def __init__(self, primary: Gateway) -> None:
        self.primary = primary
        self.stuck = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                data, client = self.socket.recvfrom(512)
                request = DNSRecord.parse(data)
                reply = request.reply()
                reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A(self.address()), ttl=TTL))
                self.socket.sendto(reply.pack(), client)

    def address(self) -> str:
        noticed = time.monotonic() - self.primary.since > NOTICED
        return PRIMARY if self.stuck or self.primary.serves == noticed else SECONDARY


def policy(kind: str, namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    owners = [{"manager": "pingpong.platform", "operation": "Apply"}, {"manager": "gke", "operation": "Update"}]
    metadata = {"name": name, "namespace": namespace, "managedFields": owners}
    return {"kind": kind, "metadata": metadata, "spec": spec}


def merge(target: Any, patch: Any) -> Any:
    """What RFC 7396 makes of a value."""
    if not isinstance(patch, dict):
        return patch
    merged = {**target} if isinstance(target, dict) else {}
    for name, value in patch.items():
        merged[name] = merge(merged.get(name), value)
        if value is None:
            del merged[name]
    return merged


class Api:
    """What a drill uses of a cluster's API: the gateway's Deployment, and policies that let clients through it."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.replicas = 2
        self.annotations: dict[str, str] = {}
        self.patches: list[dict[str, Any]] = []
        self.deaf = False
        self.faults: list[BaseException] = []
        check = {"type": "HTTP", "httpHealthCheck": {"port": 15021, "requestPath": "/healthz/ready"}}
        target = {"kind": "Service", "name": "gateway"}
        admit = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 443}]}]}
        self.policies = [
            policy("HealthCheckPolicy", "istio-ingress", "edge", {"default": {"config": check}, "targetRef": target}),
            policy("HealthCheckPolicy", "elsewhere", "edge", {"default": {"config": check}, "targetRef": target}),
            policy("NetworkPolicy", "istio-ingress", "admit", admit),
            policy("NetworkPolicy", "pingpong-a", "admit", admit),
            policy("NetworkPolicy", "elsewhere", "admit", admit),
        ]

    def get(self, *_ref: str) -> dict[str, Any]:
        return {
            "metadata": {"annotations": dict(self.annotations)},
            "spec": {"replicas": self.replicas},
            "status": {"readyReplicas": self.replicas},
        }

    def list(self, _version: str, kind: str) -> Any:
        return [copy.deepcopy(obj) for obj in self.policies if obj["kind"] == kind]

    def patch(self, *ref: Any) -> Any:
        patch = ref[-1]
        self.patches.append(patch)
        if self.faults:
            raise self.faults.pop()
        if "HealthCheckPolicy" in ref or "NetworkPolicy" in ref:
            return self.patch_policy(*ref)
        for name, value in patch["metadata"]["annotations"].items():
            self.annotations.pop(name, None)
            if value is not None:
                self.annotations[name] = value
        self.replicas = patch["spec"]["replicas"]
        if not self.deaf:
            (self.gateway.start if self.replicas else self.gateway.stop)()
        return None

    def patch_policy(self, _version: str, kind: str, name: str, namespace: str, patch: dict[str, Any]) -> Any:
        place = next(n for n, obj in enumerate(self.policies) if named(obj) == (kind, namespace, name))
        changed = merge(self.policies[place], patch)
        others = [entry for entry in changed["metadata"]["managedFields"] if entry["manager"] != "pingpong.platform"]
        changed["metadata"]["managedFields"] = [*others, {"manager": "pingpong.platform", "operation": "Update"}]
        self.policies[place] = changed
        if not self.deaf:
            self.gateway.answer(200 if all(open_by(obj) for obj in self.policies) else 503)
        return copy.deepcopy(changed)

    def set_managed_fields(self, obj: dict[str, Any], managed_fields: Any) -> None:
        for known in self.policies:
            if named(known) == named(obj):
                known["metadata"]["managedFields"] = managed_fields


def named(obj: dict[str, Any]) -> tuple[str, str, str]:
    return obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"]


def open_by(obj: dict[str, Any]) -> bool:
    """Whether a policy lets clients through."""
    if obj["kind"] == "NetworkPolicy":
        return bool(obj["spec"]["ingress"])
    return bool(obj["spec"]["default"]["config"]["httpHealthCheck"]["requestPath"] == "/healthz/ready")


def at_rest(obj: dict[str, Any]) -> dict[str, Any]:
    """A policy but for what carries no meaning: no annotations, and the order of managers."""
    metadata = {**obj["metadata"], "managedFields": sorted(obj["metadata"]["managedFields"], key=str)}
    if not metadata.get("annotations"):
        metadata.pop("annotations", None)
    return {**obj, "metadata": metadata}


class Stage:
    """Both sites, the name server that fails over between them, and the drill."""

    def __init__(self, primary: Gateway, secondary: Gateway) -> None:
        self.primary, self.secondary = primary, secondary
        self.name_server = NameServer(primary)
        self.api = Api(primary)
        self.before = [at_rest(obj) for obj in self.api.policies]

    def run(self, check_mode: bool = False, **changes: Any) -> dict[str, Any]:
        sites = [
            {"name": "primary", "address": PRIMARY, "cluster_name": "c-primary"},
            {"name": "secondary", "address": SECONDARY, "cluster_name": "c-secondary"},
        ]
        options: dict[str, Any] = {
            "cluster": "primary", "connection": {}, "state": "drilled", "fail": False, "hosts": [HOST], "sites": sites,
            "workload": WORKLOAD, "name_server": "127.0.0.1",
            "faults": ["gateway"], "runs": 1, "namespaces": NAMESPACES, "mesh": None,
            "name_server_port": self.name_server.port, "port": self.primary.port, "ca": AUTHORITY.pem, "path": "/ping",
            "body": "pong", "version_path": "/version", "interval": 0.5, "timeout": 20.0, "in_a_row": 2, "ttl": TTL,
            "health_check": {"interval": 0.5, "timeout": PATIENT, "healthy": 2, "unhealthy": 2}, "margin": 0.0,
            "objective": OBJECTIVE, **changes,
        }  # fmt: skip
        return check.run(options, check_mode)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    pair = tmp_path / "pair.pem"
    pair.write_bytes(AUTHORITY.leaf(HOST, 90))
    with socket.create_server((PRIMARY, 0)) as free:
        port = free.getsockname()[1]
    sites = Gateway(PRIMARY, port, "c-primary", pair), Gateway(SECONDARY, port, "c-secondary", pair)
    found = Stage(*sites)
    yield found
    found.name_server.socket.close()
    for site in sites:
        site.stop()


@pytest.fixture(autouse=True)
def edge_of_the_client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "stage" in request.fixturenames:
        found = request.getfixturevalue("stage")
        monkeypatch.setattr(ClusterClient, "from_connection", lambda _options: found.api)
    monkeypatch.setattr(drill, "STEADY_SECONDS", PATIENT)
    monkeypatch.setattr(drill, "BREAK_SECONDS", PATIENT)


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """For drills that never begin."""
    monkeypatch.setattr(drill, "STEADY_SECONDS", BRIEF)


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    return {cell["case"]: cell["verdict"] for cell in result["cells"]}


def untouched(stage: Stage) -> bool:
    return stage.api.patches == [] and stage.primary.serves


def whole(stage: Stage) -> bool:
    as_before = [at_rest(obj) for obj in stage.api.policies] == stage.before
    return as_before and stage.api.replicas == 2 and not stage.api.annotations and stage.primary.serves


def test_the_standby_takes_over_and_the_primary_comes_back(stage: Stage, tmp_path: Path) -> None:
    found = stage.run()
    assert found["short_of"] == ""
    assert set(verdicts(found).values()) == {"pass"} and found["summary"]["total"] == 10
    (measured,) = found["measured"]
    away, back = measured["failover"], measured["failback"]
    # The name server notices late, and its old answer is kept for the TTL after that.
    assert NOTICED < away["answer_seconds"] <= away["served_seconds"] <= away["everyone_seconds"] < PATIENT
    assert away["failed"] > 0 and back["failed"] == 0
    assert measured["ttl"] == TTL and whole(stage)
    assert measured["rto_seconds"] == round(away["everyone_seconds"] - measured["lost_seconds"], 2)
    assert measured["keep_alive"]["served_seconds"] > 0 and measured["keep_alive"]["connections"] > 1
    assert stage.api.patches == [
        {"metadata": {"annotations": {REPLICAS_ANNOTATION: "2"}}, "spec": {"replicas": 0}},
        {"metadata": {"annotations": {REPLICAS_ANNOTATION: None}}, "spec": {"replicas": 2}},
    ]
    page = {"title": "T", "environment_name": "local", "clusters": ["primary"], "fail": True, "max_age": 3600.0,
            "results": [found]}  # fmt: skip
    write.run({**page, "path": str(tmp_path / "report")})
    shown = (tmp_path / "report" / "index.html").read_text()
    assert "Failover between regions" in shown and 'class="other"' in shown and "served again (" in shown


def test_without_a_standby_nothing_is_taken_away(stage: Stage, briefly: None) -> None:
    stage.secondary.stop()
    found = stage.run()
    assert untouched(stage)
    told = verdicts(found)
    assert {told[case] for case in ("standby", "break", *UNMEASURED)} == {"inconclusive"}
    assert "no standby would have served beforehand" in found["short_of"]


def test_without_a_steady_state_nothing_is_taken_away(stage: Stage, briefly: None) -> None:
    stage.primary.stop()
    found = stage.run()
    assert stage.api.patches == [] and verdicts(found)["steady state"] == "inconclusive"


def test_a_standby_that_is_another_cluster_is_no_standby(stage: Stage, briefly: None) -> None:
    stage.secondary.handler.cluster = "c-primary"
    found = stage.run()
    assert untouched(stage) and verdicts(found)["standby"] == "inconclusive"
    assert "served by c-primary" in found["short_of"]


def test_a_standby_with_a_certificate_of_another_authority_is_no_standby(
    stage: Stage, briefly: None, tmp_path: Path
) -> None:
    (tmp_path / "foreign.pem").write_bytes(Authority("another root").leaf(HOST, 90))
    stage.secondary.context.load_cert_chain(tmp_path / "foreign.pem")
    found = stage.run()
    assert untouched(stage) and verdicts(found)["standby"] == "inconclusive"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_break_that_does_not_break_proves_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:  # fmt: skip
    monkeypatch.setattr(drill, "BREAK_SECONDS", 3.0)
    stage.api.deaf = True
    told = verdicts(stage.run(faults=[fault]))
    assert {case for case, verdict in told.items() if verdict == "inconclusive"} == {"break", *UNMEASURED}
    assert whole(stage)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_name_that_does_not_fail_over_fails(stage: Stage, fault: str) -> None:
    stage.name_server.stuck = True
    with pytest.raises(PlatformError, match="never named") as caught:
        stage.run(faults=[fault], objective={**OBJECTIVE, "failover_seconds": 2.0}, mesh=MESH, fail=True)
    told = verdicts(caught.value.details)
    assert {case for case, verdict in told.items() if verdict == "fail"} == {"failover", "keep-alive", "RTO"}
    assert (told["break"], told["restored"], told["measurement"]) == ("pass", "pass", "inconclusive")
    assert f"{fault} → {HOST} [RTO]" in caught.value.message and whole(stage)
    assert "mtls: everything [measurement]: expected measured, found not measured (no standby ever" in str(caught.value)


def test_an_objective_that_is_missed_fails(stage: Stage) -> None:
    told = verdicts(stage.run(objective={**OBJECTIVE, "failover_seconds": 0.2}))
    assert told["failover"] == "fail" and whole(stage)


def test_an_rto_beyond_what_health_checks_and_ttl_explain_fails(stage: Stage) -> None:
    told = verdicts(stage.run(objective={**OBJECTIVE, "rto_factor": 0.005}))
    assert (told["failover"], told["RTO"], told["keep-alive"]) == ("pass", "fail", "fail") and whole(stage)


@pytest.mark.parametrize("fault", ["backends", "isolated"])
def test_each_way_of_losing_a_region_is_survived_and_taken_back(stage: Stage, fault: str) -> None:
    found = stage.run(faults=[fault])
    assert found["short_of"] == "" and whole(stage)
    assert {cell["source"] for cell in found["cells"]} == {fault}
    (measured,) = found["measured"]
    assert (measured["fault"], measured["failover"]["errors"]) == (fault, {"HTTP 503": measured["failover"]["failed"]})


def test_several_runs_have_one_rto_and_the_mesh_is_looked_at_meanwhile(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    looks: list[dict[str, Any]] = []

    def look(options: dict[str, Any]) -> dict[str, Any]:
        assert not stage.primary.serves and stage.name_server.address() == SECONDARY
        looks.append(options)
        cell = {"proof": "mtls", "cluster": "secondary", "source": "a", "target": "b", "case": "plaintext",
                "expected": "refused", "observed": "served", "verdict": "fail"}  # fmt: skip
        return {"cells": [cell]}

    monkeypatch.setattr(mesh.mtls, "run", look)
    found = stage.run(faults=["isolated"], runs=2, mesh=MESH)
    assert found["short_of"].count("\n") == 1 and "fail: secondary: mtls: a → b [plaintext]" in found["short_of"]
    (options,) = looks
    assert (options["cluster"], options["fail"], options["callers"]) == ("secondary", False, [])
    (rto,) = found["rto"]
    assert min(rto["seconds"]) <= rto["median"] <= rto["worst"] == max(rto["seconds"]) and len(rto["seconds"]) == 2
    ours = {cell["source"] for cell in found["cells"] if cell["proof"] == "failover"}
    assert ours == {"isolated", "isolated, run 1", "isolated, run 2"} and len(found["timelines"]) == 2
    assert whole(stage)


def test_a_fault_that_cannot_be_injected_keeps_no_other_from_being_tried(stage: Stage) -> None:
    stage.api.policies = stage.api.policies[1:]
    stage.before = stage.before[1:]
    found = stage.run(faults=["backends", "gateway"])
    assert "HealthCheckPolicy of istio-ingress/gateway: found none" in found["short_of"] and whole(stage)
    told = {(cell["source"], cell["case"]): cell["verdict"] for cell in found["cells"]}
    assert (told["backends", "measurement"], told["gateway", "RTO"]) == ("inconclusive", "pass")


def test_a_ttl_beyond_what_is_allowed_fails(stage: Stage) -> None:
    assert verdicts(stage.run(ttl=0))["TTL"] == "fail"


def test_without_a_version_a_site_is_known_by_its_address(stage: Stage) -> None:
    stage.secondary.handler.cluster = "unknown"
    assert set(verdicts(stage.run(version_path="")).values()) == {"pass"}


def test_check_mode_looks_and_takes_nothing_away(stage: Stage) -> None:
    found = stage.run(check_mode=True)
    assert untouched(stage)
    assert verdicts(found) == {"steady state": "pass", "standby": "pass", "TTL": "pass"}
    assert found["not_covered"] == ["in check mode nothing is taken out of service"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_drill_gives_the_primary_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    until: Callable[..., bool] = Sampler.until
    patch = stage.api.patch

    def interrupted(watch: Sampler, *arguments: Any) -> bool:
        if stage.api.patches:
            os.kill(os.getpid(), number)
        return until(watch, *arguments)

    def once_more(*ref: Any) -> None:
        if stage.api.patches:
            os.kill(os.getpid(), number)  # while it is given back
        patch(*ref)

    monkeypatch.setattr(Sampler, "until", interrupted)
    monkeypatch.setattr(stage.api, "patch", once_more)
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        stage.run()
    assert len(stage.api.patches) == 2 and whole(stage)
    assert signal.getsignal(number) == before


def test_an_api_that_fails_halfway_is_told_and_leaves_nothing(stage: Stage) -> None:
    stage.api.faults = [PlatformError("the API server is gone")]
    found = stage.run()
    assert "the API server is gone" in found["short_of"] and whole(stage)


def test_an_api_that_is_gone_at_the_end_loses_nothing_of_what_was_seen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = stage.api.get

    def gone(*ref: str) -> dict[str, Any]:
        if len(stage.api.patches) == 2:
            raise PlatformError("the API server is gone")
        return get(*ref)

    monkeypatch.setattr(stage.api, "get", gone)
    found = stage.run()
    told = verdicts(found)
    assert (told["failover"], told["restored"]) == ("pass", "fail") and "API server is gone" in found["short_of"]


def killed(stage: Stage) -> None:
    stage.api.patch({"metadata": {"annotations": {REPLICAS_ANNOTATION: "2"}}, "spec": {"replicas": 0}})


def test_a_killed_drill_is_healed_by_the_next(stage: Stage) -> None:
    killed(stage)
    time.sleep(2 * NOTICED)  # DNS has moved away
    found = stage.run()
    assert set(verdicts(found).values()) == {"pass"} and whole(stage)


def test_a_killed_drill_is_healed_by_state_restored(stage: Stage) -> None:
    assert stage.run(state="restored") == {"changed": False}
    killed(stage)
    assert stage.run(state="restored", check_mode=True) == {"changed": True} and not whole(stage)
    assert stage.run(state="restored") == {"changed": True} and whole(stage)
    assert stage.run(state="restored") == {"changed": False}


def test_what_an_earlier_drill_noted_is_not_overwritten(stage: Stage) -> None:
    killed(stage)
    ScaledDeployment(stage.api, {"namespace": "n", "name": "w"}).inject()  # type: ignore[arg-type]
    assert stage.api.annotations[REPLICAS_ANNOTATION] == "2"


def test_a_note_that_is_no_number_is_refused(stage: Stage) -> None:
    stage.api.annotations[REPLICAS_ANNOTATION] = "many"
    assert "expected a number of replicas" in stage.run()["short_of"]


def injected(stage: Stage, fault: str) -> None:
    """What a drill that was killed has left."""
    options = {
        "workload": WORKLOAD,
        "namespaces": NAMESPACES,
    }
    faults_of(stage.api, options)[fault].inject()  # type: ignore[arg-type]
    assert not stage.primary.serves


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_a_killed_drill_has_left_is_restored(stage: Stage, fault: str) -> None:
    injected(stage, fault)
    assert stage.run(state="restored", check_mode=True) == {"changed": True} and not whole(stage)
    # By whichever drill comes next, and wherever that one looks.
    assert stage.run(state="restored", faults=["gateway"], namespaces=[]) == {"changed": True} and whole(stage)
    assert stage.run(state="restored") == {"changed": False}


def test_what_was_declared_since_stays(stage: Stage) -> None:
    """Somebody runs base after a drill was killed: older policies must not come back later."""
    injected(stage, "isolated")
    newer = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 8443}]}]}
    stage.api.policies[2]["spec"] = newer
    assert stage.run(state="restored") == {"changed": True}
    assert (stage.api.policies[2]["spec"], stage.api.policies[3]["spec"]) == (newer, stage.before[3]["spec"])
    assert not any(SPEC_ANNOTATION in str(obj["metadata"]) for obj in stage.api.policies)


def test_what_is_no_spec_is_refused_and_keeps_nothing_else_away(stage: Stage) -> None:
    injected(stage, "isolated")
    stage.api.policies[2]["metadata"]["annotations"][SPEC_ANNOTATION] = "{}"
    with pytest.raises(PlatformError, match=r"drill-spec: found '\{\}'"):
        stage.run(state="restored")
