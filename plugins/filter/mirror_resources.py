# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``mirror_resources``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mirror_resources
short_description: Remote repositories of the clusters' mirrors, with their readers
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns the resources of each mirror that is in the project's Artifact Registry, for C(pingpong.platform.gcp_stack).
positional: project, readers
options:
  _input:
    description: The mirrors of each cluster by the registry's name, as the variable C(platform_mirrors) has them.
    type: list
    elements: dict
    required: true
  project:
    description: The project's id.
    type: str
    required: true
  readers:
    description: Members who may pull.
    type: list
    elements: str
    required: true
  scanning:
    description: Whether images are scanned, in the API's words.
    type: str
    default: INHERITED
"""

EXAMPLES = r"""
resources: >-
  {{ [{'docker.io': 'europe-west1-docker.pkg.dev/my-project/docker-io'}]
  | pingpong.platform.mirror_resources('my-project', ['serviceAccount:node@my-project.iam.gserviceaccount.com']) }}
"""

RETURN = r"""
_value:
  description: The resources.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.mirrors import mirror_resources
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(mirror_resources)
