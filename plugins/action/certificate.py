# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``certificate`` in the controller: a no-op of many certificates takes milliseconds."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.spec import ARGUMENT_SPEC
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import task_plan
from ansible_collections.pingpong.platform.plugins.plugin_utils.plans import PlanningAction


class ActionModule(PlanningAction):
    """The task's files are the controller's."""

    ARGUMENT_SPEC = ARGUMENT_SPEC

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Read ``issuer: self`` as the absence of an issuer: the option's type is a dict, so that keys are masked."""
        entries = self._task.args.get("certificates")
        if isinstance(entries, list):
            self._task.args["certificates"] = [
                {name: value for name, value in entry.items() if (name, value) != ("issuer", "self")}
                if isinstance(entry, dict)
                else entry
                for entry in entries
            ]
        return super().run(tmp, task_vars)

    def reconcile(self, args: dict[str, Any]) -> dict[str, Any]:
        return run(args, check_mode=self.check_mode, want_diff=self.diff)

    def plan(self, args: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
        """Whether something would be changed."""
        return task_plan(self._task.get_name(), result)
