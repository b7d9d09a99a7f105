#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``cloud_check``; the work is in ``module_utils/proof/cloud``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_check
short_description: Verify what of a project is reachable from outside, and how it is hardened
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Asks the project's APIs for everything that exists, whoever made it, and fails on each way in that is not declared,
    namely public forwarding rules and addresses, instances with external addresses, control planes' endpoints, firewall
    rules as they take effect after those that deny, and members that are everybody.
  - Holds the live clusters, node pools, upgrade notifications, service accounts and flow logs against what is declared
    and against the CIS GKE Benchmark, whose numbers its cells carry.
  - What could not be asked, for want of a permission say, is inconclusive and named with the permission.
  - It only reads, with one request for each collection and one for each service account, registry and bucket.
options:
  public:
    description: The ways in that are declared. Everything else that is public fails.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: What is public. Load balancers are known by their reserved address or by their Service.
        type: str
        choices: [address, service, instance, firewall]
        required: true
      name: {description: The name; of a Service its namespace and name as V(shop/cart)., type: str, required: true}
      region: {description: Of an address its region; empty for a global one., type: str, default: ''}
      ports:
        description: The ports that are declared; all of them when left out.
        type: list
        elements: str
        default: []
  trusted_ranges:
    description: Ranges outside of the project that firewall rules may let in, such as those of a VPN.
    type: list
    elements: str
    default: []
  clusters:
    description: All clusters that are declared. What is left out of one is not held against anything.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: The cluster., type: str, required: true}
      public_endpoint: {description: Whether its API server may have a public address., type: bool}
      dns_endpoint: {description: Whether its DNS endpoint may be open to the internet., type: bool}
      authorized_networks:
        description: The networks that may reach the API server; others fail.
        type: list
        elements: str
      logging: {description: The components that must log., type: list, elements: str}
      monitoring: {description: The components that must be monitored., type: list, elements: str}
      release_channel: {description: The release channel., type: str}
      security_posture: {description: The mode of the security posture., type: str}
      binary_authorization: {description: Whether images must be admitted., type: bool}
      secrets_key: {description: The key that Secrets are encrypted with., type: str}
      disk_key: {description: The key that nodes' disks are encrypted with., type: str}
      node_account: {description: The e-mail address of the nodes' service account., type: str}
      pools: {description: The node pools; others fail., type: list, elements: str}
      notifications:
        description: The events that must be sent to a Pub/Sub topic. Not looked at when empty or left out.
        type: list
        elements: str
      notifications_topic: {description: 'The path of that topic, as in V(projects/p/topics/t).', type: str}
  accounts:
    description: Service accounts and all roles that they may have in the project.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: The account's name or e-mail address., type: str, required: true}
      roles: {description: Its roles; others fail., type: list, elements: str, required: true}
  flow_sampling:
    description: The part of the flows, from 0 to 1, that every subnetwork must log. Not looked at when left out.
    type: float
  registry_locations:
    description: The locations whose registries are looked at.
    type: list
    elements: str
    default: []
  exceptions:
    description:
      - What may be otherwise, for a stated reason and until a stated day; after it the cell fails.
    type: list
    elements: dict
    default: []
    suboptions:
      target:
        description: The target of cells, as V(firewall office); V(*) and V(?) stand for any text and any letter.
        type: str
        required: true
      cases:
        description: The cases that are excused, without the benchmark's numbers; all of them when left out.
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
- name: Prove that nothing but the edge is reachable from outside
  pingpong.platform.cloud_check:
    cluster: cloud
    cloud:
      project: my-project
    public:
      - {kind: address, name: edge, region: europe-west1, ports: ["80", "443"]}
    clusters:
      - name: primary
        authorized_networks: [10.0.0.0/24]
        logging: [SYSTEM_COMPONENTS, WORKLOADS, APISERVER]
    flow_sampling: 0.5
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
benchmark:
  description: The benchmark whose numbers the cells carry.
  returned: when checked
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.spec import CLOUD_CHECK


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=CLOUD_CHECK, supports_check_mode=True)
    run_module(module, run)


if __name__ == "__main__":
    main()
