# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``network_policies``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: network_policies
short_description: Network policies of namespaces
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns each namespace's policies, which let nothing pass but what is declared and what every workload needs.
options:
  _input:
    description: The namespaces, as the variable C(network_policy_namespaces) of the role C(network_policy) has them.
    type: list
    elements: dict
    required: true
  api_server_ports:
    description: The ports of the API server.
    type: list
    elements: int
    required: true
  load_balancer_ranges:
    description: Where load balancers call from. Anywhere without them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
objects: "{{ [{'name': 'shop', 'mesh': true}] | pingpong.platform.network_policies(api_server_ports=[443]) }}"
"""

RETURN = r"""
_value:
  description: The objects.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.policies import network_policies
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(network_policies)
