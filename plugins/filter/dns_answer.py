# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``dns_answer``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_answer
short_description: A record's addresses, with failover between clusters
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - >-
    Returns what a host name is answered with, which is the primary's address and, while the primary is unhealthy,
    those of the others.
options:
  _input:
    description: The region of every cluster, by its host.
    type: dict
    required: true
  name:
    description: The name of the edge, whose addresses and health check are referred to.
    type: str
    required: true
  primary:
    description: The host of the cluster that serves as long as it is healthy.
    type: str
    required: true
  targets:
    description: Addresses by hosts, instead of the edge's own.
    type: dict
    default: {}
  trickle:
    description: The share of clients that is sent to the others at all times.
    type: float
    default: 0
"""

EXAMPLES = r"""
record: "{{ {'primary': 'europe-west1'} | pingpong.platform.dns_answer(name='edge', primary='primary') }}"
"""

RETURN = r"""
_value:
  description: C(rrdatas) or C(routingPolicy) of a record set.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.edge import dns_answer
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(dns_answer)
