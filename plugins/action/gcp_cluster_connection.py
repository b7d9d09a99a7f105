# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``gcp_cluster_connection``; its result holds a token and is never printed."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.cluster_connection import run_connection
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import CONNECTION, cloud_settings
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """The connection joins the result after the base has masked the options, or its token would be masked too."""

    ARGUMENT_SPEC = CONNECTION
    _found: dict[str, Any] | None = None

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result is censored as soon as it holds a token."""
        result = super().run(tmp, task_vars)
        if self._found is not None:
            result["connection"] = self._found
            result["_ansible_no_log"] = True
        return result

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        result = run_connection(cloud_settings(args), args, self.check_mode)
        self._found = result.pop("connection", None)
        return result
