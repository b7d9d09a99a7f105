# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ask a program in a pod, and once more where its answer tells nothing: a busy node may cut one short."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry

T = TypeVar("T")
# What comes of an answer that is not whole, or that is not there.
UNREADABLE = (PlatformError, ValueError, KeyError, TypeError)


def ask(
    run: Callable[[], tuple[int, str, str]],
    read: Callable[[int, str, str], T],
    again: Callable[[Exception], bool] = lambda error: isinstance(error, UNREADABLE),
    turns: int = 3,
) -> T:
    """What ``read`` makes of a program's exit code, output and errors; ``run`` is a ``ClusterClient.exec``.

    Where either raises an error that ``again`` holds for, the program is run again at once, ``turns`` times in all; the
    last error is raised. So the program must be one that changes nothing.
    """
    return Retry(attempts=turns, base=0.0, deadline=None).call(lambda: read(*run()), again)
