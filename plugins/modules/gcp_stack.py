#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of C(gcp_stack), and its entrance where no action plugin runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gcp_stack
short_description: Manage Google Cloud resources as one declared graph
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Reads what is live with one LIST a collection, plans, and carries the plan out in the order of dependencies, as much
    at once as they allow. Check mode and diff show the same plan.
  - Only declared fields are compared. Forms of the same value (links, integers as strings, the order of sets, what a
    server leaves out) are no difference. A field that is null is removed. A field that cannot be changed fails the
    task, with what to do about it, before anything is sent.
  - What Google keeps otherwise than declared, whatever is sent, is a warning that names the field, and no change.
  - What Google is late with is waited for within O(timeout). It serves an API some minutes after it was enabled, knows
    an account and minds a role some time after they were made, does one operation on a cluster at a time, and gives a
    resource up only when nothing uses it. Each has a limit, and the error says what was waited for.
  - In the data of a TXT record, what is not in quotes from end to end is the text itself, with whatever quotes and
    backslashes it has; it may be longer than the 255 bytes of one string.
  - A run that broke off is taken up by the next one, which finds operations that are still pending, waits for them, and
    adopts what they made. What it was still deleting is waited for before anything is read, as a LIST shows it like
    what stays; for Compute Engine this takes one request a project, and Artifact Registry lists none.
options:
  resources:
    description:
      - The resources. Each has a C(kind), a C(name), what its place needs (C(region), C(zone), C(location), C(cluster),
        ...) and, beside them, the fields of Google's REST resource. The kinds are listed in C(docs/kinds.md).
      - V(${kind/name}) refers to the path of another resource, V(${kind/name:field.path}) to one of its fields.
      - C(key) names a resource when kind and name are not unique, C(depends) lists keys that come first, and
        C(protection) refuses deletion unless O(unprotect) is set.
    type: list
    elements: dict
    required: true
  outputs:
    description: Values with references, resolved in the result's C(outputs).
    type: dict
    default: {}
  prune:
    description:
      - Delete what is in the collections of O(resources), carries all of O(labels), and is not declared. Clusters,
        zones, secrets, repositories and buckets only with O(unprotect).
    type: bool
    default: false
  prune_prefix:
    description: The same for kinds without labels, for names with this prefix.
    type: str
  parallel:
    description: How many requests may be under way at once.
    type: int
    default: 8
extends_documentation_fragment:
  - pingpong.platform.cloud
  - pingpong.platform.cloud.changing
  - pingpong.platform.cloud.attributes
seealso:
  - module: pingpong.platform.gcp_stack_info
"""

EXAMPLES = r"""
- name: A network and a subnet in it
  pingpong.platform.gcp_stack:
    cloud: {project: my-project}
    labels: {managed-by: pingpong-platform, environment: staging, layer: network}
    resources:
      - kind: network
        name: main
        autoCreateSubnetworks: false
      - kind: subnetwork
        name: nodes
        region: europe-west1
        network: ${network/main}
        ipCidrRange: 10.0.0.0/24
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.cloud
outputs:
  description: The option O(outputs) with its references resolved.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import STACK, run_stack
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module


def main() -> None:
    """Run outside the controller's own process."""
    module = AnsibleModule(argument_spec=STACK, supports_check_mode=True)
    run_module(module, lambda args: run_stack(args, module.check_mode))


if __name__ == "__main__":
    main()
