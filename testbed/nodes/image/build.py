"""The node image, made on this machine: Debian, kind's own node files, and one binary with all of Kubernetes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbed.host import HostError, cache_root, ensure_packages, locked, run
from testbed.images import golang, rootfs
from testbed.images.toolchain import go_program
from testbed.nodes.image import nodetree
from testbed.nodes.runtime import TIED, Runtime

HERE = Path(__file__).parent
ROOT = rootfs.RootFilesystem(
    "node",
    ("systemd", "dbus", "conntrack", "iptables", "nftables", "iproute2", "ethtool", "kmod", "mount", "procps", "jq",
     "curl", "socat", "ebtables", "ipset", "containerd", "runc", "containernetworking-plugins", "ca-certificates",
     "util-linux", "pigz", "hostname"),
    suite="bookworm",  # its containerd 1.6 is the line that the node's configuration is written for
    usual_seconds=100,
)  # fmt: skip
# kind's own image of the same minor version: 1.35 and later refuse hosts with cgroup v1
PUBLISHED = "docker.io/kindest/node:v1.34.3"
PULL_SECONDS = 120
Progress = Callable[[str], None]


def digest() -> str:
    """Hex digest of everything that decides what the node image is."""
    recipe = [
        ROOT.digest, golang.BY_NAME["kubernetes"].digest, golang.BY_NAME["kind"].version,
        *((HERE / name).read_text() for name in ("nodefiles.py", "nodetree.py", "pause/main.go")),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16]


def reference() -> str:
    return f"{nodetree.REPOSITORY}/node:{golang.KUBERNETES_VERSION.removeprefix('v')}-{digest()[:12]}"


@dataclass(frozen=True)
class NodeImage:
    """A node image in the runtime. ``local``: built here, with control plane images of our own names."""

    reference: str
    version: str
    local: bool


def obtain(runtime: Runtime, progress: Progress) -> NodeImage:
    """The node image: what is there, else the published one where it can be pulled, else built here.

    ``PINGPONG_NODE_IMAGE`` decides otherwise: ``build``, or the reference of an image to pull.
    """
    wanted = os.environ.get("PINGPONG_NODE_IMAGE", "")
    ours = NodeImage(reference(), golang.KUBERNETES_VERSION, local=True)
    if wanted == "build" or (not wanted and runtime.has_image(ours.reference)):
        return NodeImage(build(runtime, progress), golang.KUBERNETES_VERSION, local=True)
    published = NodeImage(wanted or PUBLISHED, (wanted or PUBLISHED).rpartition(":")[2], local=False)
    if runtime.has_image(published.reference) or runtime.pull(published.reference, PULL_SECONDS):
        return published
    if wanted:
        raise HostError(f"PINGPONG_NODE_IMAGE: {wanted} cannot be pulled")
    return NodeImage(build(runtime, progress), golang.KUBERNETES_VERSION, local=True)


def build(runtime: Runtime, progress: Progress) -> str:
    """Make the node image unless the runtime has it; return its reference. Each part of it is kept."""
    cache = cache_root()
    with locked(cache / "locks" / "image-node"):
        if runtime.has_image(reference()):
            return reference()
        ensure_packages(["mmdebstrap", "ca-certificates"])
        log = cache / "logs" / "node.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        if not ROOT.output(cache).exists():
            progress(f"node image: Debian root filesystem (usually {ROOT.usual_seconds} s)")
        base = rootfs.build(ROOT, cache, log)
        kubernetes = golang.BY_NAME["kubernetes"]
        if not kubernetes.output(cache).exists():
            progress(f"node image: Kubernetes programs (usually {kubernetes.usual_seconds} s)")
        programs = golang.build(kubernetes, cache, log)
        progress("node image: put together (usually 40 s)")
        _assemble(runtime, base, programs / "kubernetes", build_pause(cache), cache)
        for older in runtime.images(f"{nodetree.REPOSITORY}/node"):
            if older != reference():
                runtime.run("image", "rm", older, check=False)  # stays while a node runs on it
    return reference()


def _assemble(runtime: Runtime, base: Path, kubernetes: Path, pause: Path, cache: Path) -> None:
    work = cache / "work" / "node"  # under the image's lock: what is there a killed build has left
    shutil.rmtree(work, ignore_errors=True)
    tree = work / "tree"
    tree.mkdir(parents=True)
    try:
        run([*TIED, "tar", "--extract", "--file", base, "--directory", tree, "--exclude=./dev/*", "--numeric-owner"])
        nodetree.fill(tree, golang.module_source(golang.BY_NAME["kind"]), kubernetes)
        nodetree.write_images(tree / "kind/images", kubernetes, pause, work / "layer.tar")
        nodetree.finish(tree)
        runtime.import_image(tree, reference())
    finally:
        shutil.rmtree(work, ignore_errors=True)


def build_pause(cache: Path) -> Path:
    """Build the process that holds a pod's namespaces."""
    source = HERE / "pause" / "main.go"
    output = cache / "go" / f"pause-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}" / "pause"
    if not output.is_file():
        output.parent.mkdir(parents=True, exist_ok=True)
        partial = output.with_suffix(".partial")
        environment = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GO111MODULE": "off"}
        run([go_program(), "build", "-trimpath", "-ldflags=-s -w", "-o", partial, source], env=environment)
        partial.rename(output)
    return output
