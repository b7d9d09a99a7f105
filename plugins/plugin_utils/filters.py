# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Pure functions as Jinja filters."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import plain


def as_filter(function: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The function by its name, called with values in Python's own types.

    Raises AnsibleFilterError for a value of another shape than the function takes.
    """

    @wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return function(*plain(args), **plain(options))
        except (AttributeError, KeyError, TypeError) as error:
            raise AnsibleFilterError(f"{function.__name__}: {type(error).__name__}: {error}") from error

    return {function.__name__: call}
