# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``instance_namespaces``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: instance_namespaces
short_description: Namespaces of the ping service
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns each namespace of instances once, so that what protects a namespace follows what runs in it.
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
namespaces: "{{ ping_instances | pingpong.platform.instance_namespaces | map(attribute='name') | list }}"
"""

RETURN = r"""
_value:
  description: Of each namespace its C(name) and whether it is in the C(mesh).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.ping import instance_namespaces
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(instance_namespaces)
