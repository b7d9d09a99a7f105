# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``node_pools``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: node_pools
short_description: Node pools of a GKE cluster
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Turns the pools that an inventory declares into node pools of Google's API.
positional: common, locations
options:
  _input:
    description: The pools, as the variable C(cluster_node_pools) of the role C(cluster) has them.
    type: list
    elements: dict
    required: true
  common:
    description: The fields of a pool that all of them share. Its C(config.tags) come before a pool's own.
    type: dict
    required: true
  locations:
    description: The zones of a pool that names none. Where there are none either, GKE chooses.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
nodePools: >-
  {{ [{'name': 'main', 'machine_type': 'e2-standard-4', 'max': 3}]
  | pingpong.platform.node_pools(common={'management': {'autoRepair': true}}) }}
"""

RETURN = r"""
_value:
  description: The pools in the API's words.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.clusters import node_pools
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(node_pools)
