# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``admission_check`` in the controller."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.spec import ADMISSION_CHECK
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """See the module of the same name for options and result."""

    ARGUMENT_SPEC = ADMISSION_CHECK

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        return run(args)
