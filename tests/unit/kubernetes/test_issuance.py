"""What keeps cert-manager from issuing stands in the last object that it made."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import key_of, list_scope_of
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.issuance import unissued
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.waiter import Waiter, WaitOptions

Object = dict[str, Any]
FORBIDDEN = "Error presenting challenge: googleapi: Error 403: Forbidden, forbidden"


def owned(name: str, owner: str, **rest: Any) -> Object:
    references = [{"uid": owner}] if owner else []
    return {
        "metadata": {"name": name, "namespace": "n", "uid": name, "ownerReferences": references},
        "spec": {},
        **rest,
    }


CERTIFICATE: Object = {
    **owned("edge-tls", ""),
    "apiVersion": "cert-manager.io/v1",
    "kind": "Certificate",
    "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "DoesNotExist", "message": "Issuing"}]},
}
REQUEST = owned("edge-tls-1", "edge-tls", status={"conditions": [
    {"type": "Ready", "status": "False", "reason": "Pending", "message": "Waiting on order"}]})  # fmt: skip
ORDER = owned("edge-tls-1-7", "edge-tls-1", status={"state": "pending"})
ERRORED = {**ORDER, "status": {"state": "errored", "reason": "429 too often"}}
CHALLENGE = owned("edge-tls-1-7-9", "edge-tls-1-7", spec={"dnsName": "a.example.com"},
                  status={"state": "pending", "reason": FORBIDDEN})  # fmt: skip
VALID = owned("edge-tls-1-7-8", "edge-tls-1-7", spec={"dnsName": "b.example.com"}, status={"state": "valid"})
OTHERS = owned("other-1-7-9", "other-1-7", spec={"dnsName": "c.example.com"}, status={"state": "invalid"})

CASES: dict[str, tuple[dict[str, list[Object]], str]] = {
    "nothing was made yet": ({}, ""),
    "the request waits": ({"CertificateRequest": [REQUEST]},
                          "CertificateRequest edge-tls-1: Ready is False, Pending: Waiting on order"),
    "the order failed": (
        {"CertificateRequest": [REQUEST], "Order": [ERRORED]},
        "Order edge-tls-1-7 is errored: 429 too often"),
    "a challenge waits": (
        {"CertificateRequest": [REQUEST], "Order": [ORDER], "Challenge": [CHALLENGE, VALID, OTHERS]},
        f"Challenge a.example.com is pending: {FORBIDDEN}"),
    "a challenge is new": (
        {"CertificateRequest": [REQUEST], "Order": [ORDER], "Challenge": [{**CHALLENGE, "status": {}}]},
        "Challenge a.example.com is pending: no reason given"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_last_step_that_is_unfinished_says_why(case: str) -> None:
    steps, sentence = CASES[case]
    assert unissued(CERTIFICATE, steps) == sentence


def test_a_wait_that_ran_out_says_it() -> None:
    made = {"CertificateRequest": [REQUEST], "Order": [ORDER], "Challenge": [CHALLENGE]}

    class Client:
        def list(
            self, api_version: str, kind: str, namespace: str | None, *, label_selector: str | None
        ) -> list[Object]:
            assert namespace == "n"
            return made[kind]

    times = iter(range(100))
    options = WaitOptions(5, 1, clock=lambda: float(next(times)), sleep=lambda _seconds: None)
    keys = {key_of(CERTIFICATE): list_scope_of(CERTIFICATE)}
    waiter = Waiter(Client(), lambda _scopes: {key_of(CERTIFICATE): CERTIFICATE}, options)  # type: ignore[arg-type]
    with pytest.raises(DeadlineError) as caught:
        waiter.until_ready(keys, {})
    assert f"Ready is False, DoesNotExist: Issuing; Challenge a.example.com is pending: {FORBIDDEN}" in str(
        caught.value
    )
