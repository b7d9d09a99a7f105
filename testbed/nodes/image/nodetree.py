"""The node image's file tree: kind's node files, the programs, and the images that kubeadm starts.

With nodefiles.py this decides the image's content: a change to either file makes a new image.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from testbed.host import HostError, run
from testbed.images import golang, oci
from testbed.nodes.image import nodefiles
from testbed.nodes.runtime import TIED

REPOSITORY = "localhost/pingpong"
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd")
LINKED = ("kubelet", "kubeadm", "kubectl")
CNI_PLUGINS = ("host-local", "loopback", "portmap", "ptp")


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
    _install(tree / "kind/manifests/default-storage.yaml", nodefiles.STORAGE_CLASSES.encode(), 0o644)
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
    run([*TIED, *namespaces, "/bin/sh", "-c", enter, "sh", tree, nodefiles.FINISH_SCRIPT], timeout=600)


def _install(target: Path, data: bytes, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    target.chmod(mode)
