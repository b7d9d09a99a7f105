"""Where nodes pull others' images, and which repositories that takes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.mirrors import (
    invalid_mirrors,
    mirror_resources,
    mirrored,
)

PROJECT = "my-project-1"
READERS = ["serviceAccount:nodes@my-project-1.iam.gserviceaccount.com"]


def mirrors(location: str, project: str = PROJECT) -> dict[str, str]:
    return {
        registry: f"{location}-docker.pkg.dev/{project}/{registry.replace('.', '-')}"
        for registry in ("docker.io", "quay.io")
    }


HUB = "europe-west1-docker.pkg.dev/my-project-1/docker-io"


@pytest.mark.parametrize(
    ("image", "pulled"),
    [
        ("docker.io/prom/prometheus:v3.5.2", f"{HUB}/prom/prometheus:v3.5.2"),
        (f"docker.io/prom/prometheus:v3@sha256:{'0' * 64}", f"{HUB}/prom/prometheus:v3@sha256:{'0' * 64}"),
        ("docker.io/istio", f"{HUB}/istio"),
        ("docker.io/istio/", f"{HUB}/istio/"),
        ("ghcr.io/projectcontour/contour:v1", "ghcr.io/projectcontour/contour:v1"),
        ("localhost/pingpong/envoy:1", "localhost/pingpong/envoy:1"),
        (f"{HUB}/istio/pilot:1", f"{HUB}/istio/pilot:1"),
        ("docker.io", "docker.io"),
    ],
)
def test_the_name_under_which_it_is_pulled(image: str, pulled: str) -> None:
    assert mirrored(image, mirrors("europe-west1")) == pulled
    assert mirrored(image, {}) == image


def test_each_mirror_of_the_project_is_a_remote_repository_that_nodes_read() -> None:
    resources = mirror_resources([mirrors("europe-west1"), mirrors("us-east1")], PROJECT, READERS)
    places = [(item["kind"], item["location"], item["name"]) for item in resources]
    assert places == [
        (kind, location, name)
        for location in ("europe-west1", "us-east1")
        for name in ("docker-io", "quay-io")
        for kind in ("repository", "repository_iam")
    ]
    assert {item["mode"] for item in resources[::2]} == {"REMOTE_REPOSITORY"}
    hub, quay = (item["remoteRepositoryConfig"]["dockerRepository"] for item in resources[:4:2])
    assert hub == {"publicRepository": "DOCKER_HUB"}
    assert quay == {"customRepository": {"uri": "https://quay.io"}}
    assert [item["bindings"] for item in resources[1::2]] == [
        [{"role": "roles/artifactregistry.reader", "members": READERS}]
    ] * 4


def test_a_mirror_of_all_regions_is_one_repository() -> None:
    assert len(mirror_resources([mirrors("europe"), mirrors("europe")], PROJECT, READERS)) == 4


@pytest.mark.parametrize(
    "declared", [{"docker.io": "mirror.example.com/hub"}, mirrors("europe", "shared-images")], ids=["other", "project"]
)
def test_what_is_not_the_projects_is_made_by_others(declared: dict[str, str]) -> None:
    assert mirror_resources([declared], PROJECT, READERS) == []


def found(one: Any, other: Any) -> list[str]:
    return list(
        invalid_mirrors(
            {
                "primary": {"platform_region": "europe-west1", "platform_mirrors": one},
                "secondary": {"platform_region": "us-east1", "platform_mirrors": other},
            }
        )
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, None),
        (mirrors("europe-west1"), mirrors("us-east1")),
        (mirrors("us"), mirrors("us")),
        # of neither cluster: whoever declares it takes on a third region
        (mirrors("europe-west4"), {"docker.io": "mirror.example.com:5000/hub"}),
    ],
)
def test_mirrors_that_are_right(one: Any, other: Any) -> None:
    assert found(one, other) == []


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("docker.io", 'secondary platform_mirrors: found "docker.io", expected a dict of mirrors'),
        ({"docker.io": "https://mirror"}, 'secondary platform_mirrors.docker.io: found "https://mirror", expected'),
        ({"docker.io": None}, 'secondary platform_mirrors.docker.io: found "None", expected a repository'),
        (
            {"docker.io": "us-docker.pkg.dev/p-12345/all", "quay.io": "us-docker.pkg.dev/p-12345/all"},
            'secondary platform_mirrors.quay.io: found "us-docker.pkg.dev/p-12345/all", which stands for docker.io',
        ),
        (
            {"docker.io": HUB},
            "secondary platform_mirrors.docker.io: found a repository in europe-west1, the region of primary; "
            "expected one in us-east1 or in a continent's multi-region",
        ),
    ],
)
def test_what_is_wrong_is_named(other: Any, message: str) -> None:
    (problem,) = found(mirrors("europe-west1"), other)
    assert problem.startswith(message)
