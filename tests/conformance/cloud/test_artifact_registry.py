"""Artifact Registry by the registry protocol: who is admitted, what is kept, and in which words it refuses.

Sources stand beside each rule in testbed/cloud/registry.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from testbed.cloud.registry.access import node_token
from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from testbed.debian import program
from tests.support.cloud import APIS, make
from tests.support.pods import make_cluster
from tests.support.registry import HOST, NODES, REPOSITORIES, Registry, basic, digest, grant, make_repository

PROJECT_POLICY = f"/cloudresourcemanager/v1/projects/{PROJECT}"
READER, WRITER = "roles/artifactregistry.reader", "roles/artifactregistry.writer"
LARGE = os.urandom(1 << 16) * 48


def owner(cloud: RunningCloud, **fields: str) -> Registry:
    return Registry(cloud, basic(cloud.token), **fields)


def _mutating(cloud: RunningCloud) -> int:
    return int(cloud.admin("GET", "requests")["by_class"].get("mutate", 0))


def node(cloud: RunningCloud, account: str = NODES) -> Registry:
    return Registry(cloud, f"Bearer {node_token(cloud.local.cloud, account)}")


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    """Fetched before the first request, which would outlast the client's patience."""
    program("docker-registry")


@pytest.fixture
def images(cloud: RunningCloud) -> RunningCloud:
    """A cloud with the repository `images` in europe-west1 and a cluster whose nodes run as the default account."""
    make_cluster(cloud)
    make_repository(cloud)
    return cloud


@pytest.mark.parametrize("base", ["", "/registry"], ids=["by host", "as a mirror"])
def test_what_is_pushed_is_pulled(images: RunningCloud, base: str) -> None:
    registry = owner(images, base=base, host="127.0.0.1" if base else HOST, namespace=HOST if base else "")
    pushed = registry.push(LARGE)
    assert pushed.status == 201, pushed.body
    assert pushed.headers["location"].startswith(f"{base}/v2/{PROJECT}/images/ping/manifests/sha256:")
    manifest = registry.manifest()
    assert (manifest.status, digest(manifest.body)) == (200, pushed.headers["docker-content-digest"])
    assert registry.manifest(verb="HEAD").headers["docker-content-digest"] == digest(manifest.body)
    assert registry.blob(LARGE).body == LARGE
    tags = registry.send("GET", f"{base}/v2/{registry.image}/tags/list")
    assert json.loads(tags.body) == {"name": f"{PROJECT}/images/ping", "tags": ["1"]}


@pytest.mark.parametrize("path", ["/v2/", f"/v2/{PROJECT}/images/ping/manifests/1"])
@pytest.mark.parametrize("authorization", ["", "Bearer other", basic("other"), basic("anonymous"), "Basic !"])
def test_a_credential_is_asked_for(images: RunningCloud, path: str, authorization: str) -> None:
    answer = Registry(images, authorization).send("GET", path)
    assert answer.refusal == (401, "UNAUTHENTICATED")
    challenge = f'Bearer realm="https://{HOST}/v2/token",service="{HOST}"'
    assert answer.headers["www-authenticate"].startswith(challenge)
    assert ('scope="repository:' in answer.headers["www-authenticate"]) == (path != "/v2/")


def test_a_login_is_a_user_and_a_token(images: RunningCloud) -> None:
    assert Registry(images, basic(images.token)).send("GET", "/v2/").status == 200
    assert Registry(images, basic(images.token, user="me")).send("GET", "/v2/").status == 401


def test_the_challenges_token_pulls(images: RunningCloud) -> None:
    owner(images).push()
    scope = f"repository:{PROJECT}/images/ping:pull"
    answer = owner(images).send("GET", f"/v2/token?service={HOST}&scope={scope}")
    assert Registry(images, f"Bearer {json.loads(answer.body)['token']}").manifest().status == 200


def test_the_token_endpoint_judges_the_scope(images: RunningCloud) -> None:
    path = f"/v2/token?scope=repository:{PROJECT}/images/ping:pull"
    anonymous = Registry(images, "").send("GET", path)
    assert anonymous.refusal == (403, "DENIED")
    assert b"Unauthenticated requests do not have permission" in anonymous.body
    assert Registry(images, basic("other")).send("GET", path).refusal == (401, "UNAUTHENTICATED")
    grant(images, f"{REPOSITORIES}/images", READER, "allUsers")
    token = json.loads(Registry(images, "").send("GET", path).body)["token"]
    assert Registry(images, f"Bearer {token}").manifest().refusal == (404, "MANIFEST_UNKNOWN")


@pytest.mark.parametrize("resource", [f"{REPOSITORIES}/images", PROJECT_POLICY], ids=["repository", "project"])
def test_nodes_pull_as_their_account_and_only_with_its_role(images: RunningCloud, resource: str) -> None:
    owner(images).push()
    denied = node(images).manifest()
    assert denied.refusal == (403, "DENIED")
    assert b'\\"artifactregistry.repositories.downloadArtifacts\\" denied' in denied.body
    grant(images, resource, READER)
    assert node(images).manifest().status == node(images).blob(b"layer").status == 200
    assert node(images).push().refusal == (403, "DENIED")
    grant(images, resource, WRITER)
    assert node(images).push(tag="2").status == 201
    grant(images, resource, None)
    assert node(images).manifest().refusal == (403, "DENIED")


def test_an_account_that_no_node_has_is_nobody(images: RunningCloud) -> None:
    make(images, f"/iam/v1/projects/{PROJECT}/serviceAccounts", {"accountId": "others"})
    email = f"others@{PROJECT}.iam.gserviceaccount.com"
    grant(images, f"{REPOSITORIES}/images", READER, f"serviceAccount:{email}")
    assert node(images, email).manifest().refusal == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("image", "host"),
    [(f"{PROJECT}/absent/ping", HOST), (f"{PROJECT}/images/ping", "europe-west4-docker.pkg.dev")],
    ids=["name", "location"],
)
def test_a_repository_must_exist(images: RunningCloud, image: str, host: str) -> None:
    assert owner(images, image=image, host=host).push().refusal == (404, "NAME_UNKNOWN")


def test_the_api_must_be_enabled(images: RunningCloud) -> None:
    owner(images).push()
    make(images, f"/serviceusage/v1/projects/{PROJECT}/services/artifactregistry.googleapis.com:disable", {})
    assert owner(images).manifest().refusal == (403, "DENIED")


@pytest.mark.parametrize(("immutable", "status"), [(True, 400), (False, 201)])
def test_an_immutable_tag_keeps_its_digest(images: RunningCloud, immutable: bool, status: int) -> None:
    make_repository(images, "fixed", dockerConfig={"immutableTags": immutable})
    registry = owner(images, image=f"{PROJECT}/fixed/ping")
    first = registry.push(b"one")
    assert (first.status, registry.push(b"one").status) == (201, 201)
    assert registry.push(b"two").status == status
    assert (registry.manifest(verb="HEAD").headers["docker-content-digest"] == digest(registry.manifest().body)) is True
    assert (digest(registry.manifest().body) == first.headers["docker-content-digest"]) is immutable
    assert registry.push(b"two", tag="2").status == 201


def test_a_deleted_repository_takes_its_images_along(images: RunningCloud) -> None:
    owner(images).push()
    make(images, f"{REPOSITORIES}/images", None, verb="DELETE")
    assert owner(images).manifest().refusal == (404, "NAME_UNKNOWN")
    make_repository(images)
    assert owner(images).manifest().refusal == (404, "MANIFEST_UNKNOWN")
    assert owner(images).blob(b"layer").refusal == (404, "BLOB_UNKNOWN")


def test_what_changes_images_is_a_mutating_request(images: RunningCloud) -> None:
    owner(images).push()
    images.admin("DELETE", "requests")
    owner(images).manifest()
    owner(images).manifest(verb="HEAD")
    assert _mutating(images) == 0
    owner(images).push()
    assert _mutating(images) > 0


def test_images_outlive_a_restart_but_not_their_repository(tmp_path: Path) -> None:
    with running_cloud(tmp_path) as cloud:
        cloud.enable(*APIS)
        for name in ("images", "gone"):
            make_repository(cloud, name)
            assert owner(cloud, image=f"{PROJECT}/{name}/ping").push(name.encode()).status == 201
        make(cloud, f"{REPOSITORIES}/gone", None, verb="DELETE")
    with running_cloud(tmp_path) as cloud:
        assert owner(cloud).blob(b"images").status == 200
        layers = {f.read_bytes() for f in (tmp_path / "state" / "registry" / "storage").rglob("blobs/**/data")}
    assert b"images" in layers
    assert b"gone" not in layers
