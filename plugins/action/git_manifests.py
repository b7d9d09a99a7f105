# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""``git_manifests`` in the controller, which has the repository's credentials and the way into the cluster."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.gitops.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.spec import GIT_MANIFESTS
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Objects
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import layer_plan
from ansible_collections.pingpong.platform.plugins.plugin_utils.plans import PlanningAction


class ActionModule(PlanningAction):
    """See the module of the same name."""

    ARGUMENT_SPEC = GIT_MANIFESTS
    _declared: Objects | None = None

    def reconcile(self, args: dict[str, Any]) -> dict[str, Any]:
        """Commit the layer, and wait until it is applied."""
        return run(args, check_mode=self.check_mode, want_diff=self.diff, declare=self._declare)

    def plan(self, args: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
        """The layer's objects, and which of them are not in Git as they are declared."""
        files = [{**item, "reason": f"{item['path']} in Git"} for item in result.get("files") or []]
        return layer_plan(args["layer"], self._declared, {**result, "objects": files})

    def _declare(self, desired: Objects) -> None:
        self._declared = desired
