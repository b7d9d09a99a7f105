"""From a topology of pods to cells: the plan, the attribution of counters, positive controls, exceptions, leaks."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.authorization import (
    admits_by_principal,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.counters import sum_counters
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.observation import Observation
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import Attempt, plan
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.cases import APPLICATION_PROTOCOLS
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts import summary
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.exceptions import parse_exceptions
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.pods import sidecar_cells
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import mesh_pods
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from mtls_support import ADDRESS_A, ADDRESS_B, CUT_OFF, ENDINGS, cells, fallen, listens, observed, pod, secure, topology


def test_a_strict_mesh_passes_every_cell() -> None:
    found = cells(observed())
    assert fallen(found) == set()
    assert {cell.target for cell in found} == {"a/a:8080", "a/a:9080", "b/b:8080", "b/b:9080"}
    assert {cell.source for cell in found} == {"a/a", "b/b", "c/outsider"}


def test_every_pair_meets_every_case_in_both_tls_versions() -> None:
    found = {cell.case for cell in cells(observed()) if (cell.source, cell.target) == ("a/a", "b/b:8080")}
    both = ["no_client_certificate", "wrong_ca", "expired", "not_yet_valid", "wrong_trust_domain", "valid"]
    assert found == {f"{case}/tls{version}" for case in both for version in ("1.2", "1.3")} | {
        "plaintext", "old_tls/tls1.1", "pod_ip_via_sidecar", "valid_via_sidecar",
    }  # fmt: skip


def permissive(attempt: Attempt) -> Exchange:
    answers = attempt.case.name == "plaintext" or attempt.case.name == "pod_ip_via_sidecar"
    return Exchange(True, "done", None, 200, 200, True) if answers else secure(attempt)


def test_a_permissive_mesh_fails_the_plain_cells_and_names_the_ports() -> None:
    observation = observed(permissive)
    plain = ("plaintext", "plaintext:h2c", "plaintext:raw", "plaintext:silent", "pod_ip_via_sidecar")
    assert fallen(cells(observation)) == {(case, "fail") for case in plain}
    assert summary.permissive_ports(observation) == ["a/a:8080", "a/a:9080", "b/b:8080", "b/b:9080"]


@pytest.mark.parametrize(
    ("counter", "cases"),
    [
        ("no_filter_chain_match", {"plaintext", "plaintext:h2c", "plaintext:raw", "pod_ip_via_sidecar"}),
        (
            "ssl.fail_verify_no_cert",
            {f"no_client_certificate/tls{version}" for version in ("1.2", "1.3")}
            | {f"no_client_certificate/alpn:{protocol or 'none'}" for protocol in APPLICATION_PROTOCOLS},
        ),
        ("ssl.connection_error", {"old_tls/tls1.1"}),
    ],
)
@pytest.mark.parametrize("rise", [0, 1])
def test_a_refusal_that_the_server_did_not_count_is_inconclusive(counter: str, cases: set[str], rise: int) -> None:
    assert fallen(cells(observed(risen={counter: rise}))) == {(case, "inconclusive") for case in cases}


def test_a_constrained_authority_counts_a_foreign_trust_domain_as_a_bad_chain_or_as_a_bad_name() -> None:
    observation = observed()
    for counters in observation.after.values():
        assert counters is not None
        moved = dict(counters)
        moved["ssl.fail_verify_san"], moved["ssl.fail_verify_error"] = 8, moved["ssl.fail_verify_error"] - 8
        counters.update(moved)  # type: ignore[attr-defined]
    assert fallen(cells(observation)) == set()


@pytest.mark.parametrize("error", ["timeout", "refused"])
def test_a_dead_pod_is_inconclusive_throughout(error: str) -> None:
    def dead(attempt: Attempt) -> Exchange:
        return Exchange(False, "connect", error) if attempt.run_in is None else CUT_OFF

    verdicts = {cell.verdict for cell in cells(observed(dead)) if cell.case != "valid_via_sidecar"}
    assert verdicts == {"inconclusive"}


def test_a_mesh_that_refuses_its_own_is_a_wall_that_fails_and_proves_no_refusal() -> None:
    found = cells(observed(lambda attempt: Exchange(True, "read", "eof")))
    by_case = {cell.case: cell.verdict for cell in found}
    assert by_case["valid/tls1.3"] == "fail"
    assert by_case["plaintext"] == "inconclusive"


@pytest.mark.parametrize(("shown", "says"), [({}, "proxyStatsMatcher"), (None, "did not report its counters")])
def test_hidden_counters_are_inconclusive(shown: dict[str, int] | None, says: str) -> None:
    hidden = replace(observed(), before={ADDRESS_A: shown, ADDRESS_B: shown})
    found = [cell for cell in cells(hidden) if cell.expected == "refused"]
    assert {cell.verdict for cell in found} == {"inconclusive"}
    assert all(says in cell.reason for cell in found)


def test_one_bad_replica_decides_the_cell_and_is_named() -> None:
    second = mesh_pods([pod("b", "10.0.1.2")])[0]
    of = topology(pods=[*topology().pods, replace(second, name="b-5d-y")])
    attempts = plan(of)

    def leaky(attempt: Attempt) -> Exchange:
        return permissive(attempt) if attempt.target.name == "b-5d-y" else secure(attempt)

    counters = {pod.address: dict(ENDINGS) for pod in of.pods}
    after = {address: dict.fromkeys(ENDINGS, 99) for address in counters}
    found = cells(Observation(attempts, [leaky(attempt) for attempt in attempts], counters, after))
    failed = [cell for cell in found if cell.verdict == "fail"]
    assert {cell.target for cell in failed} == {"b/b:8080", "b/b:9080"}
    assert all(cell.reason.startswith("b-5d-y: ") for cell in failed)


def test_undeclared_ports_are_found_and_probed_but_the_proxys_own_are_not() -> None:
    of = topology(listening={ADDRESS_B: listens(8080, 9080, 7777)})
    undeclared = [attempt for attempt in plan(of) if attempt.undeclared]
    assert {attempt.port for attempt in undeclared} == {7777}
    assert all(attempt.label.startswith("undeclared_port:") for attempt in undeclared)
    assert {attempt.case.name for attempt in undeclared} == {"plaintext", "no_client_certificate", "wrong_ca"}


EXCEPTION = {"namespace": "b", "port": 9080, "cases": ["plaintext"], "reason": "scraper", "until": "2026-12-31"}


@pytest.mark.parametrize(
    ("exception", "open_ports"),
    [
        (EXCEPTION, {"a/a:8080", "a/a:9080", "b/b:8080"}),
        ({**EXCEPTION, "workload": "b"}, {"a/a:8080", "a/a:9080", "b/b:8080"}),
        ({**EXCEPTION, "workload": "other"}, {"a/a:8080", "a/a:9080", "b/b:8080", "b/b:9080"}),
        ({**EXCEPTION, "until": "2026-11-21"}, {"a/a:8080", "a/a:9080", "b/b:8080", "b/b:9080"}),
    ],
)
def test_declared_exceptions_cover_their_port_until_their_day(exception: dict[str, Any], open_ports: set[str]) -> None:
    found = cells(observed(permissive), (exception,))
    assert {cell.target for cell in found if cell.case == "plaintext" and cell.verdict == "fail"} == open_ports


def test_an_exception_says_nothing_of_a_port_that_did_not_answer() -> None:
    exception = {"namespace": "b", "port": 9080, "reason": "r", "until": "2027-01-01"}
    found = cells(observed(lambda _attempt: Exchange(False, "connect", "timeout")), (exception,))
    assert {cell.verdict for cell in found if cell.target == "b/b:9080"} == {"inconclusive"}


def certificate(name: str, days: float) -> str:
    """A self-signed certificate with the serial number 1, as exchanges carry it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + timedelta(days=days))
    made = builder.sign(key, hashes.SHA256())
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def test_two_authorities_with_one_serial_are_two() -> None:
    """Some count from 1: the one that ends sooner must not hide behind the other."""
    leaf = certificate("leaf", 1)
    chains = [(leaf, certificate("one", 100)), (leaf, certificate("two", 3))]
    observation = observed()
    exchanges = [replace(e, chain=chains[n % 2]) for n, e in enumerate(observation.exchanges)]
    seen = summary.certificates_seen(replace(observation, exchanges=exchanges), datetime.now(UTC))
    assert [cell.verdict for cell in summary.authority_cells("primary", seen, 14)] == ["fail", "pass"]


def test_a_malformed_chain_proves_nothing_and_ends_nothing() -> None:
    """A letter that is no ASCII in a name: OpenSSL takes it, and whoever decodes it does not."""
    der = bytearray(base64.b64decode(certificate("leaf", 100)))
    der[der.index(b"leaf")] = 0xE9
    chain = (base64.b64encode(bytes(der)).decode(),)
    observation = observed()
    exchanges = [replace(observation.exchanges[0], chain=chain), *observation.exchanges[1:]]
    found = replace(observation, exchanges=exchanges)
    now = datetime.now(UTC)
    assert summary.certificates_seen(found, now) == []
    (cell,) = summary.malformed_cells("primary", found, now)
    assert (cell.verdict, cell.target) == ("inconclusive", observation.attempts[0].target.workload.reference)
    assert summary.malformed_cells("primary", observation, now) == []


def test_an_exception_that_ended_is_named() -> None:
    found = cells(observed(permissive), ({**EXCEPTION, "until": "2026-11-21"},))
    assert any("its declared exception ended on 2026-11-21" in cell.reason for cell in found)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"reason": ""}, "reason: missing"), ({"until": "soon"}, "found 'soon'"), ({"port": 0}, "port: missing")],
)
def test_an_exception_needs_a_reason_and_an_end(change: dict[str, Any], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        parse_exceptions([{**EXCEPTION, **change}])


def test_pods_without_a_sidecar_fail_and_pods_without_an_address_are_undecided() -> None:
    pods = mesh_pods([pod("a", ADDRESS_A), pod("b", ADDRESS_B, sidecar=False), pod("c", "", phase="Pending")])
    assert [cell.verdict for cell in sidecar_cells("primary", pods)] == ["pass", "fail", "inconclusive"]
    assert {attempt.target.workload.namespace for attempt in plan(topology(pods=pods))} == {"a"}


@pytest.mark.parametrize(
    "change",
    [
        {"status": {"phase": "Succeeded"}},
        {"spec": {"hostNetwork": True, "containers": [{"name": "x"}]}},
        {"metadata": {"name": "p", "namespace": "a", "annotations": {"pingpong.platform/probe": "true"}}},
        {"metadata": {"name": "p", "namespace": "a", "deletionTimestamp": "2026-11-22T00:00:00Z"}},
    ],
)
def test_ended_leaving_host_and_probe_pods_are_not_proved(change: dict[str, Any]) -> None:
    assert mesh_pods([{**pod("a", ADDRESS_A), **change}]) == []


@pytest.mark.parametrize(
    ("spec", "by_principal"),
    [
        ({"rules": [{"from": [{"source": {"principals": ["td/ns/a/sa/a"]}}]}]}, True),
        ({"selector": {"matchLabels": {"app": "b"}}, "rules": [{"from": [{"source": {"principals": ["x"]}}]}]}, True),
        ({"selector": {"matchLabels": {"app": "z"}}, "rules": [{"from": [{"source": {"principals": ["x"]}}]}]}, False),
        ({"action": "DENY", "rules": [{"from": [{"source": {"principals": ["x"]}}]}]}, False),
        ({"rules": [{"from": [{"source": {"namespaces": ["a"]}}]}]}, False),
        ({"rules": [{}]}, False),
    ],
)
def test_where_an_authorization_policy_names_principals_a_wrong_account_is_tried(
    spec: dict[str, Any], by_principal: bool
) -> None:
    policy = {"metadata": {"namespace": "b"}, "spec": spec}
    assert admits_by_principal(mesh_pods([pod("b", ADDRESS_B)])[0], [policy]) is by_principal
    tried = {attempt.case.name for attempt in plan(topology(authorization=[policy]))}
    assert ("wrong_service_account" in tried) is by_principal


def test_counters_are_summed_over_addresses_and_only_of_the_inbound_listener() -> None:
    stats: list[dict[str, Any]] = [
        {"name": "listener.0.0.0.0_15006.ssl.fail_verify_error", "value": 2},
        {"name": "listener.[__]_15006.ssl.fail_verify_error", "value": 3},
        {"name": "listener.0.0.0.0_15001.ssl.fail_verify_error", "value": 50},
        {"name": "cluster.x_15006.ssl.fail_verify_error", "value": 50},
        {"histograms": {}},
    ]
    assert sum_counters(stats, ENDINGS) == {"ssl.fail_verify_error": 5}


def test_coverage_counts_pairs_pods_and_ports() -> None:
    observation = observed()
    assert summary.coverage(topology(), observation) == {
        "pairs": {"probed": 2, "total": 2}, "pods": {"probed": 2, "total": 2}, "ports": 4,
        "probes": len(observation.attempts),
    }  # fmt: skip


def test_an_authority_must_not_end_before_somebody_can_act() -> None:
    soon = datetime.now(UTC) + timedelta(days=3)
    certificates = [{"depth": 1, "subject": "CN=ca", "serial": "1", "days_left": 3.0, "not_after": str(soon)},
                    {"depth": 0, "subject": "", "serial": "2", "days_left": 0.9, "not_after": "x"}]  # fmt: skip
    assert [cell.verdict for cell in summary.authority_cells("primary", certificates, 14)] == ["fail"]
    assert [cell.verdict for cell in summary.authority_cells("primary", certificates, 2)] == ["pass"]
