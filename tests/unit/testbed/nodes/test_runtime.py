"""The container runtime's command line, as the testbed drives it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.host import HostError
from testbed.nodes import runtime
from testbed.nodes.clusters import _check_version
from testbed.nodes.runtime import Runtime

Answers = dict[str, str]


@pytest.fixture
def engine(tmp_path: Path) -> Callable[[Answers], tuple[Runtime, Path]]:
    """A runtime whose program answers by its first two words and writes down its arguments."""

    def make(answers: Answers) -> tuple[Runtime, Path]:
        program, calls = tmp_path / "engine", tmp_path / "calls"
        calls.touch()
        cases = "".join(f"  '{words}') cat <<'END'\n{answer}\nEND\n;;\n" for words, answer in answers.items())
        program.write_text(f'#!/bin/sh\necho "$*" >> {calls}\ncase "$1 $2" in\n{cases}esac\n')
        program.chmod(0o755)
        return Runtime(str(program)), calls

    return make


@pytest.mark.parametrize(
    ("label", "removed"),
    [
        ("one-control-plane", True),
        ("one-worker", True),
        ("one-worker2", True),
        ("one-more-control-plane", False),
        ("another-one-control-plane", False),
        ("one", False),
    ],
)
def test_only_a_clusters_own_volumes_are_removed(
    engine: Callable[[Answers], tuple[Runtime, Path]], label: str, removed: bool
) -> None:
    machine, calls = engine({"volume ls": json.dumps([{"Name": "v1", "Labels": {label: "true"}}])})
    machine.remove_volumes("one")
    assert ("volume rm --force v1" in calls.read_text().splitlines()) is removed


def test_the_network_is_made_once(
    engine: Callable[[Answers], tuple[Runtime, Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINGPONG_STATE", str(tmp_path / "state"))
    machine, calls = engine({"network ls": "podman"})
    machine.ensure_network()
    ranges = "--subnet=198.51.100.0/24 --ip-range=198.51.100.0/26 --gateway=198.51.100.1"
    assert f"network create --driver=bridge {ranges} pingpong" in calls.read_text().splitlines()
    machine, calls = engine({"network ls": "podman\npingpong"})
    calls.write_text("")
    machine.ensure_network()
    assert "create" not in calls.read_text()


@pytest.mark.parametrize(("address", "removed"), [("198.51.100.1", True), ("10.88.0.1", False)])
def test_a_bridge_that_was_left_in_the_nodes_range_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, removed: bool
) -> None:
    links = json.dumps([{}, {"ifname": "podman7", "addr_info": [{"local": address}]}])
    program, calls = tmp_path / "ip", tmp_path / "calls"
    program.write_text(f"#!/bin/sh\necho \"$*\" >> {calls}\necho '{links}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    Runtime("podman").remove_stray_bridge()
    assert ("link delete podman7" in calls.read_text().splitlines()) is removed


def test_podman_reads_the_projects_settings_not_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINGPONG_STATE", str(tmp_path))
    found = runtime.environment("podman")
    assert found["KIND_EXPERIMENTAL_PROVIDER"] == "podman"
    assert found["KIND_EXPERIMENTAL_PODMAN_NETWORK"] == runtime.NETWORK
    assert Path(found["CONTAINERS_CONF"]).read_text() == runtime.PODMAN_CONFIGURATION
    assert Path(found["CONTAINERS_CONF"]).is_relative_to(tmp_path)


def test_an_unknown_runtime_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINGPONG_RUNTIME", "rkt")
    with pytest.raises(HostError, match="PINGPONG_RUNTIME: expected docker or podman, found 'rkt'"):
        runtime.detect()


@pytest.mark.parametrize("version", [None, "", "latest", "1.34", "1.34.4", "v1.34.4", "1.34.4-gke.1000000"])
def test_versions_that_are_served(version: str | None) -> None:
    _check_version("one", version)


@pytest.mark.parametrize("version", ["1.33", "1.34.5", "1.3", "1.35.0-gke.1"])
def test_other_versions_are_refused(version: str) -> None:
    with pytest.raises(HostError, match=r"cluster one: version .* is not served here; 1\.34\.4 is"):
        _check_version("one", version)
