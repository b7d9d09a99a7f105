"""The two-sided rule, case by case: what passes, what fails, and what must stay undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange, exchange_from
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.rule import (
    PositiveControl,
    RefusalCount,
    judge_allowed,
    judge_forbidden,
    judge_refused,
)
from mtls_support import CUT_OFF

CLIENT = "spiffe://pingpong.local/ns/pingpong-a/sa/pingpong-a"
SERVER = "spiffe://pingpong.local/ns/pingpong-b/sa/pingpong-b"
GOOD = Exchange(
    connected=True, stage="done", bytes_received=120, status=200, nonce_returned=True, tls_version="TLSv1.3",
    peer_verified=True, peer_names=(SERVER,), seen_identity=CLIENT,
)  # fmt: skip
ALERT = Exchange(connected=True, stage="handshake", error="alert:handshake_failure", tls_version=None)
LATE_EOF = Exchange(connected=True, stage="read", error="eof", tls_version="TLSv1.3", peer_verified=True)
RESET = Exchange(connected=True, stage="read", error="reset")
TIMEOUT = Exchange(connected=False, stage="connect", error="timeout")
STALLED = Exchange(connected=True, stage="read", error="timeout")
CLOSED = Exchange(connected=False, stage="connect", error="refused")
UNVERIFIED = Exchange(connected=True, stage="handshake", error="unverified:certificate has expired")
RISEN = RefusalCount("ssl.fail_verify_no_cert", attempts=2, rise=2)
ALIVE = PositiveControl(True, "a good caller was answered")
DEAD = PositiveControl(False, "the good caller was not answered: timeout at connect")


@pytest.mark.parametrize(
    ("exchange", "verdict", "says"),
    [
        (GOOD, "pass", "the server saw"),
        (replace(GOOD, seen_identity=None), "fail", "not mutual TLS"),
        (replace(GOOD, seen_identity=SERVER), "fail", "expected"),
        (replace(GOOD, nonce_returned=False), "inconclusive", "without the nonce"),
        (replace(GOOD, peer_names=("spiffe://other/ns/x/sa/x",)), "fail", "spiffe://other/ns/x/sa/x"),
        (replace(GOOD, peer_names=()), "fail", "no name"),
        (replace(GOOD, peer_verified=False), "fail", "expected"),
        (replace(GOOD, status=403, nonce_returned=False), "fail", "authorization policy"),
        (ALERT, "fail", "refused a caller that it must admit"),
        (LATE_EOF, "fail", "refused a caller that it must admit"),
        (UNVERIFIED, "fail", "certificate has expired"),
        (TIMEOUT, "inconclusive", "not reached"),
        (CLOSED, "inconclusive", "not reached"),
        (STALLED, "inconclusive", "not reached"),
    ],
)
def test_a_call_that_must_succeed(exchange: Exchange, verdict: str, says: str) -> None:
    judgement = judge_allowed(exchange, CLIENT, (SERVER,))
    assert judgement.verdict == verdict
    assert says in judgement.reason


def test_a_call_through_the_sidecar_is_plain_http_and_leaves_the_servers_certificate_to_the_direct_probe() -> None:
    through = replace(GOOD, tls_version=None, peer_verified=False, peer_names=())
    assert judge_allowed(through, CLIENT, (SERVER,), verified_elsewhere=True).verdict == "pass"
    assert judge_allowed(through, CLIENT, (SERVER,)).verdict == "fail"


@pytest.mark.parametrize(
    ("exchange", "counter", "control", "verdict", "says"),
    [
        (ALERT, RISEN, ALIVE, "pass", "rose by 2"),
        (LATE_EOF, RISEN, ALIVE, "pass", "rose by 2"),
        (RESET, RISEN, ALIVE, "pass", "rose by 2"),
        # the application answered: nothing can apply_exceptions that
        (GOOD, RISEN, ALIVE, "fail", "answered a caller"),
        (replace(GOOD, nonce_returned=False), RISEN, ALIVE, "fail", "answered a caller"),
        (replace(LATE_EOF, bytes_received=1), RISEN, ALIVE, "fail", "answered a caller"),
        # only one side says so
        (ALERT, replace(RISEN, rise=1), ALIVE, "inconclusive", "the server does not agree"),
        (ALERT, replace(RISEN, rise=0), ALIVE, "inconclusive", "the server does not agree"),
        (ALERT, replace(RISEN, rise=None), ALIVE, "inconclusive", "proxyStatsMatcher"),
        (ALERT, replace(RISEN, rise=None, silent=True), ALIVE, "inconclusive", "did not report its counters"),
        (ALERT, RISEN, DEAD, "inconclusive", "no good caller"),
        (RESET, RISEN, DEAD, "inconclusive", "no good caller"),
        # a dead pod, a policy in the way, a crashed sidecar
        (TIMEOUT, RISEN, ALIVE, "inconclusive", "did not get as far"),
        (STALLED, RISEN, ALIVE, "inconclusive", "did not get as far"),
        (CLOSED, RISEN, ALIVE, "inconclusive", "did not get as far"),
        (UNVERIFIED, RISEN, ALIVE, "inconclusive", "hung up first"),
    ],
)
def test_a_call_that_must_be_refused(
    exchange: Exchange, counter: RefusalCount, control: PositiveControl, verdict: str, says: str
) -> None:
    judgement = judge_refused(exchange, counter, control)
    assert judgement.verdict == verdict
    assert says in judgement.reason


def test_a_finished_tls_1_3_handshake_alone_is_never_an_admission_nor_a_refusal() -> None:
    shaken = Exchange(connected=True, stage="done", tls_version="TLSv1.3", peer_verified=True, peer_names=(SERVER,))
    assert judge_allowed(shaken, CLIENT, (SERVER,)).verdict == "inconclusive"
    assert judge_refused(shaken, RISEN, ALIVE).verdict == "inconclusive"


def test_the_callers_own_sidecar_reports_a_broken_connection_as_503() -> None:
    relayed = CUT_OFF
    assert judge_refused(relayed, RISEN, ALIVE, relayed=True).verdict == "pass"
    assert judge_refused(relayed, RISEN, ALIVE).verdict == "fail"
    assert judge_refused(replace(relayed, nonce_returned=True), RISEN, ALIVE, relayed=True).verdict == "fail"
    assert judge_refused(replace(relayed, status=200), RISEN, ALIVE, relayed=True).verdict == "fail"


FORBIDDEN = replace(GOOD, status=403, nonce_returned=False, seen_identity=None)


@pytest.mark.parametrize(
    ("exchange", "control", "verdict"),
    [
        (FORBIDDEN, ALIVE, "pass"),
        (GOOD, ALIVE, "fail"),
        (FORBIDDEN, DEAD, "inconclusive"),
        (replace(FORBIDDEN, peer_names=()), ALIVE, "inconclusive"),
        (ALERT, ALIVE, "inconclusive"),
        (TIMEOUT, ALIVE, "inconclusive"),
    ],
)
def test_an_identity_that_an_authorization_policy_must_refuse(
    exchange: Exchange, control: PositiveControl, verdict: str
) -> None:
    assert judge_forbidden(exchange, (SERVER,), control).verdict == verdict


@pytest.mark.parametrize(
    ("body", "identity"),
    [
        (f'{{"peer": {{"uri": ["{CLIENT}"]}}}}', CLIENT),
        (f'{{"peer": "{CLIENT}"}}', CLIENT),
        ('{"peer": null}', None),
        ('{"peer": {"uri": []}}', None),
        ("pong", None),
        ("", None),
        ("[]", None),
    ],
)
def test_the_identity_that_whoami_reports(body: str, identity: str | None) -> None:
    assert exchange_from({"connected": True, "body": body}).seen_identity == identity
