# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``cluster_options``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_options
short_description: Optional fields of a GKE cluster
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns the fields of a cluster that are there only where an inventory asks for them, its maintenance window and its
    notifications.
options:
  _input:
    description: >-
      The variables C(locations), C(binary_authorization), C(secrets_key), C(rbac_group), C(confidential_nodes),
      C(fleet_project), C(secret_manager), C(secret_rotation), C(maintenance), C(notifications) and
      C(notifications_topic).
    type: dict
    required: true
"""

EXAMPLES = r"""
cluster: "{{ __cluster_resource | combine(__cluster_asked | pingpong.platform.cluster_options) }}"
"""

RETURN = r"""
_value:
  description: Fields of the API's cluster.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.clusters import cluster_options
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(cluster_options)
