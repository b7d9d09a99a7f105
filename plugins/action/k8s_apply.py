# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""``k8s_apply`` in the controller: a task costs its requests, not a Python of its own."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Objects
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.spec import K8S_APPLY
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import layer_plan
from ansible_collections.pingpong.platform.plugins.plugin_utils.plans import PlanningAction


class ActionModule(PlanningAction):
    """See the module of the same name."""

    ARGUMENT_SPEC = K8S_APPLY
    _declared: Objects | None = None

    def reconcile(self, args: dict[str, Any]) -> dict[str, Any]:
        """Reconcile the layer."""
        args["files"] = [self._found(path) for path in args["files"]]
        return run(args, check_mode=self.check_mode, want_diff=self.diff, declare=self._declare)

    def plan(self, args: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
        """The layer's objects, and what would be changed of them."""
        return layer_plan(args["layer"], self._declared, result)

    def _declare(self, desired: Objects) -> None:
        self._declared = desired

    def _found(self, path: str) -> str:
        """Where Ansible's own actions find a relative path: in the role, or beside the playbook."""
        try:
            return str(self._find_needle("files", path))
        except AnsibleError:
            return path  # as it is, and the error names it
