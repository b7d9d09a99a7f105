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
from testbed.images import golang, oci, rootfs
from testbed.nodes import nodefiles
from testbed.nodes.runtime import Runtime

HERE = Path(__file__).parent
REPOSITORY = "localhost/pingpong"
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
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd")
LINKED = ("kubelet", "kubeadm", "kubectl")
CNI_PLUGINS = ("host-local", "loopback", "portmap", "ptp")
Progress = Callable[[str], None]


def digest() -> str:
    """Hex digest of everything that decides what the node image is."""
    recipe = [
        ROOT.digest, golang.BY_NAME["kubernetes"].digest, golang.BY_NAME["kind"].version,
        *((HERE / name).read_text() for name in ("nodefiles.py", "image.py", "pause/main.go")),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16]


def reference() -> str:
    return f"{REPOSITORY}/node:{golang.KUBERNETES_VERSION.removeprefix('v')}-{digest()[:12]}"


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
    return reference()


def _assemble(runtime: Runtime, base: Path, kubernetes: Path, pause: Path, cache: Path) -> None:
    work = cache / "work" / f"node-{digest()}"
    shutil.rmtree(work, ignore_errors=True)
    tree = work / "tree"
    tree.mkdir(parents=True)
    try:
        run(["tar", "--extract", "--file", base, "--directory", tree, "--exclude=./dev/*", "--numeric-owner"])
        fill(tree, golang.module_source(golang.BY_NAME["kind"]), kubernetes)
        write_images(tree / "kind/images", kubernetes, pause, work / "layer.tar")
        finish(tree)
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
        run(["go", "build", "-trimpath", "-ldflags=-s -w", "-o", partial, source], env=environment)
        partial.rename(output)
    return output


def fill(tree: Path, kind_source: Path, kubernetes: Path) -> None:
    """Lay kind's node files and the programs into the root filesystem."""
    files = kind_source / "images" / "base" / "files"
    for source in sorted(path for path in files.rglob("*") if path.is_file()):
        at = source.relative_to(files)
        executable = at.parts[:3] == ("usr", "local", "bin") or at.parts[:2] == ("kind", "bin")
        _install(tree / at, source.read_bytes(), 0o755 if executable else 0o644)
    containerd = tree / "etc/containerd/config.toml"
    containerd.write_text(nodefiles.containerd_config(containerd.read_text()))
    service = tree / "etc/systemd/system/containerd.service"
    service.write_text(nodefiles.containerd_service(service.read_text()))

    shutil.copyfile(kubernetes, tree / "usr/bin/kubernetes")
    (tree / "usr/bin/kubernetes").chmod(0o755)
    for name in LINKED:
        (tree / "usr/bin" / name).symlink_to("kubernetes")
    for name in ("containerd", "ctr", "containerd-shim-runc-v2"):
        (tree / "usr/local/bin" / name).symlink_to(f"/usr/bin/{name}")
    (tree / "usr/local/sbin/runc").symlink_to("/usr/sbin/runc")
    (tree / "opt/cni/bin").mkdir(parents=True)
    for name in CNI_PLUGINS:
        shutil.copy2(tree / "usr/lib/cni" / name, tree / "opt/cni/bin" / name)
    (tree / "etc/kubernetes/manifests").mkdir(parents=True)

    _install(tree / "kind/version", golang.KUBERNETES_VERSION.encode(), 0o644)
    _install(tree / "kind/manifests/default-storage.yaml", nodefiles.STORAGE_CLASS.encode(), 0o644)
    _install(tree / "kind/manifests/default-cni.yaml", b"", 0o644)
    _install(tree / "kind/import.toml", nodefiles.IMPORT_CONFIG.encode(), 0o644)


def write_images(folder: Path, kubernetes: Path, pause: Path, layer: Path) -> None:
    """Write the images that kubeadm and the kubelet start: all but pause are the one binary by another name."""
    folder.mkdir(parents=True)
    links = [oci.Entry(f"/usr/local/bin/{name}", link="kubernetes") for name in CONTROL_PLANE]
    oci.write_layer(layer, [oci.Entry("/usr/local/bin/kubernetes", kubernetes), *links])
    version = golang.KUBERNETES_VERSION
    images = [
        oci.Content((f"{REPOSITORY}/{name}:{version}",), [layer], oci.Runtime((f"/usr/local/bin/{name}",)))
        for name in CONTROL_PLANE
    ]
    oci.write_archive(folder / "kubernetes.tar", images)
    oci.write_layer(layer.with_suffix(".pause"), [oci.Entry("/pause", pause)])
    holder = oci.Content((nodefiles.PAUSE_REFERENCE,), [layer.with_suffix(".pause")], oci.Runtime(("/pause",)))
    oci.write_archive(folder / "pause.tar", [holder])


def finish(tree: Path) -> None:
    """Enable the node's services and import its images, inside the tree, leaving no mount or process."""
    if os.geteuid():
        raise HostError("the node image is made in a root filesystem of its own: run this as root")
    (tree / "dev").mkdir(exist_ok=True)
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation=private"]
    enter = 'mount --bind /dev "$1/dev" && exec chroot "$1" /bin/bash -c "$2"'
    run([*namespaces, "/bin/sh", "-c", enter, "sh", tree, nodefiles.FINISH_SCRIPT], timeout=600)


def _install(target: Path, data: bytes, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    target.chmod(mode)
