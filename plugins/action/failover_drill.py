# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``failover_drill`` in the controller."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.spec import (
    FAILOVER_DRILL,
    FAILOVER_DRILL_CONSTRAINTS,
)
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """See the module of the same name for options and result."""

    ARGUMENT_SPEC = FAILOVER_DRILL
    CONSTRAINTS = FAILOVER_DRILL_CONSTRAINTS

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        return run(args, check_mode=self.check_mode)
