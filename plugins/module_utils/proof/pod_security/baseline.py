# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fixtures of the controls of ``baseline``, up to Kubernetes 1.36.

Values are those of upstream's own fixtures where it has one (k8s.io/pod-security-admission, test/testdata): a test
holds this table against them.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.model import (
    INIT_CONTAINER,
    Fixture,
    Merge,
    in_each_container,
    security,
    volumes,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import CONTAINER

APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
HOST_NETWORK = {"hostNetwork": True}
HOST_PROCESS = security(windowsOptions={"hostProcess": True})
USER_NAMESPACE = {"hostUsers": False}
UNPRIVILEGED = security(privileged=True, allowPrivilegeEscalation=None)
LOCALHOST = {"type": "Localhost", "localhostProfile": "testing"}
DEFAULT = {"type": "RuntimeDefault"}
# What containerd and CRI-O give a container anyway: https://kubernetes.io/docs/concepts/security/pod-security-standards/
DEFAULT_CAPABILITIES = [
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
]  # fmt: skip
SAFE_SYSCTLS = {
    0: {"kernel.shm_rmid_forced": "1", "net.ipv4.ip_local_port_range": "32768 60999", "net.ipv4.tcp_syncookies": "1",
        "net.ipv4.ping_group_range": "0 0", "net.ipv4.ip_unprivileged_port_start": "1024"},
    27: {"net.ipv4.ip_local_reserved_ports": "8080"},
    29: {"net.ipv4.tcp_keepalive_time": "7200", "net.ipv4.tcp_fin_timeout": "60", "net.ipv4.tcp_keepalive_intvl": "75",
         "net.ipv4.tcp_keepalive_probes": "9"},
    32: {"net.ipv4.tcp_rmem": "4096 87380 16777216", "net.ipv4.tcp_wmem": "4096 65536 16777216"},
}  # fmt: skip


def _capabilities(*added: str) -> Merge:
    return security(capabilities={"drop": ["ALL"], "add": list(added)})


def _sysctls(values: Merge) -> Merge:
    return security(sysctls=[{"name": name, "value": value} for name, value in values.items()])


def _port(number: int, **more: Any) -> dict[str, Any]:
    return {"containerPort": number, **more}


def _handlers(host: str) -> dict[str, Merge]:
    """Every probe and lifecycle hook that can name a host; ``exec`` and ``grpc`` cannot."""
    found: dict[str, Merge] = {}
    for action in ("httpGet", "tcpSocket"):
        handler = {action: {"port": 8080, **({"host": host} if host else {})}}
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            found[f"{probe.removesuffix('Probe')}-{action.lower()}"] = {probe: handler}
        for hook in ("postStart", "preStop"):
            found[f"{hook.lower()}-{action.lower()}"] = {"lifecycle": {hook: handler}}
    return found


def _host_probes() -> tuple[Fixture, ...]:
    control, reason = "hostProbesAndHostLifecycle", "probe or lifecycle host"
    # Loopback of the node is a host like any other.
    hosts = {"host": "bad.host", "loopback": "127.0.0.1", "loopback-ipv6": "::1", "public-address": "8.8.8.8"}
    public, plain = _handlers(hosts["public-address"]), _handlers("")
    return (
        *(
            Fixture(control, f"{handler}-{name}", "baseline", reason, container=change, since=34)
            for name, host in hosts.items()
            for handler, change in _handlers(host).items()
        ),
        *(
            Fixture(control, f"{handler}-public-address-sidecar", "baseline", reason, since=34,
                    init_container={"restartPolicy": "Always", **change})
            for handler, change in public.items()
        ),
        *(Fixture(control, f"{handler}-without-host", None, container=change) for handler, change in plain.items()),
    )  # fmt: skip


BASELINE: tuple[Fixture, ...] = (
    Fixture("hostProcess", "host-process", "baseline", "hostProcess", pod={**HOST_NETWORK, **HOST_PROCESS}),
    Fixture("hostProcess", "host-process-by-containers", "baseline", "hostProcess", pod=HOST_NETWORK,
            container=HOST_PROCESS, init_container=HOST_PROCESS),
    Fixture("hostNamespaces", "host-network", "baseline", "host namespaces", pod=HOST_NETWORK),
    Fixture("hostNamespaces", "host-pid", "baseline", "host namespaces", pod={"hostPID": True}),
    Fixture("hostNamespaces", "host-ipc", "baseline", "host namespaces", pod={"hostIPC": True}),
    *in_each_container("privileged", "privileged", "baseline", "privileged", UNPRIVILEGED),
    Fixture("privileged", "privileged-false", None, container=security(privileged=False),
            init_container=security(privileged=False)),
    *(
        fixture
        for added in ("NET_RAW", "NET_ADMIN", "SYS_ADMIN", "ALL", "chown", "CAP_CHOWN")
        for fixture in in_each_container(
            "capabilities", f"adds-{added.lower().replace('_', '-')}{'-in-small-letters' if added.islower() else ''}",
            "baseline", "non-default capabilities", _capabilities(added), restricted_reason="unrestricted capabilities",
        )
    ),
    Fixture("hostPathVolumes", "host-path", "baseline", "hostPath volumes", "restricted volume types",
            pod=volumes({"emptyDir": {}}, {"hostPath": {"path": "/a"}})),
    Fixture("hostPathVolumes", "host-path-root", "baseline", "hostPath volumes", "restricted volume types",
            pod=volumes({"hostPath": {"path": "/"}})),
    Fixture("hostPathVolumes", "host-paths", "baseline", "hostPath volumes", "restricted volume types",
            pod=volumes({"hostPath": {"path": "/a"}}, {"hostPath": {"path": "/b"}})),
    Fixture("hostPathVolumes", "host-path-device", "baseline", "hostPath volumes", "restricted volume types",
            pod=volumes({"hostPath": {"path": "/dev/null"}})),
    Fixture("hostPorts", "host-port", "baseline", "hostPort", container={"ports": [_port(12345, hostPort=12345)]}),
    Fixture("hostPorts", "host-port-udp", "baseline", "hostPort",
            container={"ports": [_port(12345, hostPort=12345, protocol="UDP")]}),
    Fixture("hostPorts", "host-port-init-container", "baseline", "hostPort",
            init_container={"ports": [_port(12346, hostPort=12346)]}),
    Fixture("hostPorts", "host-ports", "baseline", "hostPort",
            container={"ports": [_port(12345, hostPort=12345), _port(12347)]},
            init_container={"ports": [_port(12346, hostPort=12346), _port(12348)]}),
    Fixture("hostPorts", "container-ports", None, container={"ports": [_port(12345)]},
            init_container={"ports": [_port(12346)]}),
    *_host_probes(),
    *in_each_container("appArmorProfile", "apparmor-unconfined", "baseline", "forbidden AppArmor profile",
                       security(appArmorProfile={"type": "Unconfined"}), since=30),
    Fixture("appArmorProfile", "apparmor-unconfined-pod", "baseline", "forbidden AppArmor profile", since=30,
            pod=security(appArmorProfile={"type": "Unconfined"})),
    Fixture("appArmorProfile", "apparmor-annotation", "baseline", "forbidden AppArmor profile",
            annotations={APPARMOR + CONTAINER: "unconfined"}),
    Fixture("appArmorProfile", "apparmor-annotation-init-container", "baseline", "forbidden AppArmor profile",
            init_container={}, annotations={APPARMOR + INIT_CONTAINER: "unconfined"}),
    Fixture("appArmorProfile", "apparmor-annotation-localhost", None,
            annotations={APPARMOR + CONTAINER: "localhost/foo"}),
    Fixture("appArmorProfile", "apparmor-default", None, since=30, pod=security(appArmorProfile=DEFAULT),
            container=security(appArmorProfile=DEFAULT)),
    *in_each_container("seLinuxOptions", "selinux-type", "baseline", "seLinuxOptions",
                       security(seLinuxOptions={"type": "somevalue"})),
    *in_each_container("seLinuxOptions", "selinux-user", "baseline", "seLinuxOptions",
                       security(seLinuxOptions={"user": "somevalue"})),
    *in_each_container("seLinuxOptions", "selinux-role", "baseline", "seLinuxOptions",
                       security(seLinuxOptions={"role": "somevalue"})),
    *(
        Fixture("seLinuxOptions", f"selinux-{part}-pod", "baseline", "seLinuxOptions",
                pod=security(seLinuxOptions={part: "somevalue"}))
        for part in ("type", "user", "role")
    ),
    Fixture("seLinuxOptions", "selinux-container-types", None, pod=security(seLinuxOptions={"type": "container_t"}),
            container=security(seLinuxOptions={"type": "container_init_t", "level": "somevalue"}),
            init_container=security(seLinuxOptions={"type": "container_kvm_t"})),
    Fixture("seLinuxOptions", "selinux-container-engine", None, since=31,
            container=security(seLinuxOptions={"type": "container_engine_t"})),
    *in_each_container("procMount", "proc-unmasked", "baseline", "procMount", security(procMount="Unmasked"),
                       pod=USER_NAMESPACE, ephemeral=False, since=33, until=34),
    Fixture("procMount", "proc-default", None, pod=USER_NAMESPACE, since=33, container=security(procMount="Default"),
            init_container=security(procMount="Default")),
    *in_each_container("seccompProfile", "seccomp-unconfined", "baseline", "seccompProfile",
                       security(seccompProfile={"type": "Unconfined"})),
    Fixture("seccompProfile", "seccomp-unconfined-pod", "baseline", "seccompProfile",
            pod=security(seccompProfile={"type": "Unconfined"})),
    Fixture("seccompProfile", "seccomp-localhost", None, container=security(seccompProfile=LOCALHOST)),
    Fixture("seccompProfile", "seccomp-localhost-pod", None, pod=security(seccompProfile=LOCALHOST)),
    Fixture("seccompProfile", "seccomp-default", None, container=security(seccompProfile=DEFAULT)),
    Fixture("sysctls", "sysctl-unsafe", "baseline", "forbidden sysctls", pod=_sysctls({"othersysctl": "other"})),
    Fixture("sysctls", "sysctl-unsafe-of-the-kernel", "baseline", "forbidden sysctls",
            pod=_sysctls({"kernel.msgmax": "65536"})),
    Fixture("sysctls", "sysctl-unsafe-beside-a-safe-one", "baseline", "forbidden sysctls",
            pod=_sysctls({"kernel.shm_rmid_forced": "1", "net.core.somaxconn": "1024"})),
    *(Fixture("sysctls", f"sysctls-safe-{since}", None, pod=_sysctls(values), since=since)
      for since, values in SAFE_SYSCTLS.items()),
)  # fmt: skip
