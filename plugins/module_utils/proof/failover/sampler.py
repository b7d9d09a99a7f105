# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Clients that never wait for each other: a sample of everything is begun at each interval, whatever the last met.

A client that waits for its answer before it asks again would miss just the requests that an outage costs.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Sample
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.observe import ClientRequest

TakeSample = Callable[[ClientRequest, float], Sample]
# How many timeouts a sample takes that meets silence: of the name server, or of a gateway once it is connected.
STEPS = 2
POLL_INTERVAL = 0.1


class Sampler:
    """Samples while it is entered; ``now`` is in seconds since then."""

    def __init__(
        self, take_sample: TakeSample, requests: Sequence[ClientRequest], interval: float, timeout: float
    ) -> None:
        self.take_sample = take_sample
        self.requests = requests
        self.interval = interval
        self._pool = ThreadPoolExecutor(len(requests) * (math.ceil(STEPS * timeout / interval) + 1))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._samples: list[Sample] = []
        self._pending: list[float] = []
        self._fault: Exception | None = None
        self._start = 0.0

    def __enter__(self) -> Sampler:
        self._start = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Begin nothing more, and wait for what has begun."""
        self._stop.set()
        self._thread.join()
        self._pool.shutdown()

    def now(self) -> float:
        return time.monotonic() - self._start

    def samples(self) -> tuple[Sample, ...]:
        """All samples that began before the oldest that is still under way: no earlier one can follow."""
        with self._lock:
            horizon = min(self._pending, default=math.inf)
            return tuple(sample for sample in self._samples if sample.began < horizon)

    def until(self, reached: Callable[[tuple[Sample, ...]], bool], seconds: float) -> bool:
        """Wait until the samples show something; whether they did so in time."""
        deadline = self.now() + seconds
        while not reached(self.samples()):
            if self._fault is not None:
                raise self._fault
            if self.now() > deadline:
                return False
            time.sleep(POLL_INTERVAL)
        return True

    def _run(self) -> None:
        turn = 0
        while not self._stop.wait(max(0.0, turn * self.interval - self.now())):
            for request in self.requests:
                began = self.now()
                with self._lock:
                    self._pending.append(began)
                self._pool.submit(self._store, request, began)
            turn += 1

    def _store(self, request: ClientRequest, began: float) -> None:
        try:
            sample = self.take_sample(request, began)
            with self._lock:
                self._samples.append(sample)
        except Exception as error:  # a thread has nobody to raise to; ``until`` does it
            self._fault = error
        finally:
            with self._lock:
                self._pending.remove(began)
