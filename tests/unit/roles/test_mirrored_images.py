"""Every image that a role runs is pulled through the cluster's own mirrors, which the role registry makes."""

from __future__ import annotations

import pytest

from tests.support.layer_images import images
from tests.support.roles import INVENTORIES, evaluated

HOSTS = ["primary", "secondary"]
OTHERS = sorted(set(INVENTORIES) - {"local"})


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("inventory", OTHERS)
def test_nothing_is_pulled_from_elsewhere(inventory: str, host: str) -> None:
    region = evaluated("registry", inventory, "platform_region", host=host)
    found = images(inventory, host)
    assert len(found) == 14
    assert {name for name in found if not name.startswith(f"{region}-docker.pkg.dev/")} == set()


@pytest.mark.parametrize("inventory", OTHERS)
def test_each_has_its_repository_and_no_other_is_made(inventory: str) -> None:
    project = evaluated("registry", inventory, "platform_project")
    made = {
        f"{item['location']}-docker.pkg.dev/{project}/{item['name']}"
        for item in evaluated("registry", inventory, "__registry_resources")
        if item["kind"] == "repository"
    }
    pulled = {"/".join(name.split("/")[:3]) for host in HOSTS for name in images(inventory, host)}
    own = {evaluated("registry", inventory, "ping_image", host=host).rpartition("/")[0] for host in HOSTS}
    assert pulled | own == made


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("inventory", OTHERS)
def test_the_sidecar_is_admitted(inventory: str, host: str) -> None:
    admitted = evaluated("admission", inventory, "admission_registries", host=host)
    sidecar = f"{evaluated('mesh', inventory, '__mesh_hub', host=host)}/proxyv2"
    ping = evaluated("ping", inventory, "ping_image", host=host)
    assert all(any(image.startswith(place) for place in admitted) for image in (sidecar, ping))
    assert not any("docker.io/prom/prometheus".startswith(place) for place in admitted)


def test_without_mirrors_there_is_one_repository_a_region_and_names_are_upstreams() -> None:
    made = {(item["kind"], item["location"]) for item in evaluated("registry", "local", "__registry_resources")}
    regions = {evaluated("registry", "local", "platform_region", host=host) for host in HOSTS}
    assert made == {(kind, region) for kind in ("repository", "repository_iam") for region in regions}
    hosts = {name.partition("/")[0] for name in images("production", "primary", platform_mirrors={})}
    assert hosts == {"docker.io", "ghcr.io", "quay.io", "registry.k8s.io"}
