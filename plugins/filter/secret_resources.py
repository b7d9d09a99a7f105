# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``secret_resources``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: secret_resources
short_description: Secrets of Secret Manager, with their readers
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns the resources of each secret, for C(pingpong.platform.gcp_stack).
positional: mounts
options:
  _input:
    description: The secrets, each with its C(name) and C(readers).
    type: list
    elements: dict
    required: true
  mounts:
    description: What pods mount, as the variable C(secrets_mounts) of the role C(secrets) has it.
    type: list
    elements: dict
    required: true
  project:
    description: The project's id.
    type: str
    required: true
  project_number:
    description: The project's number, which principals of Kubernetes service accounts are named by.
    type: str
    required: true
  replication:
    description: Where they are kept, in the API's words.
    type: dict
    required: true
  protection:
    description: Keep the secrets from being deleted.
    type: bool
    default: true
"""

EXAMPLES = r"""
resources: >-
  {{ [{'name': 'db'}]
  | pingpong.platform.secret_resources([], project='p', project_number='1', replication={'automatic': {}}) }}
"""

RETURN = r"""
_value:
  description: The resources.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.secrets import secret_resources
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(secret_resources)
