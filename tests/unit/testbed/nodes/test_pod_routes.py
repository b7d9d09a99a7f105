"""Pods of the clusters of one network reach each other while there are both; no packet of theirs goes elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from testbed.host import HostError
from testbed.nodes import Clusters, record
from testbed.nodes.network import routes
from testbed.nodes.network.routes import GUARD, Place, batch, desired
from testbed.nodes.record import Record
from testbed.nodes.runtime import Node

GUARDED = f"{' '.join(GUARD)}\n"


def node(cluster: str, number: int, role: str = "control-plane") -> Node:
    return Node(f"{cluster}-{role}", f"id-{number}", cluster, role, True, f"198.51.100.{number}")


ONE, ONE_TOO, TWO = node("one", 2), node("one", 3, "worker"), node("two", 4)
PLACES = [
    Place("net", ONE, "198.18.0.0/24"),
    Place("net", ONE_TOO, "198.18.1.0/24"),
    Place("net", TWO, "198.18.16.0/24"),
]


def test_every_node_has_a_way_to_the_pods_of_every_node_of_other_clusters_and_none_to_its_own() -> None:
    to_two = {"198.18.16.0/24": "198.51.100.4"}
    to_one = {"198.18.0.0/24": "198.51.100.2", "198.18.1.0/24": "198.51.100.3"}
    assert desired(PLACES) == {ONE.name: to_two, ONE_TOO.name: to_two, TWO.name: to_one}


def test_clusters_of_different_networks_are_kept_apart() -> None:
    assert desired([PLACES[0], replace(PLACES[2], network="other")]) == {ONE.name: {}, TWO.name: {}}


@pytest.mark.parametrize(
    ("live", "routed", "commands"),
    [
        pytest.param([], {}, "", id="alone"),
        pytest.param([], {"p": "n"}, "route replace p via n proto 198\n", id="another cluster came"),
        pytest.param([{"dst": "p"}], {"p": "n"}, "route replace p via n proto 198\n", id="its node may have moved"),
        pytest.param([{"dst": "p"}], {}, "route delete p proto 198\n", id="it went"),
    ],
)
def test_routes_are_made_and_removed(live: list[dict[str, str]], routed: dict[str, str], commands: str) -> None:
    assert batch(live, routed) == GUARDED + commands


class Nodes:
    """A container runtime with nodes whose routes are remembered; those of clusters in ``gone`` answer no more."""

    def __init__(self, *there: Node, gone: tuple[str, ...] = ()) -> None:
        self.there = there
        self.gone = gone
        self.routes: dict[str, dict[str, str]] = {node.name: {} for node in there}
        self.asked = 0

    def nodes(self, cluster: str | None = None) -> list[Node]:
        self.asked += 1
        left = () if self.asked == 1 else self.gone  # they go after the first look
        return [node for node in self.there if node.cluster not in left and cluster in (None, node.cluster)]

    def remove_volumes(self, _cluster: str) -> None:
        """There are none."""

    def execute(self, name: str, *command: str, stdin: str = "") -> str:
        if any(name.startswith(cluster) for cluster in self.gone):
            raise HostError(f"no container with name {name!r}")
        live = self.routes[name]
        if command[1] == "-json":
            return json.dumps([{"dst": pods} for pods in live])
        for line in stdin.splitlines():
            _route, verb, target, *rest = line.split()
            if verb == "delete":
                del live[target]
            elif rest[0] == "via":
                live[target] = rest[1]
        return ""


@pytest.fixture(autouse=True)
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINGPONG_STATE", str(tmp_path))
    for place, slot in ((PLACES[0], 0), (PLACES[2], 1)):
        ranges = {place.node.name: place.pods}
        made = Record(place.node.cluster, slot, "europe-west1", 1, nodes=(place.node.identity,), ready=True)
        record.save(replace(made, network="net", pod_ranges=ranges))


def test_a_cluster_that_comes_is_connected_and_one_that_goes_leaves_no_route() -> None:
    machine = Nodes(ONE, TWO)
    routes.connect(machine)  # type: ignore[arg-type]
    assert machine.routes == {ONE.name: {PLACES[2].pods: TWO.address}, TWO.name: {PLACES[0].pods: ONE.address}}
    record.forget("two")
    routes.connect(machine)  # type: ignore[arg-type]
    assert machine.routes[ONE.name] == {}


def test_a_deletion_takes_the_routes_along_and_a_repair_brings_back_those_that_a_node_lost() -> None:
    machine = Nodes(ONE, TWO)
    Clusters(runtime=machine).repair()  # type: ignore[arg-type]
    assert machine.routes[ONE.name] == {PLACES[2].pods: TWO.address}
    machine.there = (ONE,)
    Clusters(runtime=machine).delete("two")  # type: ignore[arg-type]
    assert machine.routes[ONE.name] == {}


@pytest.mark.parametrize(
    "unready",
    [
        pytest.param(replace(TWO, running=False, address=""), id="its node does not run"),
        pytest.param(replace(TWO, name="two-worker"), id="nobody knows its pods yet"),
        pytest.param(replace(TWO, cluster="three"), id="another one's"),
    ],
)
def test_nothing_leads_to_a_node_that_has_no_known_pods(unready: Node) -> None:
    machine = Nodes(ONE, unready)
    routes.connect(machine)  # type: ignore[arg-type]
    assert machine.routes == {ONE.name: {}, unready.name: {}}


def test_a_cluster_that_is_deleted_meanwhile_is_no_failure_and_a_node_that_fails_is() -> None:
    machine = Nodes(ONE, TWO, gone=("two",))
    routes.connect(machine)  # type: ignore[arg-type]
    assert machine.routes[ONE.name] == {PLACES[2].pods: TWO.address}, "until its deletion connects again"
    machine.nodes = lambda: [ONE, TWO]  # type: ignore[method-assign]
    with pytest.raises(HostError):
        routes.connect(machine)  # type: ignore[arg-type]
