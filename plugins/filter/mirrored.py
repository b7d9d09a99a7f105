# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``mirrored``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mirrored
short_description: The name under which nodes pull an image
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns the name of an image at the mirror of its registry, or its own where no mirror is declared.
positional: mirrors
options:
  _input:
    description: The image's name at its own registry, or the beginning of one, such as V(docker.io/istio).
    type: str
    required: true
  mirrors:
    description: Mirrors by the registry's name, as the variable C(platform_mirrors) has them.
    type: dict
    required: true
"""

EXAMPLES = r"""
# europe-west1-docker.pkg.dev/my-project/docker-io/prom/prometheus:v3.5.2
image: >-
  {{ 'docker.io/prom/prometheus:v3.5.2'
  | pingpong.platform.mirrored({'docker.io': 'europe-west1-docker.pkg.dev/my-project/docker-io'}) }}
"""

RETURN = r"""
_value:
  description: The name.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.mirrors import mirrored
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(mirrored)
