# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``gcp_stack_info`` in the controller."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.info import run_info
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import INFO, cloud_settings
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """Reads, in check mode too."""

    ARGUMENT_SPEC = INFO

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        return run_info(cloud_settings(args), args)
