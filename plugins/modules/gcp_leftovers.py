#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of C(gcp_leftovers), and its entrance where no action plugin runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gcp_leftovers
short_description: Remove what the controllers of deleted GKE clusters left in a network
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - A cluster that is deleted before its Gateways, Ingresses and LoadBalancer Services leaves their forwarding rules,
    proxies, URL maps, backend services, health checks, endpoint groups, certificates and firewall rules, and a network
    that any of them uses cannot be deleted. Run this after the clusters are gone, and before the network goes.
  - Removed is only what bears a name that GKE's controllers give, belongs to O(network) alone, and to no cluster that
    stands in it. Names have a hash of their cluster; what has the same hash, or is linked, is one group, and
    of a group that may belong to a cluster that stands in the network nothing is removed.
  - Everything else that is in the network stays, and RV(kept) names it with the reason.
  - Clusters of other projects in a shared network are not seen.
options:
  network:
    description: Name of the network, in the project of O(cloud).
    type: str
    required: true
  own_prefix:
    description: What begins with this is the caller's own; it is neither removed nor in RV(kept).
    type: str
  timeout:
    description: Seconds that the removal of one resource may take.
    type: float
    default: 1200.0
  parallel:
    description: How many requests may be under way at once.
    type: int
    default: 8
extends_documentation_fragment:
  - pingpong.platform.cloud
  - pingpong.platform.cloud.attributes
seealso:
  - module: pingpong.platform.gcp_stack
"""

EXAMPLES = r"""
- name: Sweep what controllers left
  pingpong.platform.gcp_leftovers:
    cloud: {project: my-project}
    network: main
    own_prefix: my-environment-
  register: swept

- name: Show what stays
  ansible.builtin.debug:
    var: swept.kept
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.cloud
removed:
  description: The paths of what was removed, or would be.
  returned: always
  type: list
  elements: str
kept:
  description: What is in the network, or might be, and stays.
  returned: always
  type: list
  elements: dict
  contains:
    path:
      description: The resource's path.
      type: str
    why:
      description: Why it stays.
      type: str
foreign:
  description: The paths of what of RV(kept) no controller made. It holds the network until somebody removes it.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import LEFTOVERS, run_leftovers
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module


def main() -> None:
    """Run outside the controller's own process."""
    module = AnsibleModule(argument_spec=LEFTOVERS, supports_check_mode=True)
    run_module(module, lambda args: run_leftovers(args, module.check_mode))


if __name__ == "__main__":
    main()
