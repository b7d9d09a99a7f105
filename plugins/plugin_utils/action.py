# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The base of the collection's action plugins: validate, execute in the controller, report."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import plain
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.plugin_utils.options import malformed


class PlatformAction(ActionBase):  # type: ignore[misc]
    """A task that runs in the controller, without the cost of shipping and starting a module.

    A subclass names the argument spec that it shares with its module (``ARGUMENT_SPEC``, and ``CONSTRAINTS`` for
    ``mutually_exclusive`` and its kin) and implements ``execute``.
    """

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    ARGUMENT_SPEC: ClassVar[dict[str, Any]] = {}
    CONSTRAINTS: ClassVar[dict[str, Any]] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Validate the task's options, execute, and mask every ``no_log`` value in what is returned."""
        result: dict[str, Any] = super().run(tmp, task_vars) or {}
        self.task_vars = task_vars or {}
        # Ansible's own validation copies the options deeply, which takes far longer of its tagged values.
        self._task.args = plain(self._task.args)
        problem = next(malformed(self.ARGUMENT_SPEC, self._task.args), None)
        if problem:
            return {**result, "failed": True, "msg": problem}
        validation, args = self.validate_argument_spec(argument_spec=self.ARGUMENT_SPEC, **self.CONSTRAINTS)
        try:
            result.update(self.execute(args))
        except PlatformError as error:
            result.update(failed=True, msg=error.message, **error.details)
        if not self.diff:
            result.pop("diff", None)
        masked: dict[str, Any] = remove_values(result, validation._no_log_values)
        return masked

    @abstractmethod
    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        """Do the task with validated options in plain types; return its result, raise PlatformError to fail it."""

    @property
    def check_mode(self) -> bool:
        """Whether nothing may be changed."""
        return bool(self._task.check_mode)

    @property
    def diff(self) -> bool:
        """Whether the user asked for differences."""
        return bool(self._task.diff)
