# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``dns_switchover`` in the controller."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.spec import (
    DNS_SWITCHOVER,
    DNS_SWITCHOVER_CONSTRAINTS,
)
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """See the module of the same name for options and result."""

    ARGUMENT_SPEC = DNS_SWITCHOVER
    CONSTRAINTS = DNS_SWITCHOVER_CONSTRAINTS

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        return run(args, check_mode=self.check_mode)
