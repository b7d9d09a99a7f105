"""What is remembered of clusters, and the phase that follows from it."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from testbed.nodes import record
from testbed.nodes.kind.kubectl import kubeconfig
from testbed.nodes.record import Record
from testbed.nodes.runtime import NETWORK, Node

READY = Record("one", 0, "europe-west1", 1, nodes=("id-1",), ready=True)
UP = Node("one-control-plane", "id-1", "one", "control-plane", True, "198.51.100.2")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PINGPONG_STATE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("known", "nodes", "phase"),
    [
        pytest.param(READY, [UP], "RUNNING", id="all runs"),
        pytest.param(replace(READY, ready=False), [UP], "PROVISIONING", id="the creation did not end"),
        pytest.param(replace(READY, ready=False, nodes=()), [], "PROVISIONING", id="nothing started"),
        pytest.param(READY, [replace(UP, running=False, address="")], "STOPPED", id="a node stopped"),
        pytest.param(READY, [], "ERROR", id="the nodes are gone"),
        pytest.param(READY, [replace(UP, identity="id-2")], "ERROR", id="other nodes of the same name"),
    ],
)
def test_phase(known: Record, nodes: list[Node], phase: str) -> None:
    assert record.phase(known, nodes) == phase


def test_what_is_saved_is_loaded() -> None:
    record.save(READY)
    assert record.load("one") == READY
    assert record.names() == ["one"]
    record.forget("one")
    assert record.load("one") is None
    assert record.names() == []


def test_creations_at_once_get_slots_of_their_own() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: record.allocate(f"c{number}", "europe-west1", 1, {}, {}), range(8)))
    assert sorted(entry.slot for entry in made) == list(range(8))


def test_a_freed_slot_is_used_again() -> None:
    for name in ("a", "b"):
        record.allocate(name, "europe-west1", 1, {}, {})
    record.forget("a")
    assert record.allocate("c", "europe-west1", 1, {}, {}).slot == 0


def test_the_access_token_stays_and_is_its_owners(state: Path) -> None:
    token = record.access_token()
    assert record.access_token() == token
    assert len(token) > 32
    assert (state / "cloud" / "token").stat().st_mode & 0o777 == 0o600


def test_the_authority_is_read_back_from_the_kubeconfig() -> None:
    pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    text = kubeconfig("one", "https://198.51.100.2:6443", base64.b64encode(pem.encode()).decode(), "t")
    assert record.authority(text) == pem


def test_a_node_is_read_from_what_inspect_says() -> None:
    facts = {
        "Id": "id-1", "Name": "/one-control-plane", "State": {"Running": True},
        "Config": {"Labels": {"io.x-k8s.kind.cluster": "one", "io.x-k8s.kind.role": "control-plane"}},
        "NetworkSettings": {"Networks": {NETWORK: {"IPAddress": "198.51.100.2"}}},
    }  # fmt: skip
    assert Node.of(facts) == UP
