"""What the node image adds to kind's own files, and how those files are changed. Pure text in, text out."""

from __future__ import annotations

PAUSE_REFERENCE = "localhost/pingpong/pause:1"
STORAGE_CLASSES = "---\n".join(
    # GKE's names; what claims them gets a folder on the node, made by the controller manager
    f"""\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: {name}
  annotations:
    storageclass.kubernetes.io/is-default-class: "{str(name == "standard-rwo").lower()}"
provisioner: kubernetes.io/host-path
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
"""
    for name in ("standard-rwo", "standard", "premium-rwo")
)
# A quiet containerd for the import of images while the image is built: content only, no CRI.
IMPORT_CONFIG = """\
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
"""
# Runs in a private mount namespace of its own, in the root filesystem: what it mounts and starts ends with it.
FINISH_SCRIPT = r"""
set -eu
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp

rm -f /lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service \
  /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* \
  /lib/systemd/system/local-fs.target.wants/* /lib/systemd/system/sockets.target.wants/*udev* \
  /lib/systemd/system/sockets.target.wants/*initctl* /lib/systemd/system/basic.target.wants/*
echo "ReadKMsg=no" >> /etc/systemd/journald.conf
ln -sf /usr/lib/systemd/systemd /sbin/init
systemctl enable kubelet.service containerd.service undo-mount-hacks.service
systemctl mask systemd-binfmt.service
systemctl set-default multi-user.target

ctr oci spec \
  | jq '.hooks.createContainer[.hooks.createContainer | length] |= . + {"path": "/kind/bin/mount-product-files.sh"}' \
  | jq 'del(.process.rlimits)' > /etc/containerd/cri-base.json

containerd --config /kind/import.toml >/tmp/containerd.log 2>&1 &
for attempt in $(seq 100); do ctr version >/dev/null 2>&1 && break; sleep 0.1; done
for archive in /kind/images/*.tar; do
  ctr -n k8s.io images import --no-unpack "$archive" || { cat /tmp/containerd.log; exit 1; }
done
kill %1 2>/dev/null || kill $!
wait || true
rm -rf /kind/images /kind/import.toml
"""


def containerd_config(text: str) -> str:
    """kind's containerd configuration for a machine where a container may not lower its OOM score."""
    text = _replace_line(text, "restrict_oom_score_adj", "restrict_oom_score_adj = true")
    return _replace_line(text, "sandbox_image", f'sandbox_image = "{PAUSE_REFERENCE}"')


def containerd_service(text: str) -> str:
    """kind's containerd unit without raised limits: they need CAP_SYS_RESOURCE, which a container may lack."""
    dropped = ("Limit", "OOMScoreAdjust")
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(dropped))


def _replace_line(text: str, key: str, replacement: str) -> str:
    lines = text.splitlines(keepends=True)
    at = [number for number, line in enumerate(lines) if line.strip().startswith(f"{key} ")]
    if len(at) != 1:
        raise ValueError(f"containerd's configuration: expected one line of {key!r}, found {len(at)}")
    indent = lines[at[0]][: len(lines[at[0]]) - len(lines[at[0]].lstrip())]
    lines[at[0]] = f"{indent}{replacement}\n"
    return "".join(lines)
