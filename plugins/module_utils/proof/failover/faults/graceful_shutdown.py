# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Graceful shutdown: a signal that would end the process at once becomes an exception, so that ``finally`` runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def graceful_shutdown() -> Iterator[None]:
    """The first SIGINT or SIGTERM raises KeyboardInterrupt, and later ones are ignored while what follows it is done.

    Ansible's workers die of either where they stand, and are sent both when a play is interrupted.
    """
    if threading.current_thread() is not threading.main_thread():  # only there are signals handled
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
