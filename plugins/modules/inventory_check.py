#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of C(inventory_check), which is an action plugin only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: inventory_check
short_description: Refuse a wrong inventory before anything is made
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Looks at the environment, project, region, cluster name, domain and address ranges of every cluster of the
    inventory, and at what two of them say of the same thing, such as ranges that overlap.
  - Looks at where each cluster pulls others' images, C(platform_mirrors), which is never in the region of another one.
  - Holds the host's variables against the argument specs of the roles that are to come.
  - Runs in the controller, as an action plugin, and sends no request.
options:
  group:
    description: The group of the inventory whose hosts are the clusters.
    type: str
    default: clusters
  roles:
    description: Roles of this collection whose options are checked.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: It changes nothing.
  diff_mode:
    support: none
    description: There is nothing to differ.
  idempotent:
    support: full
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: Check the inventory
  pingpong.platform.inventory_check:
    roles: [network, cluster]
"""

RETURN = r"""
problems:
  description: One sentence for each thing that is wrong.
  returned: on failure
  type: list
  elements: str
"""
