# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``gcp_stack`` in the controller."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import STACK, run_stack
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import stack_plan
from ansible_collections.pingpong.platform.plugins.plugin_utils.plans import PlanningAction


class ActionModule(PlanningAction):
    """A plan or its carrying out, without the cost of starting a module."""

    ARGUMENT_SPEC = STACK

    def reconcile(self, args: dict[str, Any]) -> dict[str, Any]:
        result = run_stack(args, self.check_mode)
        # Summed over all tasks and hosts, and shown after the recap when show_custom_stats is on.
        counts = {action: count for action, count in result["counts"].items() if count or action == "unchanged"}
        result["ansible_stats"] = {"data": counts, "aggregate": True, "per_host": False}
        return result

    def plan(self, args: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
        """Where the stack's resources are, and what would be changed of them."""
        return stack_plan(args["resources"] if args["state"] == "present" else [], result)
