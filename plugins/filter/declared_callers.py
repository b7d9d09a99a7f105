# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``declared_callers``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: declared_callers
short_description: Who may ask the ping service for what
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns the callers of each instance in the mesh, for C(pingpong.platform.mtls_check).
options:
  _input:
    description: The instances, as the variable C(ping_instances) of the role C(ping) has them.
    type: list
    elements: dict
    required: true
  callers:
    description: The variable C(ping_callers) of the role C(ping).
    type: list
    elements: dict
    required: true
  metrics_callers:
    description: The variable C(ping_metrics_callers) of the role C(ping).
    type: list
    elements: dict
    required: true
  delivery:
    description: >-
      The variable C(ping_delivery) of the role C(ping). With V(canary), the smoke test of each instance is one of its
      callers.
    type: str
    choices: [rolling, canary]
    default: rolling
"""

EXAMPLES = r"""
declared_callers: >-
  {{ ping_instances
  | pingpong.platform.declared_callers(callers=ping_callers, metrics_callers=[]) }}
"""

RETURN = r"""
_value:
  description: One entry for each port of each instance.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.ping import declared_callers
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(declared_callers)
