"""Remote repositories: what upstreams publish is pulled through the project's own registry, kept there, and refused to
whom it is not for.

Sources stand beside each rule in testbed/cloud/registry and testbed/cloud/services/artifactregistry.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.cloud.registry.access import node_token
from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from testbed.debian import program
from tests.support.cloud import Rule, make
from tests.support.pods import make_cluster
from tests.support.registry import NODES, REPOSITORIES, Registry, archive, basic, digest, grant

READER = "roles/artifactregistry.reader"
NAME, TAG = "prom/prometheus", "v1"
HUB = {"dockerRepository": {"publicRepository": "DOCKER_HUB"}}
REGIONS = ("europe-west1", "us-east1")
SOURCE = "artifactregistry.v1.json, RemoteRepositoryConfig"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """Overrides the shared one: what upstreams publish is in a folder beside the cloud's."""
    program("docker-registry")
    with running_cloud(tmp_path_factory.mktemp("remote") / "cloud") as cloud:
        yield cloud


@pytest.fixture
def published(served: RunningCloud, tmp_path: Path) -> Path:
    """The file that lists what upstreams publish: one image."""
    place = archive(tmp_path / "image.tar")[0].partition(":")[2]
    file = served.local.folder.parent / "charts" / "images.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({f"docker.io/{NAME}:{TAG}": place}))
    return file


@pytest.fixture
def images(cloud: RunningCloud, published: Path) -> RunningCloud:
    """A cloud with a remote repository in each region, and a cluster whose nodes may read both."""
    make_cluster(cloud)
    for region in REGIONS:
        make_remote(cloud, region)
        grant(cloud, repository(region), READER)
    return cloud


def repository(region: str) -> str:
    return f"{REPOSITORIES.replace(REGIONS[0], region)}/hub"


def make_remote(cloud: RunningCloud, region: str) -> None:
    body = {"format": "DOCKER", "mode": "REMOTE_REPOSITORY", "remoteRepositoryConfig": HUB}
    make(cloud, f"{repository(region).rpartition('/')[0]}?repositoryId=hub", body)


def node(cloud: RunningCloud, region: str = REGIONS[0]) -> Registry:
    """A node's own client of the image in a region."""
    token = node_token(cloud.local.cloud, NODES)
    return Registry(cloud, f"Bearer {token}", image=f"{PROJECT}/hub/{NAME}", host=f"{region}-docker.pkg.dev")


@pytest.mark.parametrize("region", REGIONS)
def test_nodes_pull_what_the_upstream_has(images: RunningCloud, region: str) -> None:
    found = node(images, region).manifest(TAG)
    assert found.status == 200
    assert node(images, region).manifest(TAG, verb="HEAD").headers["docker-content-digest"] == digest(found.body)
    assert node(images, region).manifest(digest(found.body)).body == found.body
    assert node(images, region).blob(b"layer").body == b"layer"


def test_a_digest_alone_is_fetched_too(images: RunningCloud, tmp_path: Path) -> None:
    assert node(images).manifest(archive(tmp_path / "same.tar")[1]).status == 200


def test_what_was_pulled_once_is_kept(images: RunningCloud, published: Path) -> None:
    assert node(images).manifest(TAG).status == 200
    published.write_text("{}")
    assert node(images).manifest(TAG).status == node(images).blob(b"layer").status == 200
    assert node(images, REGIONS[1]).manifest(TAG).refusal == (404, "MANIFEST_UNKNOWN")


def test_a_region_needs_no_others_repository(images: RunningCloud) -> None:
    assert node(images).manifest(TAG).status == node(images, REGIONS[1]).manifest(TAG).status == 200
    make(images, repository(REGIONS[0]), None, verb="DELETE")
    assert node(images).manifest(TAG).refusal == (403, "DENIED")
    assert node(images, REGIONS[1]).manifest(TAG).status == node(images, REGIONS[1]).blob(b"layer").status == 200


@pytest.mark.parametrize("region", REGIONS)
def test_without_the_reader_role_in_that_region_it_is_refused_and_nothing_fetched(
    images: RunningCloud, published: Path, region: str
) -> None:
    grant(images, repository(region), None)
    denied = node(images, region).manifest(TAG)
    assert denied.refusal == (403, "DENIED")
    message = json.loads(denied.body)["errors"][0]["message"]
    resource = f"projects/{PROJECT}/locations/{region}/repositories/hub"
    assert f'"artifactregistry.repositories.downloadArtifacts" denied on resource "{resource}"' in message
    assert node(images, next(other for other in REGIONS if other != region)).manifest(TAG).status == 200
    published.write_text("{}")
    grant(images, repository(region), READER)
    assert node(images, region).manifest(TAG).refusal == (404, "MANIFEST_UNKNOWN")


@pytest.mark.parametrize(("name", "tag"), [(NAME, "v2"), ("prom/other", TAG)], ids=["tag", "name"])
def test_what_the_upstream_lacks_is_not_found(images: RunningCloud, name: str, tag: str) -> None:
    registry = Registry(images, basic(images.token), image=f"{PROJECT}/hub/{name}")
    assert registry.manifest(tag).refusal == (404, "MANIFEST_UNKNOWN")


def test_nobody_pushes(images: RunningCloud) -> None:
    answer = Registry(images, basic(images.token), image=f"{PROJECT}/hub/{NAME}").push()
    assert answer.refusal == (403, "DENIED")


def test_the_upstream_itself_serves_anybody_and_takes_nothing(images: RunningCloud) -> None:
    upstream = Registry(images, "", image=NAME, host="docker.io")
    assert upstream.manifest(TAG).body == node(images).manifest(TAG).body
    assert upstream.blob(b"layer").body == b"layer"
    as_mirror = Registry(images, "", image=NAME, host="127.0.0.1", base="/registry", namespace="docker.io")
    assert as_mirror.manifest(TAG, verb="HEAD").status == 200
    assert upstream.manifest("v2").refusal == (404, "MANIFEST_UNKNOWN")
    assert upstream.blob(b"other").refusal == (404, "BLOB_UNKNOWN")
    assert upstream.push().refusal == (405, "UNSUPPORTED")


def bad(name: str, says: str, **body: Any) -> Rule:
    path = f"{REPOSITORIES}?repositoryId=a"
    return Rule(name, SOURCE, "POST", path, {"format": "DOCKER", **body}, 400, "INVALID_ARGUMENT", says)


REMOTE = {"mode": "REMOTE_REPOSITORY"}
UNKNOWN = {"dockerRepository": {"customRepository": {"uri": "https://registry.example.com"}}}
RULES = [
    bad("no upstream", "is required for remote", **REMOTE),
    bad("an upstream of a standard one", "and for no other", remoteRepositoryConfig=HUB),
    bad("an upstream of another format", "names no upstream", **REMOTE,
        remoteRepositoryConfig={"npmRepository": {"publicRepository": "NPMJS"}}),
    bad("an upstream that does not answer", "https://registry.example.com can't be reached", **REMOTE,
        remoteRepositoryConfig=UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_what_is_refused(cloud: RunningCloud, rule: Rule) -> None:
    rule.check(cloud)


@pytest.mark.parametrize("uri", ["https://quay.io", "https://registry.k8s.io"])
@pytest.mark.parametrize("field", ["dockerRepository", "commonRepository"])
def test_others_go_by_their_address(cloud: RunningCloud, field: str, uri: str) -> None:
    config = {"uri": uri} if field == "commonRepository" else {"customRepository": {"uri": uri}}
    body = {"format": "DOCKER", **REMOTE, "remoteRepositoryConfig": {field: config, "disableUpstreamValidation": False}}
    make(cloud, f"{REPOSITORIES}?repositoryId=other", body)
    assert cloud.request("GET", f"{REPOSITORIES}/other")[1]["remoteRepositoryConfig"] == {field: config}


def test_an_unknown_upstream_is_not_asked_where_that_is_waived(cloud: RunningCloud) -> None:
    config = {**UNKNOWN, "disableUpstreamValidation": True}
    make(cloud, f"{REPOSITORIES}?repositoryId=a", {"format": "DOCKER", **REMOTE, "remoteRepositoryConfig": config})
