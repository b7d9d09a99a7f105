"""Images into nodes: the archives are seen by every node through a mount, so that nothing is copied twice."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from testbed import images
from testbed.host import cache_root
from testbed.images import Image, cert_manager
from testbed.nodes.runtime import Node, Runtime

CTR = ("ctr", "--namespace=k8s.io")
ARCHIVES = "/kind/archives"
# Bases that other images are made of: no pod runs them.
NOT_LOADED = frozenset({"python", *cert_manager.IMAGES})
NETWORK_IMAGES = ("cilium", "cilium-operator", "coredns")
# What runs in place of GKE's own pods, whose images its nodes have.
GOOGLES = frozenset({"coredns", "envoy", "metrics-server", "toolbox"})


def archives_folder() -> Path:
    return cache_root() / "images"


def built(preloaded: bool = True) -> dict[str, Image]:
    """The images for pods that are in the cache, by name: all of them, or those of GKE's own alone."""
    found = {name: image for name, image in images.built().items() if name not in NOT_LOADED}
    return found if preloaded else {name: image for name, image in found.items() if name in GOOGLES}


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
    return [f"{node.name}: {image.name}" for image in missing]
