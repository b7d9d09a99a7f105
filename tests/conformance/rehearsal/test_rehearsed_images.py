"""Nodes of production pull every image that its layers run, each cluster in its own region, and only by right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from testbed.cloud.registry.access import node_token
from testbed.cloud.testing import RunningCloud, running_cloud
from testbed.debian import program
from tests.support.engine import Engine
from tests.support.layer_images import images
from tests.support.registry import Registry, archive
from tests.support.roles import evaluated

PROJECT = evaluated("registry", "production", "platform_project")
(MEMBER,) = evaluated("registry", "production", "registry_readers")
NODES = MEMBER.partition(":")[2]
REGIONS = {host: evaluated("registry", "production", "platform_region", host=host) for host in ("primary", "secondary")}
# A cluster for there to be nodes; which one their account is of does not matter.
BASE = [
    {"kind": "service_account", "name": NODES.partition("@")[0]},
    {"kind": "network", "name": "net", "autoCreateSubnetworks": False},
    {
        "kind": "subnetwork", "name": "sub", "region": "europe-west1", "network": "${network/net}",
        "ipCidrRange": "10.0.0.0/24",
        "secondaryIpRanges": [
            {"rangeName": "pods", "ipCidrRange": "10.4.0.0/16"}, {"rangeName": "services", "ipCidrRange": "10.5.0.0/20"}
        ],
    },
    {
        "kind": "cluster", "name": "primary", "location": "europe-west1", "network": "${network/net}",
        "subnetwork": "${subnetwork/sub}",
        "ipAllocationPolicy": {
            "useIpAliases": True, "clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"
        },
        "nodePools": [{"name": "main", "initialNodeCount": 1, "config": {"serviceAccount": NODES}}],
    },
]  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A local cloud beside upstreams that publish every image of the layers."""
    program("docker-registry")
    folder = tmp_path_factory.mktemp("images")
    place = archive(folder / "image.tar")[0].partition(":")[2]
    names = images("production", "primary", platform_mirrors={})
    (folder / "charts").mkdir()
    (folder / "charts" / "images.json").write_text(json.dumps(dict.fromkeys(names, place)))
    with running_cloud(folder / "cloud", settings={"strict_services": False}) as cloud:
        yield cloud


@pytest.fixture
def cloud(served: RunningCloud) -> Iterator[RunningCloud]:
    Engine(served, PROJECT)(BASE)
    yield served
    served.admin("DELETE", "resources")


def made() -> list[dict[str, Any]]:
    """What the role registry declares for production."""
    found: list[dict[str, Any]] = evaluated("registry", "production", "__registry_resources")
    return found


def refused(cloud: RunningCloud, host: str) -> dict[str, str]:
    """Each image that the nodes of a cluster do not get, and why, in the registry's words."""
    token = node_token(cloud.local.cloud, NODES)
    found: dict[str, str] = {}
    for name in sorted(images("production", host)):
        place, _slash, rest = name.partition("/")
        path, _colon, tag = rest.rpartition(":")
        answer = Registry(cloud, f"Bearer {token}", image=path, host=place).manifest(tag)
        if answer.status != 200:
            found[name] = json.loads(answer.body)["errors"][0]["message"]
    return found


@pytest.mark.parametrize("host", REGIONS)
def test_every_image_is_pulled_in_the_clusters_own_region(cloud: RunningCloud, host: str) -> None:
    Engine(cloud, PROJECT)(made())
    assert refused(cloud, host) == {}


@pytest.mark.parametrize("what", ["repository", "repository_iam"])
def test_without_its_repository_or_its_reader_a_region_is_refused_and_the_other_is_not(
    cloud: RunningCloud, what: str
) -> None:
    region = REGIONS["secondary"]
    dropped = {"repository", "repository_iam"} if what == "repository" else {what}
    Engine(cloud, PROJECT)([
        item for item in made() if item.get("location") != region or item["kind"] not in dropped
    ])  # fmt: skip
    assert refused(cloud, "primary") == {}
    found = refused(cloud, "secondary")
    assert set(found) == images("production", "secondary")
    for name, message in found.items():
        repository = f"projects/{PROJECT}/locations/{region}/repositories/{name.split('/')[2]}"
        denied = f'Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "{repository}"'
        assert message == f"{denied} (or it may not exist)"
