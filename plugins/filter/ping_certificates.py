# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``ping_certificates``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ping_certificates
short_description: Certificates of the ping service's hosts
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns a certificate for each host of each instance, for C(pingpong.platform.certificate).
options:
  _input:
    description: The instances, as the variable C(ping_instances) of the role C(ping) has them.
    type: list
    elements: dict
    required: true
  gateway_namespace:
    description: The namespace of the mesh's gateway, which serves the hosts named C(host).
    type: str
    required: true
  common:
    description: What all certificates share, such as their issuer.
    type: dict
    required: true
"""

EXAMPLES = r"""
certificates: >-
  {{ ping_instances
  | pingpong.platform.ping_certificates(gateway_namespace='istio-ingress', common={'validity': '90d'}) }}
"""

RETURN = r"""
_value:
  description: The certificates.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.ping import ping_certificates
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(ping_certificates)
