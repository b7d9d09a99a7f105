#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``network_policy_check``; the work is in ``module_utils/proof/network_policy``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: network_policy_check
short_description: Hold what NetworkPolicies promise against what is measured from inside pods
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Computes from the applied NetworkPolicies which workload may reach which pod and port, and measures the same with
    TCP connections from inside the cluster. What is unexpectedly allowed and what is unexpectedly denied both fail;
    each cell names the policies that decide it.
  - Callers are stand-ins, short-lived pods with the labels and in the namespace of a workload, so that policies see
    the same pod. They have no sidecar, because a sidecar accepts each connection of its pod before the network is
    asked, and a readiness gate keeps them out of Services.
  - Targets are the live pods. A namespace without pods gets a stand-in.
  - Silence counts as a refusal only between two ends that are known to be alive.
options:
  namespaces:
    description: The namespaces whose workloads call and are called.
    type: list
    elements: str
    required: true
  stand_ins:
    description: Further callers, for workloads that do not run yet.
    type: list
    elements: dict
    default: []
    suboptions:
      namespace: {description: Its namespace., type: str, required: true}
      name: {description: A name for cells and for the pod., type: str, required: true}
      labels: {description: The labels that policies are to see., type: dict, default: {}}
  targets:
    description: Further live pods to be called, in any namespace.
    type: list
    elements: dict
    default: []
    suboptions:
      namespace: {description: Their namespace., type: str, required: true}
      labels: {description: Labels that they carry., type: dict, default: {}}
      ports: {description: The TCP ports to call., type: list, elements: int, required: true}
  dns_servers:
    description:
      - The pods that may be a workload's name server. Every stand-in resolves O(dns_name) by its own C(resolv.conf),
        and must be able to where policies let it ask any of them, and must not elsewhere.
      - An empty list leaves that out.
    type: list
    elements: dict
    default:
      - {namespace: kube-system, labels: {k8s-app: kube-dns}}
      - {namespace: kube-system, labels: {k8s-app: node-local-dns}}
    suboptions:
      namespace: {description: Their namespace., type: str, required: true}
      labels: {description: Labels that they carry., type: dict, default: {}}
  dns_name:
    description: The name to resolve, one that every pod's search path completes.
    type: str
    default: kubernetes.default.svc
  default_deny:
    description:
      - For each namespace the directions, V(Ingress) and V(Egress), in which a policy must isolate every pod.
      - A deleted policy changes what is computed from the applied ones; it is found by this and by O(sealed).
    type: dict
    default: {}
  sealed:
    description: Namespaces that nothing may enter or leave, whatever the applied policies say.
    type: list
    elements: str
    default: []
  ip_blocks_match_pods:
    description: Whether an C(ipBlock) may match a pod's address. The API leaves that to the network plugin; Cilium,
      which is also what GKE Dataplane V2 is made of, says no.
    type: bool
    default: false
  settle_timeout:
    description: For how many seconds cells that do not agree are asked again; policies take a moment to arrive.
    type: float
    default: 15.0
extends_documentation_fragment:
  - pingpong.platform.check
  - pingpong.platform.check.probes
  - pingpong.platform.cluster
"""

EXAMPLES = r"""
- name: Prove the network policies
  pingpong.platform.network_policy_check:
    connection: "{{ cluster_connection }}"
    cluster: primary
    environment_name: local
    namespaces: [pingpong-a, pingpong-b, pingpong-c, pingpong-e]
    default_deny: {pingpong-a: [Ingress, Egress]}
    sealed: [pingpong-e]
    probe_image: localhost/pingpong/ping:1
    targets:
      - {namespace: kube-system, labels: {k8s-app: kube-dns}, ports: [53]}
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
settled_seconds:
  description: How long it took until no answer changed for the better.
  returned: always
  type: float
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.spec import NETWORK_POLICY_CHECK


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=NETWORK_POLICY_CHECK, supports_check_mode=True)
    run_module(module, run)


if __name__ == "__main__":
    main()
