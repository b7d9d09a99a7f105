# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""``k8s_apply`` in the controller: a task costs its requests, not a Python of its own."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.spec import K8S_APPLY
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """See the module of the same name."""

    ARGUMENT_SPEC = K8S_APPLY

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Pass over what ``from_yaml_all`` makes of a template's empty documents, as over those of files."""
        objects = self._task.args.get("objects")
        if isinstance(objects, list):
            self._task.args["objects"] = [obj for obj in objects if obj is not None]
        return super().run(tmp, task_vars)

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        """Reconcile the layer."""
        args["files"] = [self._found(path) for path in args["files"]]
        return run(args, check_mode=self.check_mode, want_diff=self.diff)

    def _found(self, path: str) -> str:
        """Where Ansible's own actions find a relative path: in the role, or beside the playbook."""
        try:
            return str(self._find_needle("files", path))
        except AnsibleError:
            return path  # as it is, and the error names it
