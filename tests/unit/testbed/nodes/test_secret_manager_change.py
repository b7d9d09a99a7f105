"""The Secret Manager add-on of a cluster that runs: given, changed and taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testbed.host import HostError
from testbed.nodes import bringup, record
from testbed.nodes.addons import secret_manager
from testbed.nodes.bringup import BringUp
from testbed.nodes.clusters import Clusters
from testbed.nodes.record import Record
from testbed.nodes.runtime import Node

TOLD = {"pool": "p.svc.id.goog", "provider": "https://c", "rotation": "", "endpoint": "https://h", "authority": "PEM"}
NODE = Node("one-control-plane", "id-1", "one", "control-plane", True, "198.51.100.2")


class Runtime:
    """Nodes that the test puts in."""

    def __init__(self, *nodes: Node) -> None:
        self.found = list(nodes)

    def nodes(self, _name: str) -> list[Node]:
        return self.found


class Api:
    """A kubectl that remembers."""

    def __init__(self, said: list[Any]) -> None:
        self.said = said

    def delete(self, documents: list[Any]) -> None:
        self.said.append(("delete", documents))


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was done in the cluster, in turn."""
    done: list[Any] = []
    monkeypatch.setenv("PINGPONG_STATE", str(tmp_path))
    monkeypatch.setattr(bringup, "Kubectl", lambda _path: Api(done))
    monkeypatch.setattr(secret_manager, "superseded", lambda settings: [settings and settings.pool])

    def install(_self: BringUp, known: Record, _nodes: Any, _api: Any) -> None:
        done.append(("install", dict(known.secret_manager)))

    monkeypatch.setattr(BringUp, "install_secret_manager", install)
    return done


def clusters(*nodes: Node) -> Clusters:
    runtime: Any = Runtime(*nodes)
    return Clusters(progress=lambda _line: None, runtime=runtime)


def test_it_is_given_and_taken_away(said: list[Any]) -> None:
    record.save(Record("one", 0, "l", 1, nodes=("id-1",), ready=True))
    clusters(NODE).set_secret_manager("one", TOLD)
    assert said == [("install", TOLD), ("delete", ["p.svc.id.goog"])]
    assert (record.load("one") or Record("", 0, "", 0)).secret_manager == TOLD
    said.clear()
    clusters(NODE).set_secret_manager("one", {})
    assert said == [("delete", [None])]
    assert (record.load("one") or Record("", 0, "", 0)).secret_manager == {}


@pytest.mark.parametrize("known", [None, Record("one", 0, "l", 1), Record("one", 0, "l", 1, nodes=("x",), ready=True)])
def test_a_cluster_that_does_not_run_is_not_changed(said: list[Any], known: Record | None) -> None:
    if known:
        record.save(known)
    with pytest.raises(HostError, match="it does not run"):
        clusters(NODE).set_secret_manager("one", TOLD)
    assert said == []
