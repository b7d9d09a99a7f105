#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of C(gcp_resource), and its entrance where no action plugin runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gcp_resource
short_description: Manage one Google Cloud resource
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - A stack of one; M(pingpong.platform.gcp_stack) says how it works, and takes many at once.
options:
  kind:
    description: The kind; C(docs/kinds.md) lists them.
    type: str
    required: true
  name:
    description: The resource's name.
    type: str
    required: true
  place:
    description: Where it is, as the kind asks for (C(region), C(zone), C(location), C(cluster), ...).
    type: dict
    default: {}
  spec:
    description: Fields of Google's REST resource.
    type: dict
    default: {}
  protection:
    description: Refuse deletion unless O(unprotect) is set.
    type: bool
    default: false
extends_documentation_fragment:
  - pingpong.platform.cloud
  - pingpong.platform.cloud.changing
  - pingpong.platform.cloud.attributes
seealso:
  - module: pingpong.platform.gcp_stack
"""

EXAMPLES = r"""
- name: A firewall rule
  pingpong.platform.gcp_resource:
    cloud: {project: my-project}
    kind: firewall
    name: allow-health-checks
    spec:
      network: global/networks/main
      direction: INGRESS
      sourceRanges: [35.191.0.0/16, 130.211.0.0/22]
      allowed: [{IPProtocol: tcp, ports: ["8080"]}]
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.cloud
action:
  description: What was done, or would be.
  returned: always
  type: str
fields:
  description: The fields that differ.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import RESOURCE, run_resource
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module


def main() -> None:
    """Run outside the controller's own process."""
    module = AnsibleModule(argument_spec=RESOURCE, supports_check_mode=True)
    run_module(module, lambda args: run_resource(args, module.check_mode))


if __name__ == "__main__":
    main()
