# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter ``waf_rules``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: waf_rules
short_description: Rules of a Cloud Armor policy
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns the rules that deny what preconfigured rule sets match, limit each client, and allow the rest.
options:
  _input:
    description: Names of rule sets.
    type: list
    elements: str
    required: true
  preview:
    description: Log what matches and let it through.
    type: bool
    default: false
  rate_limit:
    description: Requests a minute for each client's address. No limit where it is V(0).
    type: int
    default: 0
  sensitivity:
    description: The paranoia level of the rule sets, from V(1) to V(4), the level at which false alarms are usual.
    type: int
    default: 1
"""

EXAMPLES = r"""
rules: "{{ ['sqli-v33-stable'] | pingpong.platform.waf_rules(rate_limit=600) }}"
"""

RETURN = r"""
_value:
  description: The rules in the API's words.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.inventory.edge import waf_rules
from ansible_collections.pingpong.platform.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Each filter by its name."""
        return as_filter(waf_rules)
