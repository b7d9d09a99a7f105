# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``ping_releases``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ping_releases
short_description: Releases of the ping chart
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns one release of the chart for each instance, for C(pingpong.platform.k8s_apply).
options:
  _input:
    description: The instances, as the variable C(ping_instances) of the role C(ping) has them.
    type: list
    elements: dict
    required: true
  chart:
    description: Where the chart is.
    type: str
    required: true
  image:
    description: The image, with its tag or digest.
    type: str
    required: true
  place:
    description: C(region) and C(cluster), which the service names in its answers.
    type: dict
    required: true
  callers:
    description: Who may call an instance in the mesh, as the variable C(ping_callers) of the role C(ping) has them.
    type: list
    elements: dict
    required: true
  trust_domain:
    description: The trust domain of the callers' certificates.
    type: str
    required: true
  paths:
    description: Paths that are reachable from outside.
    type: list
    elements: str
    required: true
  ingress_namespace:
    description: The namespace of the ingress controller.
    type: str
    required: true
  gateway:
    description: Namespace and name of the Gateway of Istio's that serves the hosts. Empty for one of each's own.
    type: str
    default: ''
  delivery:
    description: How a new version comes to an instance in the mesh.
    type: str
    choices: [rolling, canary]
    default: rolling
  scaling:
    description: What decides how many pods there are; V(requests) is the requests that each gets, and the CPU.
    type: str
    choices: [fixed, cpu, requests]
    default: fixed
  metrics_callers:
    description: Who may scrape every instance.
    type: list
    elements: dict
    default: []
  values:
    description: Values of the chart for all instances. An instance's own win over them.
    type: dict
    default: {}
"""

EXAMPLES = r"""
charts: "{{ ping_instances | pingpong.platform.ping_releases(**options) }}"
"""

RETURN = r"""
_value:
  description: The releases.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.ping import ping_releases
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(ping_releases)
