#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``dns_switchover``; the work is in ``module_utils/proof/switchover``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_switchover
short_description: Move clients to another region by the zone's records, and measure that no request is lost
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Changes what the failover policies of a zone's records prefer, in steps. A share of the answers names the target
    first (O(shares), for O(hold) each), then every record prefers it, then what was answered before has time to expire.
  - All the while clients ask the zone's own name server and then, over HTTPS with the chain and the name verified, the
    address that it names. Others ask each site directly, and one for each host holds on to its connection.
  - Nothing is changed when the target, asked directly, does not serve every host. When it fails a client on the way and
    those that served before still do, the records are set back as they were.
  - Both sites serve after each step. A run that was killed leaves one of them, and the next run goes on from there.
options:
  cluster:
    description: The site that clients are moved to, by its name in O(sites). Cells and reports show it.
  zone: {description: The name of the managed zone., type: str, required: true}
  hosts:
    description: The names that clients use; each has an A record with a failover policy.
    type: list
    elements: str
    required: true
  sites:
    description: Where clients are served, in the order in which the records are declared.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: The name that cells and reports show., type: str, required: true}
      address: {description: The address that DNS answers with., type: str, required: true}
      cluster_name:
        description: The C(cluster) that the service there answers with at O(version_path).
        type: str
        required: true
      region: {description: The location under which it stands by for others., type: str, required: true}
  name_server: {description: 'A name server of the zone itself, not a resolver.', type: str, required: true}
  shares:
    description: The shares of answers (above 0, 1 at most) that name the target before it is preferred.
    type: list
    elements: float
    default: [0.1, 0.5]
  hold: {description: Seconds for each of these shares; O(ttl) when left out., type: float}
  trickle:
    description: The share of answers that is declared to name others afterwards. No region is left unless it is 0.
    type: float
    default: 0.0
  margin:
    description: Seconds after the last change, beside O(ttl), until everyone must be served by the target.
    type: float
    default: 60.0
attributes:
  check_mode:
    description: Says what would change and whether the target serves.
    support: full
  diff_mode:
    description: Shows the records' fields before and afterwards.
    support: full
  idempotent:
    description: Changes nothing where every record prefers the target and nothing else.
    support: full
extends_documentation_fragment:
  - pingpong.platform.check
  - pingpong.platform.check.clients
  - pingpong.platform.cloud
notes:
  - Needs the Python library C(dnslib) in the controller.
  - What is declared has to agree afterwards; the role C(edge) sets records back to C(edge_primary).
"""

EXAMPLES = r"""
- name: Move everyone to the secondary
  pingpong.platform.dns_switchover:
    cloud: {project: pingpong-production}
    cluster: secondary
    zone: ping-example-com
    hosts: [ping.example.com]
    sites:
      - {name: primary, address: 203.0.113.10, cluster_name: pingpong-primary, region: europe-west1}
      - {name: secondary, address: 203.0.113.20, cluster_name: pingpong-secondary, region: us-east1}
    name_server: ns-cloud-a1.googledomains.com
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
steps:
  description: What records came, or would come, to prefer, in order.
  returned: when checked
  type: list
  elements: str
  sample: ["primary, and others in 10% of the answers", secondary]
moved:
  description: Whether every record prefers the target now, so that the inventory has to say the same.
  returned: when checked
  type: bool
measured:
  description: For each host how clients got there, in seconds since the last change, and what was served and lost.
  returned: when not in check mode
  type: list
  elements: dict
  sample:
    - host: ping.example.com
      answer_seconds: 0.4
      old_answer_seconds: 0.0
      served_seconds: 0.5
      everyone_seconds: 30.0
      floor_seconds: 30
      fresh: {served: {primary: 41, secondary: 57}, failed: 0, errors: {}}
      keep_alive: {served: {primary: 49}, failed: 0, errors: {}}
      connections: 1
timelines:
  description: For each host what clients met, as spans of the same outcome; the report draws them.
  returned: when not in check mode
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.spec import (
    DNS_SWITCHOVER,
    DNS_SWITCHOVER_CONSTRAINTS,
)


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=DNS_SWITCHOVER, supports_check_mode=True, **DNS_SWITCHOVER_CONSTRAINTS)
    run_module(module, lambda options: run(options, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
