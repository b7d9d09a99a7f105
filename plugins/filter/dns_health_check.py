# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``dns_health_check``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_health_check
short_description: A health check that DNS fails over by
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns the fields of a global health check for routing policies of Cloud DNS.
options:
  _input:
    description: C(type), C(port), C(path), C(interval), C(timeout), C(healthy) and C(unhealthy).
    type: dict
    required: true
  host:
    description: The name that the request asks for.
    type: str
    required: true
  regions:
    description: The regions that the probes come from.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
check: >-
  {{ edge_health_check
  | pingpong.platform.dns_health_check(host='ping.example.com', regions=edge_health_check_regions) }}
"""

RETURN = r"""
_value:
  description: Fields of the API's health check.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.edge import dns_health_check
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(dns_health_check)
