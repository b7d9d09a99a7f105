"""A whole drill on loopback: a name server that fails over, two HTTPS sites, and an API that stops one of them.

The local cloud's name server and its health checks have tests of their own; a drill of the platform uses them.
"""

from __future__ import annotations

import contextlib
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
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import check
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.scale_to_zero import (
    REPLICAS_ANNOTATION,
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
PATIENT, BRIEF = 120.0, 10.0  # how long what must happen may take, and what must not is waited for
AUTHORITY = Authority("edge root")


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
        up = self.primary.server is not None
        noticed = time.monotonic() - self.primary.since > NOTICED
        return PRIMARY if self.stuck or up == noticed else SECONDARY


class Api:
    """What a deployment uses of a cluster's API: one Deployment, whose replicas are the gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.replicas = 2
        self.annotations: dict[str, str] = {}
        self.patches: list[dict[str, Any]] = []
        self.deaf = False
        self.faults: list[BaseException] = []

    def get(self, *_ref: str) -> dict[str, Any]:
        return {
            "metadata": {"annotations": dict(self.annotations)},
            "spec": {"replicas": self.replicas},
            "status": {"readyReplicas": self.replicas},
        }

    def patch(self, *ref: Any) -> None:
        patch = ref[-1]
        self.patches.append(patch)
        if self.faults:
            raise self.faults.pop()
        for name, value in patch["metadata"]["annotations"].items():
            self.annotations.pop(name, None)
            if value is not None:
                self.annotations[name] = value
        self.replicas = patch["spec"]["replicas"]
        if not self.deaf:
            (self.gateway.start if self.replicas else self.gateway.stop)()


class Stage:
    """Both sites, the name server that fails over between them, and the drill."""

    def __init__(self, primary: Gateway, secondary: Gateway) -> None:
        self.primary, self.secondary = primary, secondary
        self.name_server = NameServer(primary)
        self.api = Api(primary)

    def run(self, check_mode: bool = False, **changes: Any) -> dict[str, Any]:
        sites = [
            {"name": "primary", "address": PRIMARY, "cluster_name": "c-primary"},
            {"name": "secondary", "address": SECONDARY, "cluster_name": "c-secondary"},
        ]
        options: dict[str, Any] = {
            "cluster": "primary", "connection": {}, "state": "drilled", "fail": False, "hosts": [HOST], "sites": sites,
            "workload": {"namespace": "istio-ingress", "name": "gateway"}, "name_server": "127.0.0.1",
            "name_server_port": self.name_server.port, "port": self.primary.port, "ca": AUTHORITY.pem, "path": "/ping",
            "body": "pong", "version_path": "/version", "interval": 1.0, "timeout": 20.0, "in_a_row": 2, "ttl": TTL,
            "health_check": {"interval": 0.5, "timeout": 5.0, "healthy": 2, "unhealthy": 2}, "margin": PATIENT,
            "objective": {"failback_failures": 0}, **changes,
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
    monkeypatch.setattr(check, "STEADY_SECONDS", PATIENT)
    monkeypatch.setattr(check, "BREAK_SECONDS", PATIENT)


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """For drills that never begin."""
    monkeypatch.setattr(check, "STEADY_SECONDS", BRIEF)


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    return {cell["case"]: cell["verdict"] for cell in result["cells"]}


def untouched(stage: Stage) -> bool:
    return stage.api.patches == [] and stage.primary.server is not None


def whole(stage: Stage) -> bool:
    return stage.api.replicas == 2 and not stage.api.annotations and stage.primary.server is not None


def test_the_standby_takes_over_and_the_primary_comes_back(stage: Stage, tmp_path: Path) -> None:
    found = stage.run()
    assert found["short_of"] == ""
    assert set(verdicts(found).values()) == {"pass"} and found["summary"]["total"] == 8
    (measured,) = found["measured"]
    away, back = measured["failover"], measured["failback"]
    # The name server notices late, and its old answer is kept for the TTL after that.
    assert NOTICED < away["answer_seconds"] <= away["served_seconds"] <= away["everyone_seconds"] < PATIENT
    assert away["failed"] > 0 and back["failed"] == 0
    assert measured["ttl"] == TTL and whole(stage)
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
    assert {told[case] for case in ("standby", "break", "failover", "failback")} == {"inconclusive"}
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


def test_a_break_that_does_not_break_proves_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "BREAK_SECONDS", BRIEF)
    stage.api.deaf = True
    told = verdicts(stage.run())
    assert (told["break"], told["failover"], told["failback"]) == ("inconclusive",) * 3
    assert whole(stage)


def test_a_name_that_does_not_fail_over_fails(stage: Stage) -> None:
    stage.name_server.stuck = True
    found = stage.run(objective={"failover_seconds": 10.0, "failback_failures": 0})
    told = verdicts(found)
    assert (told["break"], told["failover"], told["restored"]) == ("pass", "fail", "pass")
    assert "never named" in found["short_of"] and whole(stage)
    with pytest.raises(PlatformError, match="failover"):
        stage.run(objective={"failover_seconds": 1.0, "failback_failures": 0}, fail=True)


def test_an_objective_that_is_missed_fails(stage: Stage) -> None:
    told = verdicts(stage.run(objective={"failover_seconds": 0.2, "failback_failures": 0}, margin=PATIENT))
    assert told["failover"] == "fail" and whole(stage)


def test_a_ttl_beyond_what_is_allowed_fails(stage: Stage) -> None:
    assert verdicts(stage.run(ttl=0))["TTL"] == "fail"


def test_without_a_version_a_site_is_known_by_its_address(stage: Stage) -> None:
    stage.secondary.handler.cluster = "unknown"
    assert set(verdicts(stage.run(version_path="")).values()) == {"pass"}


def test_check_mode_looks_and_takes_nothing_away(stage: Stage) -> None:
    found = stage.run(check_mode=True)
    assert untouched(stage)
    assert verdicts(found) == {"steady state": "pass", "standby": "pass", "TTL": "pass"}
    assert found["not_covered"] == ["in check mode nothing is scaled down"]


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
    check.ScaledDeployment(stage.api, {"namespace": "n", "name": "w"}).scale_down()  # type: ignore[arg-type]
    assert stage.api.annotations[REPLICAS_ANNOTATION] == "2"


def test_a_note_that_is_no_number_is_refused(stage: Stage) -> None:
    stage.api.annotations[REPLICAS_ANNOTATION] = "many"
    assert "expected a number of replicas" in stage.run()["short_of"]
