# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``mesh_ca`` in the controller, where the root's key is."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.spec import ARGUMENT_SPEC
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import task_plan
from ansible_collections.pingpong.platform.plugins.plugin_utils.plans import PlanningAction


class ActionModule(PlanningAction):
    """One task for all clusters of a mesh."""

    ARGUMENT_SPEC = ARGUMENT_SPEC

    def reconcile(self, args: dict[str, Any]) -> dict[str, Any]:
        return run(args, check_mode=self.check_mode)

    def plan(self, args: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
        """Whether something would be changed."""
        return task_plan(self._task.get_name(), result)
