# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``gcp_leftovers``."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import LEFTOVERS, run_leftovers
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """Removes; in check mode it says what it would remove."""

    ARGUMENT_SPEC = LEFTOVERS

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        return run_leftovers(args, self.check_mode)
