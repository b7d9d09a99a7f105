# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one place where a module's errors become a failed task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import plain
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError


class Module(Protocol):
    """What is used of an AnsibleModule; nothing here imports Ansible."""

    params: dict[str, Any]
    check_mode: bool

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn: ...

    def exit_json(self, **kwargs: Any) -> NoReturn: ...


def run_module(module: Module, execute: Callable[[dict[str, Any]], dict[str, Any]]) -> NoReturn:
    """Exit with what ``execute(params)`` returns, or fail with the message and details of its PlatformError."""
    try:
        result = execute(plain(module.params))
    except PlatformError as error:
        module.fail_json(error.message, **error.details)
    module.exit_json(**result)
