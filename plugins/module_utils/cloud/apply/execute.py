# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Carry out a plan: in its order, as much at once as it allows; one failure leaves the rest undisturbed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.stack_plan import StackPlan
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

Live = dict[str, Any]
Work = Callable[[ResourceChange], "Live | None"]


@dataclass
class Execution:
    """What became of each resource."""

    done: list[str] = field(default_factory=list)
    failed: dict[str, PlatformError] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def merge(self, other: Execution) -> None:
        """Take in what another plan's carrying out came to."""
        self.done += other.done
        self.failed.update(other.failed)
        self.skipped += other.skipped


def execute(plan: StackPlan, work: Work, busy: Callable[[ResourceChange], bool], parallel: int) -> Execution:
    """Do ``work`` for each operation that is ``busy``; what needs a failed one is skipped."""
    outcome = Execution()
    changes = {change.key: change for change in plan.changes}
    sorter = TopologicalSorter({key: plan.needs.get(key, set()) & changes.keys() for key in changes})
    sorter.prepare()
    running: dict[Future[Live | None], str] = {}
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        while True:
            ready = sorter.get_ready()
            for key in ready:
                if busy(changes[key]):
                    running[pool.submit(work, changes[key])] = key
                else:
                    sorter.done(key)
            if ready and not all(busy(changes[key]) for key in ready):
                continue  # what was done just now may have made others ready
            if not running:
                break
            finished, _unused = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                key = running.pop(future)
                try:
                    future.result()
                except PlatformError as error:
                    outcome.failed[key] = error
                else:
                    outcome.done.append(key)
                    sorter.done(key)
    handled = {*outcome.done, *outcome.failed}
    outcome.skipped = [key for key in changes if key not in handled and busy(changes[key])]
    return outcome
