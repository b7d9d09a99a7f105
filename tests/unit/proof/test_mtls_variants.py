"""What a server decides by, and what a caller's own proxy answers for it: neither hides a leak nor accuses anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.payloads import http2_request
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import Attempt, plan
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.cells import WORST_FIRST
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import Endpoint
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import mesh_pods
from mtls_support import (
    ADDRESS_A,
    ADDRESS_B,
    CUT_OFF,
    NO_CONNECTION,
    cells,
    fallen,
    observed,
    pod,
    secure,
    spiffe,
    topology,
)

ANSWER = Exchange(True, "done", None, 200, 200, True, "TLSv1.3", certificate_requested=False)


def leaking(leaks: Callable[[Attempt], bool], answer: Exchange = ANSWER) -> list[Cell]:
    return cells(observed(lambda attempt: answer if leaks(attempt) else secure(attempt)))


@pytest.mark.parametrize("protocol", [None, "http/1.1", "h2", "istio-peer-exchange"])
@pytest.mark.parametrize("named", [True, False])
def test_a_filter_chain_without_client_certificates_is_found_by_what_it_is_chosen_by(
    protocol: str | None, named: bool
) -> None:
    def leaks(attempt: Attempt) -> bool:
        chosen = attempt.offer.protocol == protocol and (attempt.offer.server_name is not None) is named
        return attempt.version is not None and chosen and attempt.target.address == ADDRESS_B and attempt.port == 8080

    failed = [cell for cell in leaking(leaks) if cell.verdict == "fail"]
    label = f"alpn:{protocol or 'none'}"
    assert {cell.case for cell in failed} == {f"no_client_certificate/{label}", f"wrong_ca/{label}"}
    assert {cell.target for cell in failed} == {"b/b:8080"}
    assert all(f"ALPN {protocol or 'none'}, server name" in cell.reason for cell in failed)


@pytest.mark.parametrize("variant", ["h2c", "raw", "silent"])
def test_a_server_that_answers_one_kind_of_plain_text_is_found(variant: str) -> None:
    found = leaking(lambda attempt: attempt.case.variant == variant, Exchange(True, "read", "timeout", 11))
    assert fallen(found) == {(f"plaintext:{variant}", "fail")}


def test_attempts_grow_with_ports_and_not_with_pairs() -> None:
    def varied(count: int) -> int:
        pods = mesh_pods([pod(f"n{n}", f"10.0.2.{n}") for n in range(count)])
        return sum(1 for attempt in plan(topology(pods=pods)) if attempt.varied)

    assert varied(6) == 3 * varied(2)


def test_http2_is_asked_for_with_a_nonce_that_the_answer_can_return() -> None:
    data = http2_request("/whoami?nonce=abc", "10.0.0.1:8080")
    assert data.startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") and b"/whoami?nonce=abc" in data


# a third workload, which network policies keep away from a
ADDRESS_D = "10.0.3.1"
THREE = mesh_pods([pod("a", ADDRESS_A), pod("b", ADDRESS_B), pod("d", ADDRESS_D)])
ENDS = {
    address: Endpoint(name, name, {"app": name}, {"kubernetes.io/metadata.name": name}, address)
    for name, address in (("a", ADDRESS_A), ("b", ADDRESS_B), ("d", ADDRESS_D))
}
ONLY_B = {
    "metadata": {"name": "only-b", "namespace": "a"},
    "spec": {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "b"}}}]}],
    },
}


def kept_away(attempt: Attempt) -> bool:
    return attempt.run_in is not None and (attempt.run_in.address, attempt.target.address) == (ADDRESS_D, ADDRESS_A)


@pytest.mark.parametrize("answer", [NO_CONNECTION, Exchange(True, "read", "timeout"), Exchange(True, "read", "eof")])
def test_a_neighbour_that_policies_keep_away_changes_nothing_of_the_others_and_passes(answer: Exchange) -> None:
    of = topology(pods=THREE, endpoints=ENDS, policies=[ONLY_B])
    found = cells(observed(lambda attempt: answer if kept_away(attempt) else secure(attempt), of=of))
    assert fallen(found) == set()
    (cell,) = [cell for cell in found if cell.expected == "kept away"]
    assert (cell.source, cell.target) == ("d/d", "a/a:8080")


def test_a_neighbour_that_policies_keep_away_and_the_application_answers_is_found() -> None:
    of = topology(pods=THREE, endpoints=ENDS, policies=[ONLY_B])
    found = cells(observed(lambda attempt: ANSWER if kept_away(attempt) else secure(attempt), of=of))
    assert fallen(found) == {("kept_away_by_network_policy", "fail")}


@pytest.mark.parametrize("answer", [NO_CONNECTION, replace(CUT_OFF, body="no healthy upstream")])
def test_a_callers_own_proxy_that_had_no_connection_says_nothing_of_the_target(answer: Exchange) -> None:
    """No policy explains it: the caller's own cells are undecided, and those of everybody else stand."""
    of = topology(pods=THREE, endpoints=ENDS)
    found = cells(observed(lambda attempt: answer if kept_away(attempt) else secure(attempt), of=of))
    short = [cell for cell in found if cell.verdict != "pass"]
    assert {(cell.source, cell.target, cell.verdict) for cell in short} == {("d/d", "a/a:8080", "inconclusive")}
    assert all("the caller's own proxy had no connection" in cell.reason for cell in short)


def test_refusals_through_sidecars_that_the_server_did_not_count_leave_the_direct_ones_alone() -> None:
    observation = observed()
    for address in (ADDRESS_A, ADDRESS_B):
        observation.after[address]["no_filter_chain_match"] -= 1  # type: ignore[index]
    assert fallen(cells(observation)) == {("pod_ip_via_sidecar", "inconclusive")}


def test_an_answer_of_the_targets_proxy_is_the_targets() -> None:
    """A proxy that passes an error on adds its timing: the server behind it spoke plain text."""
    passed_on = replace(CUT_OFF, headers=("server: envoy", "x-envoy-upstream-service-time: 2"))
    found = leaking(lambda attempt: attempt.case.name == "pod_ip_via_sidecar", passed_on)
    assert fallen(found) == {("pod_ip_via_sidecar", "fail")}


def without_identity(attempt: Attempt, **changes: Any) -> Exchange:
    """A port that the proxy takes for plain TCP: it answers, and no header says to whom."""
    answer = secure(attempt)
    if attempt.case.expected != "allowed":
        return answer
    asked = None if attempt.run_in else True
    return replace(answer, seen_identity=None, certificate_requested=asked, **changes)


def test_a_port_without_an_identity_header_is_judged_by_the_certificate_that_was_asked_for() -> None:
    found = [cell for cell in cells(observed(without_identity)) if cell.expected == "allowed"]
    assert {cell.verdict for cell in found} == {"pass"}
    assert all("which identity the server saw could not be read" in cell.reason for cell in found)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (lambda attempt: replace(without_identity(attempt), certificate_requested=False), "fail"),
        (lambda attempt: ANSWER if attempt.case.name == "plaintext" else without_identity(attempt), "fail"),
        (lambda attempt: ANSWER if attempt.case.name == "wrong_ca" else without_identity(attempt), "fail"),
        (
            lambda attempt: (
                Exchange(True, "read", "timeout")
                if attempt.case.name == "no_client_certificate"
                else without_identity(attempt)
            ),
            "inconclusive",
        ),
        (lambda attempt: without_identity(attempt, peer_names=(spiffe("x"),)), "fail"),
    ],
)
def test_a_port_without_an_identity_header_that_takes_others_as_well_does_not_pass(
    answer: Callable[[Attempt], Exchange], verdict: str
) -> None:
    found = [cell for cell in cells(observed(answer)) if cell.case.startswith("valid/")]
    assert {min((cell.verdict for cell in found), key=WORST_FIRST.index)} == {verdict}


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Exchange(True, "read", "eof", tls_version="TLSv1.2"), "pass"),
        (Exchange(True, "read", "timeout", tls_version="TLSv1.3"), "pass"),
        (Exchange(True, "read", "eof", tls_version="TLSv1.3"), "inconclusive"),
    ],
)
def test_a_protocol_without_an_answer_to_http_has_its_handshake_for_a_control(answer: Exchange, verdict: str) -> None:
    """A good certificate that was taken shows in TLS 1.2's handshake, and in a connection that stays open."""
    target = "b/b:9080"

    def silent(attempt: Attempt) -> Exchange:
        if attempt.case.expected == "allowed" and attempt.port == 9080:
            name = spiffe(attempt.target.workload.namespace)
            return replace(answer, peer_verified=True, peer_names=(name,), certificate_requested=True)
        return secure(attempt)

    found = [cell for cell in cells(observed(silent)) if cell.target == target and cell.expected == "refused"]
    assert found and {cell.verdict for cell in found} == {verdict}
