"""What kind and kubeadm are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed.nodes.kind import config
from testbed.nodes.network import addresses
from testbed.nodes.registry import mirror

SHAPE = config.ClusterShape(
    name="pingpong-local-primary",
    image="localhost/pingpong/node:1",
    location="europe-west1",
    nodes=1,
    addresses=addresses.plan(2),
    token_folder=Path("/state/access"),
    archives=Path("/cache/images"),
    registries=Path("/state/registry"),
    local_images=config.LocalImages("localhost/pingpong", "1.14-abc", "v1.34.4"),
)


def rendered(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(config.render(replace(SHAPE, **changes)))
    return document


def patch(kind: str, **changes: Any) -> dict[str, Any]:
    patches = [yaml.safe_load(text) for text in rendered(**changes)["kubeadmConfigPatches"]]
    found: dict[str, Any] = next(entry for entry in patches if entry["kind"] == kind)
    return found


def test_the_network_is_left_to_cilium() -> None:
    networking = rendered()["networking"]
    assert networking["disableDefaultCNI"] is True
    assert networking["kubeProxyMode"] == "none"
    assert networking["podSubnet"] == str(SHAPE.addresses.pods)
    assert networking["serviceSubnet"] == str(SHAPE.addresses.services)


@pytest.mark.parametrize(("address", "named"), [("", None), ("10.0.0.2", ["localhost", "127.0.0.1", "10.0.0.2"])])
def test_an_address_that_is_shown_is_in_the_certificate(address: str, named: list[str] | None) -> None:
    assert patch("ClusterConfiguration", private_address=address)["apiServer"].get("certSANs") == named


@pytest.mark.parametrize(
    ("nodes", "roles"),
    [(1, ["control-plane"]), (3, ["control-plane", "worker", "worker"])],
)
def test_the_first_node_is_the_control_plane(nodes: int, roles: list[str]) -> None:
    assert [node["role"] for node in rendered(nodes=nodes)["nodes"]] == roles


@pytest.mark.parametrize(
    ("location", "index", "zone"),
    [
        ("europe-west1", 0, "europe-west1-b"),
        ("europe-west1", 1, "europe-west1-c"),
        ("europe-west1", 3, "europe-west1-b"),
        ("europe-west4-a", 0, "europe-west4-a"),
        ("europe-west4-a", 2, "europe-west4-a"),
    ],
)
def test_nodes_carry_the_topology_that_gke_gives_them(location: str, index: int, zone: str) -> None:
    assert config.node_labels(location, index) == {
        "topology.kubernetes.io/region": zone.rpartition("-")[0],
        "topology.kubernetes.io/zone": zone,
    }


def test_the_token_table_is_mounted_where_the_api_server_reads_it() -> None:
    server = patch("ClusterConfiguration")["apiServer"]
    table = server["extraArgs"]["token-auth-file"]
    mounts = {mount["containerPath"]: mount for mount in rendered()["nodes"][0]["extraMounts"]}
    folder = str(Path(table).parent)
    assert mounts[folder] == {"hostPath": "/state/access", "containerPath": folder, "readOnly": True}
    assert server["extraVolumes"][0]["hostPath"] == folder


def test_workers_do_not_see_the_token() -> None:
    workers = rendered(nodes=3)["nodes"][1:]
    assert all(mount["hostPath"] != "/state/access" for node in workers for mount in node["extraMounts"])


def test_the_token_is_in_no_configuration() -> None:
    assert config.token_table("s3cret") == 's3cret,platform-operator,platform-operator,"system:masters"\n'
    assert "s3cret" not in config.render(SHAPE)


def test_images_built_here_are_named_to_kubeadm() -> None:
    cluster = patch("ClusterConfiguration")
    assert cluster["imageRepository"] == "localhost/pingpong"
    assert cluster["dns"]["imageTag"] == "1.14-abc"
    assert cluster["etcd"]["local"]["imageTag"] == "v1.34.4"


def test_the_published_node_image_keeps_its_own_images() -> None:
    cluster = patch("ClusterConfiguration", local_images=None)
    assert "imageRepository" not in cluster
    assert "dns" not in cluster
    assert "imageTag" not in cluster["etcd"]["local"]


def test_containerd_finds_its_mirror_where_the_node_mounts_it() -> None:
    document = rendered(nodes=2)
    assert f'config_path = "{mirror.FOLDER}"' in document["containerdConfigPatches"][0]
    for node in document["nodes"]:
        mounts = {mount["containerPath"]: mount for mount in node["extraMounts"]}
        assert mounts[mirror.FOLDER] == {
            "hostPath": "/state/registry",
            "containerPath": mirror.FOLDER,
            "readOnly": True,
        }


def test_a_published_node_image_has_its_own_containerd_configuration() -> None:
    assert rendered(local_images=None)["containerdConfigPatches"] == []
