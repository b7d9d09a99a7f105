# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What can go wrong, as exceptions that carry a message for the person who runs the play.

Modules and action plugins turn a ``PlatformError`` into a failed task in one place each
(``runner.run_module`` and ``plugin_utils.action.PlatformAction``); nothing else catches it to report it.
"""

from __future__ import annotations

from typing import Any


class PlatformError(Exception):
    """A failure that is explained to the user; ``details`` become keys of the task's result.

    Neither the message nor the details may contain a secret.
    """

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        return self.message


class OptionError(PlatformError):
    """An option's value is not usable; the message names the option, what was found and what was expected."""


class TransientError(PlatformError):
    """A failure that the same request may survive when it is sent again.

    ``retry_after`` is what the server asked for, in seconds, or None when it asked for nothing.
    """

    def __init__(
        self, message: str, details: dict[str, Any] | None = None, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message, details)
        self.retry_after = retry_after


class DeadlineError(PlatformError):
    """Time ran out; the message says what was waited for and the last status that was seen."""
