"""Clusters of one mesh call each other: declared callers are let in, impostors refused, and what breaks is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers import clusters as callers
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers.certificates import (
    Signer,
    untrusted_authority,
)

from testbed.nodes.network import addresses, routes
from testbed.nodes.prepare import installed_runtime
from testbed.nodes.runtime import Runtime
from tests.support.local_platform import STATE, clients_of, connection
from tests.support.meshed import mtls_check

pytestmark = [pytest.mark.platform, pytest.mark.timeout(900)]

WAYS = [("primary", "secondary"), ("secondary", "primary")]
# Of what the role ping declares: each of the two may call the other one, from any cluster, and not its own kind.
DECLARED = [
    {"namespace": target, "port": 8080, "callers": [
        {"namespace": caller, "service_account": caller, "methods": ["GET"], "paths": ["/ping", "/whoami"]},
    ]}
    for caller, target in (("pingpong-a", "pingpong-b"), ("pingpong-b", "pingpong-a"))
]  # fmt: skip
Object = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def clients() -> Iterator[dict[str, ClusterClient]]:
    with clients_of("primary", "secondary") as found:
        yield found


def check(here: str, there: str) -> Object:
    """``mtls_check`` of a cluster with callers of the other one, without failing."""
    image = json.loads((STATE / "images.json").read_text())["ping"]
    beside = [{"cluster": there, "connection": connection(there)}]
    options = {
        "callers": beside, "declared_callers": DECLARED, "probe_namespace": "pingpong-c", "admit_probes": True,
    }  # fmt: skip
    return mtls_check(connection(here), here, image, ["pingpong-a", "pingpong-b"], **options)


def split(result: Object) -> tuple[list[Object], list[Object]]:
    """The cells of calls from the other cluster, and all others."""
    here = result["cluster"]
    across = [cell for cell in result["cells"] if cell["evidence"].get("caller_cluster", here) != here]
    assert across
    return across, [cell for cell in result["cells"] if cell not in across]


def verdicts(cells: list[Object]) -> set[str]:
    return {cell["verdict"] for cell in cells}


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_every_declared_caller_of_the_other_cluster_is_taken_and_every_impostor_refused(
    clients: dict[str, ClusterClient], here: str, there: str
) -> None:
    result = check(here, there)
    assert result["short_of"] == ""
    across, _others = split(result)
    called = {(cell["source"], cell["target"]) for cell in across if cell["case"].startswith("valid/")}
    assert called == {
        (f"{there}: {source}/{source}", f"{target}/{target}:8080")
        for source, target in (("pingpong-a", "pingpong-b"), ("pingpong-b", "pingpong-a"))
    }
    assert result["coverage"]["pairs"] == {"probed": 6, "total": 6}
    assert len({result["authorities"][name] for name in (here, there)}) == 2, "an intermediate for each"
    for client in clients.values():
        left = [*client.list("v1", "Pod"), *client.list("networking.k8s.io/v1", "NetworkPolicy")]
        assert not [thing for thing in left if thing["metadata"]["name"].startswith("pingpong-probe-")]


def test_a_cluster_that_signs_with_an_untrusted_root_is_refused_and_named(
    clients: dict[str, ClusterClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, elsewhere = callers.signer, clients["secondary"].connection

    def signer(client: ClusterClient, namespace: str) -> Signer:
        return untrusted_authority(datetime.now(UTC)) if client.connection == elsewhere else own(client, namespace)

    monkeypatch.setattr(callers, "signer", signer)
    across, others = split(check("primary", "secondary"))
    assert verdicts(others) == {"pass"}, "nobody else is accused"
    good = [cell for cell in across if cell["case"].startswith("valid/")]
    assert verdicts(good) == {"fail"}
    assert {cell["source"] for cell in good} == {"secondary: pingpong-a/pingpong-a", "secondary: pingpong-b/pingpong-b"}
    assert all("refused a caller that it must admit" in cell["reason"] for cell in good)
    assert verdicts([cell for cell in across if cell not in good]) == {"inconclusive"}, "nothing else was proved"


@pytest.fixture
def severed() -> Iterator[Runtime]:
    """The nodes without the routes between their clusters."""
    runtime = installed_runtime()
    assert runtime is not None
    try:
        for node in runtime.nodes():
            runtime.execute(node.name, "ip", "route", "flush", "proto", routes.PROTOCOL)
        yield runtime
    finally:
        routes.connect(runtime)


@pytest.mark.usefixtures("severed")
def test_clusters_without_a_way_between_them_prove_nothing_of_each_other() -> None:
    across, others = split(check("primary", "secondary"))
    assert verdicts(others) == {"pass"}
    assert verdicts(across) == {"inconclusive"}
    assert all("pods of primary could not be reached from secondary" in cell["reason"] for cell in across)


def test_no_packet_to_a_pod_that_no_cluster_has_leaves_a_node(severed: Runtime) -> None:
    nobody = str(addresses.POD_RANGE[-2])
    for node in severed.nodes():
        way = severed.execute(node.name, "sh", "-c", f"ip route get {nobody} 2>&1 || true")
        assert "No route to host" in way
