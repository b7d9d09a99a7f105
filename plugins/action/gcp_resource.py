# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``gcp_resource`` in the controller."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import RESOURCE, run_resource
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """A stack of one resource."""

    ARGUMENT_SPEC = RESOURCE

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        return run_resource(args, self.check_mode)
