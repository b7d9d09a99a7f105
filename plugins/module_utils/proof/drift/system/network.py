# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Cilium brings as a cluster's network. Source: its Helm chart, install/kubernetes/cilium, of 1.19."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.rules import Tables

TABLES = Tables(
    objects="""
Namespace: cilium-secrets
DaemonSet kube-system: cilium
Deployment kube-system: cilium-operator
ClusterRole: cilium cilium-operator
Role kube-system: cilium-config-agent cilium-operator-*
Role cilium-secrets: cilium-*
CiliumLoadBalancerIPPool: *
CiliumL2AnnouncementPolicy: *
""",
    bindings="""
cilium -> cilium: kube-system/cilium
cilium-operator -> cilium-operator: kube-system/cilium-operator
kube-system/cilium-operator-ztunnel -> cilium-operator-ztunnel: kube-system/cilium-operator
kube-system/cilium-config-agent -> cilium-config-agent: kube-system/cilium
cilium-secrets/cilium-tlsinterception-secrets -> cilium-tlsinterception-secrets: kube-system/cilium
cilium-secrets/cilium-operator-tlsinterception-secrets -> cilium-operator-tlsinterception-secrets:
  kube-system/cilium-operator
""",
)
