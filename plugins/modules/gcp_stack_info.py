#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of C(gcp_stack_info), and its entrance where no action plugin runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gcp_stack_info
short_description: Get Google Cloud resources
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Reads with one LIST a collection, in parallel. Secrets' values and cluster certificates are left out.
options:
  resources:
    description: The resources to read, each with its C(kind), C(name) and place, as in M(pingpong.platform.gcp_stack).
    type: list
    elements: dict
    default: []
  permissions:
    description: Permissions in the project; RV(missing_permissions) names those that the caller lacks.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - pingpong.platform.cloud
  - pingpong.platform.cloud.attributes
seealso:
  - module: pingpong.platform.gcp_stack
"""

EXAMPLES = r"""
- name: What address is reserved?
  pingpong.platform.gcp_stack_info:
    cloud: {project: my-project}
    resources:
      - {kind: address, name: edge, region: europe-west1}
  register: found

- name: Show it
  ansible.builtin.debug:
    var: found.live['address/edge'].address
"""

RETURN = r"""
live:
  description: By key what is live, null for what does not exist.
  returned: always
  type: dict
missing_permissions:
  description: Those of O(permissions) that the caller does not have in the project.
  returned: always
  type: list
  elements: str
requests:
  description: How many requests were sent.
  returned: always
  type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.info import run_info
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import INFO, cloud_settings
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module


def main() -> None:
    """Run outside the controller's own process."""
    module = AnsibleModule(argument_spec=INFO, supports_check_mode=True)
    run_module(module, lambda args: run_info(cloud_settings(args), args))


if __name__ == "__main__":
    main()
