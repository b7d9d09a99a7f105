"""Images into nodes: the archives are seen by every node through a mount, so that nothing is copied twice."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from testbed import images
from testbed.host import cache_root
from testbed.images import Image, cert_manager
from testbed.nodes.registry.published import upstream_name
from testbed.nodes.runtime import Node, Runtime

CTR = ("ctr", "--namespace=k8s.io")
ARCHIVES = "/kind/archives"
# Bases that other images are made of: no pod runs them.
NOT_LOADED = frozenset({"python", *cert_manager.IMAGES})
NETWORK_IMAGES = ("cilium", "cilium-operator", "coredns")


def archives_folder() -> Path:
    return cache_root() / "images"


def built() -> dict[str, Image]:
    """The images for pods that are in the cache, by name."""
    return {name: image for name, image in images.built().items() if name not in NOT_LOADED}


def load(runtime: Runtime, nodes: Iterable[Node], chosen: Iterable[Image]) -> list[str]:
    """Import those images into the nodes that these lack; return ``node: image`` of what was imported.

    A layer is unpacked when a pod first uses it: importing stays cheap.
    """
    wanted = list(chosen)
    with ThreadPoolExecutor() as pool:
        return [line for lines in pool.map(lambda node: _load(runtime, node, wanted), nodes) for line in lines]


def _load(runtime: Runtime, node: Node, wanted: list[Image]) -> list[str]:
    there = set(runtime.execute(node.name, *CTR, "images", "ls", "--quiet").split())
    missing = [image for image in wanted if image.reference not in there]
    for image in missing:
        archive = f"{ARCHIVES}/{image.archive.relative_to(archives_folder())}"
        runtime.execute(node.name, *CTR, "images", "import", "--no-unpack", archive)
        name = upstream_name(image.name, image.reference)
        if name and name not in there:
            runtime.execute(node.name, *CTR, "images", "tag", image.reference, name)
    return [f"{node.name}: {image.name}" for image in missing]
