# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fixtures of the controls of ``restricted``, up to Kubernetes 1.36; values as in ``baseline``."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.baseline import (
    DEFAULT,
    DEFAULT_CAPABILITIES,
    LOCALHOST,
    USER_NAMESPACE,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.model import (
    Fixture,
    in_each_container,
    security,
    volumes,
)

# Every volume type but those that ``restricted`` admits and hostPath, which is the business of ``baseline``.
REFUSED_VOLUMES: dict[str, Any] = {
    "gcePersistentDisk": {"pdName": "test"},
    "awsElasticBlockStore": {"volumeID": "test"},
    "gitRepo": {"repository": "github.com/kubernetes/kubernetes"},
    "nfs": {"server": "test", "path": "/test"},
    "iscsi": {"targetPortal": "test", "iqn": "iqn.2001-04.com.example:storage.kube.sys1.xyz", "lun": 0},
    "glusterfs": {"endpoints": "test", "path": "test"},
    "rbd": {"monitors": ["test"], "image": "test"},
    "flexVolume": {"driver": "test"},
    "cinder": {"volumeID": "test"},
    "cephfs": {"monitors": ["test"]},
    "flocker": {"datasetName": "test"},
    "fc": {"wwids": ["test"]},
    "azureFile": {"secretName": "test", "shareName": "test"},
    "vsphereVolume": {"volumePath": "test"},
    "quobyte": {"registry": "localhost:1234", "volume": "test"},
    "azureDisk": {"diskName": "test", "diskURI": "https://test.blob.core.windows.net/test/test.vhd"},
    "portworxVolume": {"volumeID": "test", "fsType": "ext4"},
    "scaleIO": {"gateway": "localhost", "system": "test", "volumeName": "test", "secretRef": None},
    "storageos": {"volumeName": "test"},
}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
ADMITTED_VOLUMES: dict[str, Any] = {
    "emptyDir": {},
    "secret": {"secretName": "test"},
    "persistentVolumeClaim": {"claimName": "test"},
    "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]},
    "configMap": {"name": "test"},
    "projected": {"sources": []},
}
ADMITTED_DRIVERS: dict[str, Any] = {
    "csi": {"driver": "inline.example.com"},
    "ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}},
}
# Every capability but by its name is not all of them.
EACH_CAPABILITY = [
    "SYS_TIME", "SYS_MODULE", "SYS_RAWIO", "SYS_PACCT", "SYS_ADMIN", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
    "SYS_TTY_CONFIG", "MKNOD", "AUDIT_WRITE", "AUDIT_CONTROL", "MAC_OVERRIDE", "MAC_ADMIN", "NET_ADMIN", "SYSLOG",
    "CHOWN", "NET_RAW", "DAC_OVERRIDE", "FOWNER", "DAC_READ_SEARCH", "FSETID", "KILL", "SETGID", "SETUID",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "IPC_LOCK", "IPC_OWNER", "SYS_CHROOT", "SYS_PTRACE",
    "SYS_BOOT", "LEASE", "SETFCAP", "WAKE_ALARM", "BLOCK_SUSPEND",
]  # fmt: skip
DROPS_EACH = security(capabilities={"drop": EACH_CAPABILITY})
ADDS_DEFAULTS = security(capabilities={"drop": ["ALL"], "add": DEFAULT_CAPABILITIES})
BINDS_LOW_PORTS = security(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})
# A Windows pod cannot set what only Linux has, and must not be asked for it.
WINDOWS = security(allowPrivilegeEscalation=None, capabilities=None, readOnlyRootFilesystem=None)

RESTRICTED: tuple[Fixture, ...] = (
    *in_each_container("procMount", "proc-unmasked", "restricted", "procMount", security(procMount="Unmasked"),
                       pod=USER_NAMESPACE, ephemeral=False, since=35),
    *in_each_container("allowPrivilegeEscalation", "escalation-unset", "restricted",
                       "allowPrivilegeEscalation != false", security(allowPrivilegeEscalation=None)),
    *in_each_container("allowPrivilegeEscalation", "escalation", "restricted",
                       "allowPrivilegeEscalation != false", security(allowPrivilegeEscalation=True)),
    *in_each_container("allowPrivilegeEscalation", "security-context-unset", "restricted",
                       "allowPrivilegeEscalation != false", {"securityContext": None}),
    *in_each_container("capabilities", "capabilities-unset", "restricted", "unrestricted capabilities",
                       security(capabilities=None)),
    *in_each_container("capabilities", "adds-default-capability", "restricted", "unrestricted capabilities",
                       security(capabilities={"drop": ["ALL"], "add": ["CHOWN"]})),
    Fixture("capabilities", "drops-each-capability", "restricted", "unrestricted capabilities",
            container=DROPS_EACH, init_container=DROPS_EACH),
    Fixture("capabilities", "adds-default-capabilities", "restricted", "unrestricted capabilities",
            container=ADDS_DEFAULTS, init_container=ADDS_DEFAULTS),
    Fixture("capabilities", "net-bind-service", None, container=BINDS_LOW_PORTS, init_container=BINDS_LOW_PORTS),
    *(
        Fixture("restrictedVolumes", f"volume-{kind.lower()}", "restricted", "restricted volume types",
                pod=volumes({kind: source}))
        for kind, source in REFUSED_VOLUMES.items()
    ),
    *(
        Fixture("restrictedVolumes", f"volume-{kind.lower()}", None, pod=volumes({kind: source}))
        for kind, source in {**ADMITTED_VOLUMES, **ADMITTED_DRIVERS}.items()
    ),
    # A volume of no type is an emptyDir.
    Fixture("restrictedVolumes", "volumes-of-each-admitted-type", None,
            pod=volumes({}, *({kind: source} for kind, source in ADMITTED_VOLUMES.items()))),
    Fixture("runAsNonRoot", "root-allowed", "restricted", "runAsNonRoot != true", pod=security(runAsNonRoot=None)),
    Fixture("runAsNonRoot", "root-wanted-pod", "restricted", "runAsNonRoot != true", pod=security(runAsNonRoot=False)),
    *in_each_container("runAsNonRoot", "root-wanted", "restricted", "runAsNonRoot != true",
                       security(runAsNonRoot=False)),
    Fixture("runAsNonRoot", "non-root-by-containers", None, pod=security(runAsNonRoot=None),
            container=security(runAsNonRoot=True), init_container=security(runAsNonRoot=True)),
    Fixture("runAsNonRoot", "non-root-by-one-container", "restricted", "runAsNonRoot != true",
            pod=security(runAsNonRoot=None), container=security(runAsNonRoot=True), init_container={}),
    Fixture("runAsUser", "uid-0-pod", "restricted", "runAsUser=0", pod=security(runAsUser=0)),
    *in_each_container("runAsUser", "uid-0", "restricted", "runAsUser=0", security(runAsUser=0)),
    Fixture("runAsUser", "uid-1000", None, pod=security(runAsUser=1000), container=security(runAsUser=1000),
            init_container=security(runAsUser=1000)),
    Fixture("seccompProfile", "seccomp-unset", "restricted", "seccompProfile", pod=security(seccompProfile=None)),
    Fixture("seccompProfile", "seccomp-by-one-container", "restricted", "seccompProfile",
            pod=security(seccompProfile=None), container=security(seccompProfile=DEFAULT), init_container={}),
    Fixture("seccompProfile", "seccomp-by-init-container", "restricted", "seccompProfile",
            pod=security(seccompProfile=None), init_container=security(seccompProfile=DEFAULT)),
    Fixture("seccompProfile", "seccomp-unconfined-beside-default", "baseline", "seccompProfile",
            pod=security(seccompProfile=None), container=security(seccompProfile=DEFAULT),
            init_container=security(seccompProfile={"type": "Unconfined"})),
    Fixture("seccompProfile", "seccomp-by-containers", None, pod=security(seccompProfile=None),
            container=security(seccompProfile=DEFAULT), init_container=security(seccompProfile=LOCALHOST)),
    Fixture("none", "linux-pod", None, pod={"os": {"name": "linux"}}),
    Fixture("none", "windows-pod", None, container=WINDOWS, init_container=WINDOWS,
            pod={"os": {"name": "windows"},
                 **security(seccompProfile=None, runAsUser=None, runAsGroup=None)}),
)  # fmt: skip
