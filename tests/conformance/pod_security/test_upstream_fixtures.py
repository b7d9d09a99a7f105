"""The table of pods beside upstream's own: it has every fixture of k8s.io/pod-security-admission.

The fixtures are read from the Go module of the Kubernetes version that the local clusters run, and are not kept here. A
pod counts by how it differs from its own plain pod: containers by their part and not by their name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.fixtures import FIXTURES, PLAIN
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.model import Fixture, Level, pod_of

from testbed.host import HostError
from testbed.images.golang import KUBERNETES_VERSION, GoModule, module_source

MINOR = int(KUBERNETES_VERSION.split(".")[1])
UPSTREAM = GoModule("pod-security-admission", "k8s.io/pod-security-admission", f"v0{KUBERNETES_VERSION[2:]}", {})
# Of the check, not of the standards: what restricted_pod says beyond upstream's plain pod.
OURS_ALONE = ("resources", "readOnlyRootFilesystem", "runAsUser", "runAsGroup", "automountServiceAccountToken")
PARTS = {"containers": "container", "initContainers": "init container"}
Feature = tuple[tuple[str, ...], str]
Features = frozenset[Feature]


@dataclass(frozen=True)
class Upstream:
    """One file: a level refuses or admits a pod that differs from the level's plain one in ``features``."""

    level: Level
    refused: bool
    name: str
    features: Features


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[Feature]:
    """Every scalar and list with the path to it; an empty mapping says nothing."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, json.dumps(node, sort_keys=True)


def parts(pod: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A pod as one mapping a part, names replaced by parts; volumes are a list of their sources."""
    spec = dict(pod["spec"])
    found: dict[str, dict[str, Any]] = {}
    annotations = dict(pod["metadata"].get("annotations") or {})
    for key, part in PARTS.items():
        for container in spec.pop(key, None) or []:
            found[part] = {name: value for name, value in container.items() if name not in ("name", "image")}
            annotations = {k.replace(f"/{container['name']}", f"/{part}"): v for k, v in annotations.items()}
    if "volumes" in spec:
        spec["volumes"] = [{k: v for k, v in volume.items() if k != "name"} for volume in spec["volumes"]]
    return {**found, "pod": spec, "annotations": annotations}


def features(pod: Mapping[str, Any], plain: Mapping[str, Any]) -> Features:
    """How a pod differs from a plain one: what is set otherwise, and (as null) what it lacks."""
    own, base = parts(pod), parts(plain)
    base.setdefault("init container", base["container"])  # an init container of ours begins as the container does
    found: set[Feature] = set()
    for part, content in own.items():
        here, there = dict(leaves(content)), dict(leaves(base.get(part, {})))
        differing = {(path, value) for path, value in here.items() if there.get(path) != value}
        differing |= {(path, "null") for path in there if path not in here}
        found |= {((part, *path), value) for path, value in differing if value != "null" or path[-1] not in OURS_ALONE}
    return frozenset(found)


@pytest.fixture(scope="module")
def upstream() -> list[Upstream]:
    try:
        folder = module_source(UPSTREAM) / "test" / "testdata"
    except HostError as error:
        pytest.skip(f"no Go module proxy: {error}")
    return [one for level in ("baseline", "restricted") for one in of_level(folder / level / f"v1.{MINOR}", level)]


def of_level(folder: Path, level: Any) -> Iterator[Upstream]:
    plain = yaml.safe_load((folder / "pass" / "base.yaml").read_text())
    for file in sorted(folder.glob("*/*.yaml")):
        pod = yaml.safe_load(file.read_text())
        yield Upstream(level, file.parent.name == "fail", f"{level}/{file.stem}", features(pod, plain))


def ours(level: Level) -> dict[Features, Fixture]:
    """The table by features, as a level sees it: the plain pod of ``baseline`` has nothing that could be lacking."""
    plain = pod_of(PLAIN, "n", "i", {})
    found: dict[Features, Fixture] = {}
    for fixture in FIXTURES:
        if fixture.applies_to(MINOR) and fixture.ephemeral is None:
            seen = features(pod_of(fixture, "n", "i", {}), plain)
            found[frozenset(one for one in seen if level == "restricted" or one[1] != "null")] = fixture
    return found


def lacking(upstream: list[Upstream], table: Mapping[Level, Mapping[Features, Fixture]]) -> list[str]:
    """The pods of upstream that the table has not, or has with another answer."""
    set_already = {(("pod", *path), value) for path, value in leaves(pod_of(PLAIN, "n", "i", {})["spec"])}
    found = []
    for one in upstream:
        fixture = table[one.level].get(one.features) or table[one.level].get(one.features - set_already)
        if fixture is None:
            found.append(f"{one.name}: {sorted(one.features)}")
        elif fixture.refused_at(one.level) is not one.refused:
            found.append(f"{one.name}: {fixture.name} has the other answer")
    return found


def test_every_pod_of_upstream_is_in_the_table_with_the_same_answer(upstream: list[Upstream]) -> None:
    assert len(upstream) > 100, "the module's folder has its files"
    assert lacking(upstream, {"baseline": ours("baseline"), "restricted": ours("restricted")}) == []


@pytest.mark.parametrize("name", ["hostports1", "restrictedvolumes9", "apparmorprofile1", "runasuser2"])
def test_what_the_table_lacks_is_named(upstream: list[Upstream], name: str) -> None:
    wanted = next(one for one in upstream if one.name == f"restricted/{name}")
    table = {key: value for key, value in ours("restricted").items() if key != wanted.features}
    (found,) = lacking(upstream, {"baseline": ours("baseline"), "restricted": table})
    assert found.startswith(f"restricted/{name}: ")
