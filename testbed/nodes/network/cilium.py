"""Cilium as the clusters' network: the engine of GKE Dataplane V2, with kube-proxy replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from testbed.host import run, state_root
from testbed.images import golang
from testbed.nodes.network.addresses import POD_RANGE, AddressPlan

NAMESPACE = "kube-system"
CGROUP = "/run/cilium/cgroupv2"
# What Cilium expects to find mounted; mounted here since its own way needs a program that only its image has.
MOUNT_SCRIPT = f"""
set -eu
mkdir -p {CGROUP}
mountpoint -q {CGROUP} || mount -t cgroup2 none {CGROUP}
mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
mount --make-shared {CGROUP}
mount --make-shared /sys/fs/bpf
"""
# There is one to lead; on a busy machine short leases only make it lose its place.
_LEASE = {"lease-duration": "60s", "renew-deadline": "45s", "retry-period": "5s"}
_CAPABILITIES = (
    "CHOWN", "KILL", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "SYS_MODULE", "SYS_ADMIN", "DAC_OVERRIDE", "FOWNER",
    "SETGID", "SETUID", "SYSLOG",
)  # fmt: skip


def values(cluster: str, api_server: str, agent: str, operator: str, dns_cache: bool = False) -> dict[str, Any]:
    """Helm values. ``api_server`` is the control plane's address, ``agent`` and ``operator`` the images' references.

    With ``dns_cache`` questions to kube-dns can be redirected to a cache on the pod's own node.
    """
    return {
        "cluster": {"name": cluster[:32].rstrip("-")},
        # With it on, up to 1.19.4 at least, an ingress rule of nothing but ipBlocks lets in every pod of the policy's
        # own namespace: the peer without a podSelector is given an empty one that names the cluster.
        "clustermesh": {"policyDefaultLocalCluster": False},
        "k8sServiceHost": api_server,
        "k8sServicePort": 6443,
        "kubeProxyReplacement": True,
        "image": _image(agent),
        "operator": {
            # the chart appends the cloud's name to the repository: override has the last word
            "image": {"override": operator},
            "replicas": 1,
            "extraArgs": [f"--leader-election-{name}={value}" for name, value in _LEASE.items()],
        },
        "ipam": {"mode": "kubernetes"},
        # pods of other clusters see the pod's own address (routes.py); within the cluster packets are tunnelled
        "ipv4NativeRoutingCIDR": str(POD_RANGE),
        "cni": {"exclusive": False},  # Istio's plugin is chained behind it
        "socketLB": {"hostNamespaceOnly": True},  # Istio redirects inside pods
        "l2announcements": {
            "enabled": True, "leaseDuration": _LEASE["lease-duration"],
            "leaseRenewDeadline": _LEASE["renew-deadline"], "leaseRetryPeriod": _LEASE["retry-period"],
        },
        "k8sClientRateLimit": {"qps": 50, "burst": 100},  # leases of announced services
        "envoy": {"enabled": False},
        "l7Proxy": False,
        "localRedirectPolicies": {"enabled": dns_cache},
        "hubble": {"enabled": False},
        "healthChecking": False,
        "endpointHealthChecking": {"enabled": False},
        "sysctlfix": {"enabled": False},
        "cgroup": {"autoMount": {"enabled": False}, "hostRoot": CGROUP},
        # a machine may lack CAP_SYS_RESOURCE, and eBPF memory is not counted by rlimits any more
        "securityContext": {"capabilities": {
            "ciliumAgent": list(_CAPABILITIES),
            "cleanCiliumState": ["NET_ADMIN", "SYS_MODULE", "SYS_ADMIN"],
        }},
        "prometheus": {"enabled": True},
    }  # fmt: skip


def _image(reference: str) -> dict[str, Any]:
    repository, _unused, tag = reference.rpartition(":")
    return {"repository": repository, "tag": tag, "useDigest": False, "pullPolicy": "IfNotPresent"}


def render(chart_values: Mapping[str, Any]) -> str:
    """The chart's objects as YAML, for Kubernetes as the nodes have it."""
    chart = golang.module_source(golang.BY_NAME["cilium"]) / "install/kubernetes/cilium"
    command: list[str | Path] = [state_root() / "bin" / "helm", "template", "cilium", chart, "--namespace", NAMESPACE]
    command += ["--kube-version", golang.KUBERNETES_VERSION, "--values", "-"]
    return run(command, stdin=yaml.safe_dump(dict(chart_values))).stdout


def load_balancer_pool(addresses: AddressPlan) -> list[dict[str, Any]]:
    """A pool of addresses for Services of type LoadBalancer, answered on the nodes' network."""
    first, last = addresses.load_balancers
    return [
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumLoadBalancerIPPool",
            "metadata": {"name": "testbed"},
            "spec": {"blocks": [{"start": str(first), "stop": str(last)}]},
        },
        {
            "apiVersion": "cilium.io/v2alpha1",
            "kind": "CiliumL2AnnouncementPolicy",
            "metadata": {"name": "testbed"},
            "spec": {"loadBalancerIPs": True, "interfaces": ["eth0"]},
        },
    ]
