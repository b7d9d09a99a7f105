# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``proof_report`` in the controller and shows the table."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.spec import PROOF_REPORT
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.write import run
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """See the module of the same name for options and result."""

    ARGUMENT_SPEC = PROOF_REPORT

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        try:
            result = run(args)
        except PlatformError as error:
            if "table" in error.details:  # the report was written before the task failed
                self._show(error.details)
                del error.details["table"]  # just shown
            raise
        self._show(result)
        return result

    def _show(self, result: dict[str, Any]) -> None:
        self._display.display(f"\n{result['table']}\n\nReport: {result['html']}\n")
