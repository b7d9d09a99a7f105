#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``drift_check``; the work is in ``module_utils/proof/drift``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift_check
short_description: Hold what runs against what is declared
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Names everything that decides security and is not as declared. Declared is what the tasks of this run planned in
    check mode, see O(plans); no label, annotation or field manager of a live object makes it declared.
  - Every declared object is sent to the API server as a dry run, which changes nothing, and the answer is held against
    the live object, so that fields added, changed or removed are named whoever wrote them.
  - Undeclared objects are looked for in the whole cluster, among namespaces, workloads and pods, network policies, the
    mesh's and the network's own policies, roles and bindings, Services that reach outside, Ingresses and Gateways,
    admission rules and webhooks, and tokens of service accounts. What Kubernetes, the network plugin and GKE have by
    nature is told apart by name and content.
  - Every pod is held against the template of its workload, images first.
  - In the cloud, plans that are not empty, resources with the owner's names or labels that no stack declares, firewall
    rules of the network, public addresses and forwarding rules; what IAM grants beside the declared bindings, in the
    project to declared accounts, workloads and everybody, on declared resources to anybody; and keys of declared
    service accounts.
options:
  connection:
    description: How to reach the cluster, as for M(pingpong.platform.k8s_apply). Without it the cloud is looked at.
    type: dict
  plans:
    description:
      - What is declared and what would be changed. In a play with C(check_mode=true) and the variable
        C(platform_keep_plans=true), each task of M(pingpong.platform.k8s_apply), M(pingpong.platform.gcp_stack),
        M(pingpong.platform.certificate) and M(pingpong.platform.mesh_ca) keeps its plan as a fact whose name begins
        with C(platform_plan_).
    type: list
    elements: dict
    required: true
  proxy_ranges:
    description:
      - The proxy-only ranges of all regions, which load balancers' firewall rules may let in. A play that is limited to
        a part of the inventory plans only the ranges of that part.
    type: list
    elements: str
    default: []
  exceptions:
    description:
      - What may differ, for a stated reason and until a stated day; after it the cell fails, as if there were none.
    type: list
    elements: dict
    default: []
    suboptions:
      kind: {description: 'The kind, of an object or of a cloud resource, as cells name it.', type: str, required: true}
      namespace: {description: The namespace; of a cloud resource its place., type: str}
      name:
        description: The name; V(*) and V(?) stand for any text and any letter.
        type: str
        required: true
      cases:
        description: The cases that are excused, such as V(undeclared); all of them when left out.
        type: list
        elements: str
        default: []
      reason: {description: Why., type: str, required: true}
      until: {description: 'The last day, as in V(2030-12-31).', type: str, required: true}
extends_documentation_fragment:
  - pingpong.platform.check
  - pingpong.platform.cloud
"""

EXAMPLES = r"""
- name: Prove that nothing differs from what is declared
  pingpong.platform.drift_check:
    connection: "{{ cluster_connection }}"
    cluster: primary
    plans: "{{ ansible_facts | dict2items | selectattr('key', 'match', 'platform_plan_') | map(attribute='value')
      | selectattr('host', 'equalto', inventory_hostname) }}"
    exceptions:
      - kind: ClusterRoleBinding
        name: audit-reader
        reason: the auditors read until they are done
        until: "2030-12-31"
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
not_covered:
  description: What could not be looked at, and why.
  returned: for the cloud
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.spec import DRIFT_CHECK


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=DRIFT_CHECK, supports_check_mode=True)
    run_module(module, run)


if __name__ == "__main__":
    main()
