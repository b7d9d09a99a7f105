# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The base of actions whose plan can be kept for ``drift_check``."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction

# A play's variable: its tasks, in check mode, keep their plans as facts with the prefix below.
KEEP = "platform_keep_plans"
FACT = "platform_plan_"


class PlanningAction(PlatformAction):
    """A task that changes something, or in check mode says what it would change.

    Where plans are kept, one that fails does not fail the task: why it failed is part of what is kept.
    """

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        """Reconcile, and keep the plan where the play asks for it."""
        if not (self.check_mode and self.task_vars.get(KEEP)):
            return self.reconcile(args)
        try:
            result = self.reconcile(args)
        except PlatformError as error:
            result = {"changed": False, "msg": error.message, **error.details}
        # By host as well: after a task that runs once, ansible-core 2.21 keeps the facts of all hosts in one place.
        host = str(self.task_vars["inventory_hostname"])
        name = FACT + re.sub(r"\W", "_", f"{host}_{self._task._uuid}")
        plan = {"task": self._task.get_name(), "host": host, **self.plan(args, result)}
        return {**result, "ansible_facts": {name: plan}}

    @abstractmethod
    def reconcile(self, args: dict[str, Any]) -> dict[str, Any]:
        """Do the task; return its result, raise PlatformError to fail it."""

    @abstractmethod
    def plan(self, args: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
        """What is kept of the result, as plain data without secrets."""
