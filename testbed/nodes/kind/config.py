"""The kind cluster configuration and kubeadm patches of one cluster. Pure: a description in, YAML out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed.nodes.network.addresses import AddressPlan
from testbed.nodes.registry import mirror
from testbed.nodes.registry.loading import ARCHIVES

TOKEN_FOLDER = "/etc/kubernetes/access"  # noqa: S105  a path in the node, not a secret
VOLUMES = "/tmp/hostpath_pv"  # noqa: S108  the controller manager's own choice
LOOPBACK = "127.0.0.1"
TOKEN_TABLE = "tokens.csv"  # noqa: S105


@dataclass(frozen=True)
class LocalImages:
    """The control plane's images in a node image that was built here, where the published one has its own."""

    repository: str
    coredns_tag: str
    etcd_tag: str


@dataclass(frozen=True)
class ClusterShape:
    """What decides a cluster's nodes.

    ``image`` is the node image. ``token_folder``, ``archives`` and ``registries`` are folders on this machine: they
    hold the API server's table of tokens, the archives of images, and containerd's hosts.toml. ``private_address`` is
    one more that the API server's certificate names.
    """

    name: str
    image: str
    location: str
    nodes: int
    addresses: AddressPlan
    token_folder: Path
    archives: Path
    registries: Path
    local_images: LocalImages | None = None
    private_address: str = ""


def render(shape: ClusterShape) -> str:
    """The document for ``kind create cluster --config``."""
    document = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": shape.name,
        "networking": {
            "apiServerAddress": LOOPBACK,
            "disableDefaultCNI": True,
            "kubeProxyMode": "none",
            "podSubnet": str(shape.addresses.pods),
            "serviceSubnet": str(shape.addresses.services),
        },
        "containerdConfigPatches": [mirror.PATCH] if shape.local_images else [],
        "kubeadmConfigPatches": [yaml.safe_dump(patch, sort_keys=False) for patch in kubeadm_patches(shape)],
        "nodes": [_node(shape, index) for index in range(shape.nodes)],
    }
    return yaml.safe_dump(document, sort_keys=False)


def kubeadm_patches(shape: ClusterShape) -> list[dict[str, Any]]:
    """Patches of kubeadm's configuration: the access token's table, leaner control plane, images made here."""
    cluster: dict[str, Any] = {
        "kind": "ClusterConfiguration",
        "apiServer": {
            "extraArgs": {
                "token-auth-file": f"{TOKEN_FOLDER}/{TOKEN_TABLE}",
                # nobody debugs the testbed's API server through these; they cost memory
                "profiling": "false",
            },
            "extraVolumes": [
                {"name": "access", "hostPath": TOKEN_FOLDER, "mountPath": TOKEN_FOLDER, "readOnly": True},
            ],
        },
        # one of each: nobody to elect against, and no writes to do so
        "controllerManager": {
            "extraArgs": {"leader-elect": "false"},
            # kind has it provision volumes: it makes and removes their folders where the kubelet looks
            "extraVolumes": [
                {"name": "volumes", "hostPath": VOLUMES, "mountPath": VOLUMES, "pathType": "DirectoryOrCreate"},
            ],
        },
        "scheduler": {"extraArgs": {"leader-elect": "false"}},
        # the data is thrown away with the node
        "etcd": {"local": {"extraArgs": {"unsafe-no-fsync": "true"}}},
    }
    if shape.private_address:
        # A list of ours takes the place of kind's own, the first two.
        cluster["apiServer"]["certSANs"] = ["localhost", LOOPBACK, shape.private_address]
    if shape.local_images:
        local = shape.local_images
        cluster["imageRepository"] = local.repository
        cluster["dns"] = {"imageRepository": local.repository, "imageTag": local.coredns_tag}
        cluster["etcd"]["local"] |= {"imageRepository": local.repository, "imageTag": local.etcd_tag}
    kubelet = {"kind": "KubeletConfiguration", "maxPods": 110, "serializeImagePulls": False}
    return [cluster, kubelet]


def _node(shape: ClusterShape, index: int) -> dict[str, Any]:
    node: dict[str, Any] = {
        "role": "worker" if index else "control-plane",
        "image": shape.image,
        "labels": node_labels(shape.location, index),
        "extraMounts": [_mount(shape.archives, ARCHIVES), _mount(shape.registries, mirror.FOLDER)],
    }
    if not index:
        node["extraMounts"].append(_mount(shape.token_folder, TOKEN_FOLDER))
    return node


def _mount(source: Path, target: str) -> dict[str, Any]:
    return {"hostPath": str(source), "containerPath": target, "readOnly": True}


def node_labels(location: str, index: int) -> dict[str, str]:
    """The topology labels that GKE gives a node: a regional cluster's nodes spread over three zones."""
    parts = location.split("-")
    zonal = len(parts) == 3
    region = "-".join(parts[:2])
    zone = location if zonal else f"{region}-{'bcd'[index % 3]}"
    return {"topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": zone}


def token_table(token: str) -> str:
    """The API server's table of static tokens: one user with every right."""
    return f'{token},platform-operator,platform-operator,"system:masters"\n'
