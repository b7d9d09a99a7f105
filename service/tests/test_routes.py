"""What the service answers, and what it counts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from running import Running
from structlog.testing import capture_logs

B = "spiffe://pingpong.local/ns/pingpong-b/sa/pingpong-b"
A = "spiffe://pingpong.local/ns/pingpong-a/sa/pingpong-a"


@pytest.fixture(scope="module")
def here(serving: Callable[..., Running]) -> Running:
    """A service that takes faults and knows its place."""
    return serving(
        faults={"enabled": True},
        build={"version": "1.2.3", "revision": "abc"},
        place={"region": "europe-west1", "cluster": "primary", "namespace": "pingpong-a", "pod": "pingpong-a-0"},
    )


def test_pings_and_failures_are_counted(here: Running) -> None:
    received, failed = here.metric("ping_requests_received_total"), here.metric("ping_failures_total")
    assert here.get("/ping") == (200, b"pong")
    assert here.request("POST", "/ping") == (500, b"simulated failure\n")
    assert here.request("PUT", "/ping")[0] == 405
    assert here.metric("ping_requests_received_total") == received + 2
    assert here.metric("ping_failures_total") == failed + 1


def test_latency_is_a_histogram_of_pings(here: Running) -> None:
    count = 'ping_request_duration_seconds_count{code="200",method="GET",route="/ping"}'
    before = here.metric(count)
    here.get("/ping")
    bucket = 'ping_request_duration_seconds_bucket{code="200",le="+Inf",method="GET",route="/ping"}'
    assert here.metric(count) == here.metric(bucket) == before + 1


def test_paths_and_methods_that_are_not_known_make_no_new_series(here: Running) -> None:
    here.get("/a")
    series = here.get("/-/metrics", operations=True)[1].count(b"\n")
    for path in ("/b", "/c?d", "http://e/f"):
        here.get(path)
    assert here.get("/-/metrics", operations=True)[1].count(b"\n") == series


@pytest.mark.parametrize("operations", [False, True])
def test_health_and_version_are_on_both_ports(here: Running, operations: bool) -> None:
    assert here.get("/healthz", operations=operations) == (200, b"ok\n")
    assert here.get("/readyz", operations=operations) == (200, b'{"state":"ready"}\n')
    status, body = here.get("/version", operations=operations)
    assert status == 200
    assert json.loads(body) == {
        "version": "1.2.3", "revision": "abc", "region": "europe-west1", "cluster": "primary",
    }  # fmt: skip


def test_whoami_gives_the_identity_that_the_mesh_saw(here: Running) -> None:
    header = f'X-Forwarded-Client-Cert: By={A};Hash=ff;Subject="";URI={B}\r\n'
    status, body = here.get("/whoami?nonce=n-1", headers=header)
    answer = json.loads(body)
    assert status == 200
    assert answer["peer"]["uri"] == [B]
    assert answer["peer"]["by"] == [A]
    assert answer["nonce"] == "n-1"
    assert answer["served_by"]["pod"] == "pingpong-a-0"


def test_whoami_without_a_mesh_knows_nobody(here: Running) -> None:
    answer = json.loads(here.get("/whoami")[1])
    assert answer["peer"] is None
    assert answer["chain"] == []


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/whoami", "X-Probe-Nonce: abc\r\n", 200),
        ("/whoami?nonce=" + "a" * 65, "", 400),
        ("/whoami?nonce=%3Cscript%3E", "", 400),
        ("/whoami", "X-Probe-Nonce: a b\r\n", 400),
    ],
)
def test_a_nonce_is_a_short_word(here: Running, path: str, headers: str, expected: int) -> None:
    assert here.get(path, headers=headers)[0] == expected


def test_without_a_target_there_is_no_peer(here: Running) -> None:
    assert here.get("/peer")[0] == 404


# --- faults


def set_faults(running: Running, **plan: object) -> int:
    return running.request("POST", "/-/faults", json.dumps(plan).encode(), operations=True)[0]


@pytest.mark.parametrize(
    "plan",
    [
        {"latency_seconds": 10.1},
        {"latency_seconds": -1},
        {"error_rate": 1.1},
        {"error_rate": "1"},
        {"error_status": 404},
        {"seconds": 0},
        {"seconds": 3601},
        {"unready": 1},
        {"latency": 1},
    ],
)
def test_faults_are_bounded_and_validated(here: Running, plan: dict[str, object]) -> None:
    status, body = here.request("POST", "/-/faults", json.dumps(plan).encode(), operations=True)
    assert status == 400
    assert next(iter(plan)).encode() in body
    assert here.get("/-/faults", operations=True) == (200, b'{"active":false}\n')


def test_errors_are_injected_and_counted(here: Running) -> None:
    failed = here.metric("ping_failures_total")
    assert set_faults(here, error_rate=1, error_status=503) == 200
    try:
        assert here.get("/ping") == (503, b"injected failure\n")
        assert here.get("/healthz") == (200, b"ok\n")
        assert here.metric("ping_failures_total") == failed + 1
        assert here.metric('faults_injected_total{kind="error"}') >= 1
    finally:
        here.request("DELETE", "/-/faults", operations=True)
    assert here.get("/ping") == (200, b"pong")


def test_readiness_can_be_failed_liveness_cannot(here: Running) -> None:
    set_faults(here, unready=True)
    try:
        assert here.get("/readyz", operations=True) == (503, b'{"state":"fault"}\n')
        assert here.get("/healthz", operations=True)[0] == 200
        assert here.metric("service_ready") == 0
    finally:
        here.request("DELETE", "/-/faults", operations=True)
    assert here.get("/readyz")[0] == 200


def test_a_forgotten_fault_heals(here: Running) -> None:
    set_faults(here, error_rate=1, seconds=0.01)
    time.sleep(0.02)
    assert here.get("/ping")[0] == 200


def test_faults_are_off_unless_asked_for(plain: Running) -> None:
    assert set_faults(plain, error_rate=1) == 404


def test_a_logged_request_gives_no_orders_to_a_terminal(serve: Callable[..., Running]) -> None:
    running = serve(log={"requests": True})
    with capture_logs() as log:
        running.get("/ping", headers="traceparent: \x9b31m\r\n")
    (line,) = log
    assert (line["route"], line["status"]) == ("/ping", 200)
    assert line["traceparent"].isprintable()
