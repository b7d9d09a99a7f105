# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``instance_callers``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: instance_callers
short_description: Instances of the ping service as callers
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns the instances in the mesh as callers of each other, in the form of the variable C(ping_callers) of the role
    C(ping).
options:
  _input:
    description:
      - The instances, as the variable C(ping_instances) of the role C(ping) has them. Those of its default where there
        are none.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
ping_callers: "{{ ping_instances | pingpong.platform.instance_callers | map('combine', {'methods': ['GET']}) }}"
"""

RETURN = r"""
_value:
  description: Of each instance its C(namespace) and C(service_account).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.ping import instance_callers
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(instance_callers)
