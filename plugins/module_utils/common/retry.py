# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Try again after a transient failure: exponential backoff with full jitter, within a deadline."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import TransientError

T = TypeVar("T")


def is_transient(error: Exception) -> bool:
    """The default of ``Retry.call``: only what declares itself transient is tried again."""
    return isinstance(error, TransientError)


def parse_retry_after(value: str | None, *, now: float | None = None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (a number or an HTTP date), None when absent or malformed."""
    if value is None:
        return None
    text = value.strip()
    if text.isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - (time.time() if now is None else now))


@dataclass(frozen=True)
class Retry:
    """How often and how long to try; all times in seconds.

    ``attempts`` counts the first one too. The wait before attempt n+1 is uniform in [0, min(cap, base * 2**(n-1))];
    a server's ``Retry-After`` is the least that is waited, plus a jitter so that many clients do not return at once.
    ``deadline`` bounds all attempts together: a wait that would pass it is not begun.
    """

    attempts: int = 7
    base: float = 0.2
    cap: float = 8.0
    deadline: float | None = 120.0
    rng: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """The wait after the failed attempt with this number (from 1)."""
        jitter = self.rng() * min(self.cap, self.base * 2.0 ** (attempt - 1))
        return jitter if retry_after is None else retry_after + min(jitter, self.base)

    def call(
        self,
        fn: Callable[[], T],
        retryable: Callable[[Exception], bool] = is_transient,
        on_retry: Callable[[Exception, int, float], None] | None = None,
    ) -> T:
        """Return what ``fn`` returns; raise its error when that is not retryable, or attempts or time are used up.

        ``on_retry(error, attempt, wait)`` is called for every failure that is followed by another attempt.
        """
        start = self.clock()
        attempt = 1
        while True:
            try:
                return fn()
            except Exception as error:
                if attempt >= self.attempts or not retryable(error):
                    raise
                wait = self.delay(attempt, getattr(error, "retry_after", None))
                if self.deadline is not None and self.clock() - start + wait > self.deadline:
                    raise
                if on_retry is not None:
                    on_retry(error, attempt, wait)
            self.sleep(wait)
            attempt += 1
