"""Callers of another cluster: what they try, what they present, and what is said when they can't or mustn't."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers import clusters
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers.certificates import (
    ClientCertificates,
    untrusted_authority,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers.clusters import (
    Caller,
    calling_across,
    check_callers,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.topology import Topology
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe import exchanges as observing
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.observation import Observation
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import Attempt, plan
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts import summary
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.admission import admitting
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import workloads_of
from mtls_support import ADDRESS_B, cells, fallen, listens, observed, secure, topology

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
BOTH = workloads_of(topology().pods)


def joined(**changes: Any) -> Topology:
    """The mesh, with the same two workloads in another cluster."""
    return topology(across={"secondary": BOTH}, **changes)


def from_there(found: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in found if cell.source.startswith("secondary: ")]


def test_every_workload_of_the_other_cluster_calls_every_one_here_even_its_own_kind() -> None:
    found = cells(observed(of=joined()))
    assert fallen(found) == set()
    assert {(cell.source, cell.target) for cell in from_there(found)} == {
        (f"secondary: {source}", f"{target}:{port}")
        for source in ("a/a", "b/b", "c/outsider") for target in ("a/a", "b/b") for port in (8080, 9080)
    }  # fmt: skip


def test_what_is_tried_from_there_is_what_is_tried_here_but_for_sidecars_variants_and_undeclared_ports() -> None:
    of = joined(listening={ADDRESS_B: listens(8080, 9080, 7777)})
    tried: dict[str, set[str]] = {"": set(), "secondary": set()}
    for attempt in plan(of):
        tried[attempt.cluster].add(attempt.label)
    here = tried[""] - tried["secondary"]
    varied = {label for label in here if "/alpn:" in label or label.startswith(("undeclared_port:", "plaintext:"))}
    assert here - varied == {"valid_via_sidecar", "pod_ip_via_sidecar"}
    assert tried["secondary"] <= tried[""]


def test_callers_of_another_cluster_change_nothing_of_what_is_asked_here() -> None:
    def asked(of: Topology) -> list[tuple[str, str, int, str]]:
        return [(a.caller("c"), a.target.name, a.port, a.label) for a in plan(of) if not a.cluster]

    assert asked(joined()) == asked(topology())


def unless(error: Exchange) -> Any:
    return lambda attempt: error if attempt.cluster else secure(attempt)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("timeout", "pods of primary could not be reached from secondary"),
        ("unreachable", "pods of primary could not be reached from secondary"),
        ("refused", ""),
        ("not_run", ""),
    ],
)
def test_a_cluster_that_reaches_nothing_proves_nothing_and_takes_nothing_from_the_others(error: str, says: str) -> None:
    found = cells(observed(unless(Exchange(False, "connect", error)), of=joined()))
    assert {cell.verdict for cell in from_there(found)} == {"inconclusive"}
    assert all(says in cell.reason for cell in from_there(found))
    assert {cell.verdict for cell in found if cell not in from_there(found)} == {"pass"}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Exchange(True, "read", "alert:unknown_ca"), "the server refused a caller that it must admit"),
        (Exchange(True, "handshake", "unverified:issuer"), "the client does not trust the server's certificate"),
    ],
)
def test_a_cluster_under_another_root_fails_its_good_calls_and_proves_no_refusal(answer: Exchange, says: str) -> None:
    """Its impostors are refused for their root, whatever else is wrong: a good caller of here is no control of them."""
    found = from_there(cells(observed(unless(answer), of=joined())))
    good = [cell for cell in found if cell.case.startswith("valid/")]
    assert {cell.verdict for cell in good} == {"fail"}
    assert {cell.verdict for cell in found if cell not in good} == {"inconclusive"}
    failed = [cell for cell in found if cell.verdict == "fail"]
    assert {cell.source for cell in failed} == {"secondary: a/a", "secondary: b/b"}
    assert all(cell.headline().startswith("primary: mtls: secondary: ") and says in cell.reason for cell in failed)


def test_an_open_port_is_found_from_the_other_cluster_alone() -> None:
    def answer(attempt: Attempt) -> Exchange:
        leaks = attempt.cluster and attempt.case.name == "plaintext" and attempt.port == 9080
        return Exchange(True, "done", None, 200, 200, True) if leaks else secure(attempt)

    observation = observed(answer, of=joined())
    failed = {(cell.source, cell.target) for cell in cells(observation) if cell.verdict == "fail"}
    assert {target for _source, target in failed} == {"a/a:9080", "b/b:9080"}
    assert {source for source, _target in failed} == {f"secondary: {name}" for name in ("a/a", "b/b", "c/outsider")}
    assert summary.permissive_ports(observation) == ["a/a:9080", "b/b:9080"]


def test_coverage_counts_the_pairs_across_clusters() -> None:
    observation = observed(of=joined())
    assert summary.coverage(joined(), observation)["pairs"] == {"probed": 6, "total": 6}


class Probes:
    """A prober whose pod answers nothing in time, and notes what it was sent."""

    def __init__(self) -> None:
        self.client = self
        self.timeout = 5.0
        self.sent: list[dict[str, Any]] = []

    def exec(self, *_unused: Any, **_options: Any) -> Any:
        raise PlatformError("no counters here")

    def run(self, pod: Mapping[str, Any], probes: Sequence[Mapping[str, Any]], **document: Any) -> dict[str, Any]:
        self.sent.append({"pod": pod["metadata"]["name"], "ids": {probe["id"] for probe in probes}, **document})
        return {"results": [{"id": probe["id"], "error": "timeout"} for probe in probes]}


def caller(name: str) -> Caller:
    pod = {"metadata": {"name": name}, "status": {"podIP": "10.9.9.9"}}
    return Caller(Probes(), pod, BOTH, ClientCertificates(untrusted_authority(NOW), "td", NOW), f"roots of {name}")  # type: ignore[arg-type]


def looked() -> tuple[dict[str, Caller], Observation]:
    """An observation of silence."""
    found = {"": caller("here"), "secondary": caller("there")}
    return found, observing.observe(found, plan(joined()), joined(), [])


def test_each_cluster_presents_its_own_certificates_and_trusts_its_own_roots() -> None:
    found, observation = looked()
    for cluster, entry in found.items():
        mine = {str(n) for n, a in enumerate(observation.attempts) if a.cluster == cluster and a.run_in is None}
        (first, *_more) = [run for run in entry.prober.sent if "trust" in run]  # type: ignore[attr-defined]
        assert first["ids"] == mine
        assert (first["pod"], first["trust"]) == (entry.pod["metadata"]["name"], entry.trust)
        assert first["identities"] is entry.certificates.pairs
    here, there = (entry.certificates.pairs for entry in found.values())
    assert set(there) == set(here), "the same workloads, good and bad"
    assert not {pair["key"] for pair in here.values()} & {pair["key"] for pair in there.values()}


def test_silence_is_asked_again_but_not_with_all_that_was_asked() -> None:
    found, observation = looked()
    first, *more = found["secondary"].prober.sent  # type: ignore[attr-defined]
    pods = {attempt.target.address for attempt in observation.attempts}
    assert len(first["ids"]) > 100
    assert [len(run["ids"]) for run in more] == [len(pods)] * 2


def test_whatever_stayed_silent_is_asked_again_once_anything_was_heard() -> None:
    attempts = plan(joined())
    silence = Exchange(False, "connect", "timeout")
    there = [
        number for number, attempt in enumerate(attempts) if attempt.cluster and attempt.target.address == ADDRESS_B
    ]
    exchanges = [secure(attempt) for attempt in attempts]
    for number in there:
        exchanges[number] = silence
    assert observing.unanswered(attempts, exchanges) == there[:1]
    exchanges[there[0]] = secure(attempts[there[0]])
    assert observing.unanswered(attempts, exchanges) == there[1:]


OPTIONS = {"cluster": "primary", "namespaces": ["a", "b"], "callers": [{"cluster": "secondary", "connection": {}}],
           "probe_image": "i", "probe_command": ["p"], "probe_timeout": 5.0, "environment_name": "e"}  # fmt: skip


class Empty:
    """A cluster with namespaces and no pods in them."""

    def get(self, _api: str, _kind: str, name: str, *_where: str) -> dict[str, Any] | None:
        return {"metadata": {"name": name}} if name in "ab" else None

    def list(self, *_what: Any) -> list[dict[str, Any]]:
        return []


@pytest.mark.parametrize(
    ("client", "changes", "says"),
    [
        (None, {}, "connection: needs endpoint or kubeconfig"),
        (Empty(), {}, "no workload to call as"),
        (Empty(), {"namespaces": ["a", "z"]}, "namespaces: z do not exist"),
    ],
)
def test_a_cluster_that_cannot_call_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, client: Any, changes: dict[str, Any], says: str
) -> None:
    if client is not None:
        monkeypatch.setattr(clusters.ClusterClient, "from_connection", lambda _options: client)
    with contextlib.ExitStack() as stack:
        found, missing = calling_across(stack, {**OPTIONS, **changes}, NOW)
    assert found == {}
    (cell,) = missing
    assert (cell.cluster, cell.source, cell.verdict) == ("primary", "secondary", "inconclusive")
    assert "secondary could not call: " in cell.reason and says in cell.reason


@pytest.mark.parametrize("names", [["primary"], ["secondary", "secondary"]])
def test_no_two_clusters_of_cells_share_a_name(names: list[str]) -> None:
    options = {**OPTIONS, "callers": [{"cluster": name, "connection": {}} for name in names]}
    with pytest.raises(OptionError, match=rf"callers\[{len(names) - 1}\]\.cluster: found {names[-1]} once more"):
        check_callers(options)
    check_callers(OPTIONS)


OWNER = {"app": "probe"}
ISOLATING = {"metadata": {"namespace": "a"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}


@pytest.mark.parametrize(
    ("addresses", "blocks"),
    [([], []), (["198.18.16.7"], ["198.18.16.7/32"]), (["198.18.16.7", "fd00::7"], ["198.18.16.7/32", "fd00::7/128"])],
)
def test_probe_pods_of_other_clusters_are_admitted_by_their_addresses_and_no_neighbour_is(
    addresses: list[str], blocks: list[str]
) -> None:
    ingress, egress = admitting([ISOLATING], OWNER, "c", ["a"], addresses)
    (rule,) = ingress["spec"]["ingress"]
    selected, *others = rule["from"]
    assert set(selected) == {"namespaceSelector", "podSelector"}
    assert others == [{"ipBlock": {"cidr": block}} for block in blocks]
    assert (egress["metadata"]["namespace"], egress["spec"]["policyTypes"]) == ("c", ["Egress"])


def test_where_they_come_from_they_may_leave_and_nothing_is_opened() -> None:
    (only,) = admitting([ISOLATING], OWNER, "c", [])
    assert (only["metadata"]["namespace"], only["spec"]["policyTypes"]) == ("c", ["Egress"])


def test_a_target_that_takes_connections_and_hangs_is_asked_again_once_a_caller() -> None:
    attempts = plan(topology())
    hung = Exchange(True, "read", "timeout")
    exchanges = [hung if attempt.target.address == ADDRESS_B else secure(attempt) for attempt in attempts]
    again = [attempts[number] for number in observing.unanswered(attempts, exchanges)]
    assert {attempt.target.address for attempt in again} == {ADDRESS_B}
    assert len(again) == 2, "the probe pod, and the caller's own"
