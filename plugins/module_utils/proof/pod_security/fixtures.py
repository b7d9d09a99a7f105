# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A table of pods, one or more a control of the Pod Security Standards up to 1.36: what each level must say to them.

Every fixture is a pod that obeys ``restricted`` with one thing changed, so that a refusal can have one cause only,
and a valid object for the API, because validation comes before Pod Security and would hide its answer.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import restricted_pod

Level = Literal["privileged", "baseline", "restricted"]
LEVELS: tuple[Level, ...] = ("privileged", "baseline", "restricted")
Merge = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fixture:
    """A pod and the answer it must get.

    ``refused_by`` is the lowest level that refuses it, None for one that every level admits. ``reason`` is the
    control's name in the API server's message; at ``restricted`` a stricter check may answer in its place, under
    ``restricted_reason``. ``since`` is the minor version of Kubernetes 1 that first knows the field or gives this
    answer, ``until`` the last that does; where an answer changes, the next fixture of that name has the new one.
    """

    control: str
    name: str
    refused_by: Level | None
    reason: str = ""
    restricted_reason: str = ""
    pod: Merge = field(default_factory=dict)
    container: Merge = field(default_factory=dict)
    init_container: Merge | None = None
    since: int = 0
    until: int | None = None

    def applies_to(self, minor: int) -> bool:
        """Whether a server of this minor version must give this answer."""
        return self.since <= minor and (self.until is None or minor <= self.until)

    def reason_at(self, level: Level) -> str:
        return (self.restricted_reason if level == "restricted" else "") or self.reason

    def refused_at(self, level: Level) -> bool:
        return self.refused_by is not None and LEVELS.index(level) >= LEVELS.index(self.refused_by)


def _volume(**source: Any) -> Merge:
    return {"volumes": [{"name": "data", **source}]}


def _security(**settings: Any) -> Merge:
    return {"securityContext": settings}


FIXTURES: tuple[Fixture, ...] = (
    Fixture("none", "restricted-pod", None),
    # baseline
    Fixture("hostProcess", "host-process", "baseline", "hostProcess",
            pod={"hostNetwork": True, **_security(windowsOptions={"hostProcess": True})}),
    Fixture("hostNamespaces", "host-network", "baseline", "host namespaces", pod={"hostNetwork": True}),
    Fixture("hostNamespaces", "host-pid", "baseline", "host namespaces", pod={"hostPID": True}),
    Fixture("hostNamespaces", "host-ipc", "baseline", "host namespaces", pod={"hostIPC": True}),
    Fixture("privileged", "privileged", "baseline", "privileged",
            container=_security(privileged=True, allowPrivilegeEscalation=None)),
    Fixture("privileged", "privileged-init-container", "baseline", "privileged",
            init_container=_security(privileged=True, allowPrivilegeEscalation=None)),
    Fixture("capabilities", "net-admin", "baseline", "non-default capabilities", "unrestricted capabilities",
            container=_security(capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]})),
    Fixture("hostPathVolumes", "host-path", "baseline", "hostPath volumes", "restricted volume types",
            pod=_volume(hostPath={"path": "/"})),
    Fixture("hostPorts", "host-port", "baseline", "hostPort",
            container={"ports": [{"containerPort": 8080, "hostPort": 8080}]}),
    Fixture("hostProbesAndHostLifecycle", "probe-host", "baseline", "probe or lifecycle host", since=34,
            container={"livenessProbe": {"httpGet": {"port": 8080, "host": "127.0.0.1"}}}),
    Fixture("hostProbesAndHostLifecycle", "lifecycle-host", "baseline", "probe or lifecycle host", since=34,
            container={"lifecycle": {"preStop": {"httpGet": {"port": 8080, "host": "127.0.0.1"}}}}),
    Fixture("hostProbesAndHostLifecycle", "probe-without-host", None,
            container={"livenessProbe": {"httpGet": {"port": 8080}}}),
    Fixture("appArmorProfile", "apparmor-unconfined", "baseline", "forbidden AppArmor profile", since=30,
            container=_security(appArmorProfile={"type": "Unconfined"})),
    Fixture("appArmorProfile", "apparmor-default", None, since=30,
            container=_security(appArmorProfile={"type": "RuntimeDefault"})),
    Fixture("seLinuxOptions", "selinux-type", "baseline", "seLinuxOptions",
            pod=_security(seLinuxOptions={"type": "spc_t"})),
    Fixture("seLinuxOptions", "selinux-user", "baseline", "seLinuxOptions",
            container=_security(seLinuxOptions={"user": "sysadm_u"})),
    Fixture("seLinuxOptions", "selinux-container", None, pod=_security(seLinuxOptions={"type": "container_t"})),
    Fixture("procMount", "proc-unmasked", "baseline", "procMount", since=33, until=34,
            pod={"hostUsers": False}, container=_security(procMount="Unmasked")),
    Fixture("seccompProfile", "seccomp-unconfined", "baseline", "seccompProfile",
            container=_security(seccompProfile={"type": "Unconfined"})),
    Fixture("seccompProfile", "seccomp-localhost", None,
            container=_security(seccompProfile={"type": "Localhost", "localhostProfile": "profile.json"})),
    Fixture("sysctls", "sysctl-unsafe", "baseline", "forbidden sysctls",
            pod=_security(sysctls=[{"name": "kernel.msgmax", "value": "65536"}])),
    Fixture("sysctls", "sysctl-safe", None,
            pod=_security(sysctls=[{"name": "net.ipv4.ip_unprivileged_port_start", "value": "1024"}])),
    # restricted
    Fixture("procMount", "proc-unmasked", "restricted", "procMount", since=35,
            pod={"hostUsers": False}, container=_security(procMount="Unmasked")),
    Fixture("allowPrivilegeEscalation", "escalation-unset", "restricted", "allowPrivilegeEscalation != false",
            container=_security(allowPrivilegeEscalation=None)),
    Fixture("allowPrivilegeEscalation", "escalation", "restricted", "allowPrivilegeEscalation != false",
            container=_security(allowPrivilegeEscalation=True)),
    Fixture("capabilities", "keeps-capabilities", "restricted", "unrestricted capabilities",
            container=_security(capabilities=None)),
    Fixture("capabilities", "adds-chown", "restricted", "unrestricted capabilities",
            container=_security(capabilities={"drop": ["ALL"], "add": ["CHOWN"]})),
    Fixture("capabilities", "net-bind-service", None,
            container=_security(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})),
    Fixture("restrictedVolumes", "nfs", "restricted", "restricted volume types",
            pod=_volume(nfs={"server": "192.0.2.1", "path": "/"})),
    Fixture("restrictedVolumes", "empty-dir", None, pod=_volume(emptyDir={})),
    Fixture("restrictedVolumes", "config-map", None, pod=_volume(configMap={"name": "absent", "optional": True})),
    Fixture("runAsNonRoot", "root-allowed", "restricted", "runAsNonRoot != true", pod=_security(runAsNonRoot=None)),
    Fixture("runAsNonRoot", "root-wanted", "restricted", "runAsNonRoot != true",
            container=_security(runAsNonRoot=False)),
    Fixture("runAsNonRoot", "root-wanted-by-init-container", "restricted", "runAsNonRoot != true",
            init_container=_security(runAsNonRoot=False)),
    Fixture("runAsNonRoot", "non-root-by-container", None, pod=_security(runAsNonRoot=None),
            container=_security(runAsNonRoot=True)),
    Fixture("runAsUser", "uid-0", "restricted", "runAsUser=0", container=_security(runAsUser=0)),
    Fixture("runAsUser", "uid-65532", None, container=_security(runAsUser=65532)),
    Fixture("seccompProfile", "seccomp-by-container", None, pod=_security(seccompProfile=None),
            container=_security(seccompProfile={"type": "RuntimeDefault"})),
    Fixture("seccompProfile", "seccomp-unset", "restricted", "seccompProfile", pod=_security(seccompProfile=None)),
)  # fmt: skip


def pod_of(fixture: Fixture, namespace: str, image: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The fixture as an object to ask the API server about."""
    pod = restricted_pod(f"pod-security-{fixture.name}", namespace, image, labels)
    spec = _merge(pod["spec"], fixture.pod)
    plain = spec["containers"][0]
    spec["containers"] = [_merge(plain, fixture.container)]
    if fixture.init_container is not None:
        spec["initContainers"] = [{**_merge(plain, fixture.init_container), "name": "before"}]
    return {**pod, "spec": spec}


def _merge(base: Merge, change: Merge) -> dict[str, Any]:
    """A JSON merge: mappings are joined, None removes, anything else replaces."""
    merged = copy.deepcopy(dict(base))
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), dict):
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged
