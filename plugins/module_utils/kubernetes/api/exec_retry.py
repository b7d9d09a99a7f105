# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Exec with retries: a program in a pod is run again where its output is malformed, as a busy node may cut it short."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry

T = TypeVar("T")
# What parsing output raises that is cut short or missing.
UNREADABLE = (PlatformError, ValueError, KeyError, TypeError)


def exec_with_retry(
    run: Callable[[], tuple[int, str, str]],
    read: Callable[[int, str, str], T],
    retryable: Callable[[Exception], bool] = lambda error: isinstance(error, UNREADABLE),
    attempts: int = 3,
) -> T:
    """Run a program that changes nothing, and parse what it wrote; again at once when either fails.

    ``run`` is a ``ClusterClient.exec``; ``read(rc, stdout, stderr)`` parses its result. An error for which
    ``retryable`` holds is retried, with ``attempts`` in all; the last error is raised.
    """
    return Retry(attempts=attempts, base=0.0, deadline=None).call(lambda: read(*run()), retryable)
