"""Runs tasks that depend on each other, several at a time, the longest way to the end first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Task:
    """A step: ``run`` does it, ``needs`` names the steps before it, ``usual_seconds`` is shown beside it."""

    name: str
    run: Callable[[], object]
    needs: frozenset[str] = frozenset()
    usual_seconds: float = 1.0


class Reporter(Protocol):
    """Hears what happens to the tasks; called from one thread."""

    def started(self, task: Task) -> None: ...
    def finished(self, task: Task, seconds: float) -> None: ...
    def failed(self, task: Task, error: BaseException) -> None: ...


class TaskError(RuntimeError):
    """A task failed; ``__cause__`` is its error."""


def ways(tasks: Mapping[str, Task]) -> dict[str, float]:
    """Seconds from each task's start to the end of everything that waits for it, if nothing else held it up.

    Raises ``ValueError`` for a need that no task meets and for a circle.
    """
    followers: dict[str, list[str]] = {name: [] for name in tasks}
    for task in tasks.values():
        for need in task.needs:
            if need not in tasks:
                raise ValueError(f"task {task.name}: it needs {need}, which is no task")
            followers[need].append(task.name)
    known: dict[str, float] = {}

    def way(name: str, behind: tuple[str, ...]) -> float:
        if name in behind:
            raise ValueError(f"tasks need each other: {' -> '.join((*behind, name))}")
        if name not in known:
            longest = max((way(after, (*behind, name)) for after in followers[name]), default=0.0)
            known[name] = tasks[name].usual_seconds + longest
        return known[name]

    for name in tasks:
        way(name, ())
    return known


def run(tasks: Sequence[Task], jobs: int, reporter: Reporter, clock: Callable[[], float] = time.monotonic) -> None:
    """Run all tasks, at most ``jobs`` at once. After a failure nothing new starts; what runs is waited for."""
    by_name = {task.name: task for task in tasks}
    order = ways(by_name)
    waiting = sorted(by_name, key=lambda name: (-order[name], name))
    done: set[str] = set()
    running: dict[Future[object], tuple[Task, float]] = {}
    failure: tuple[Task, BaseException] | None = None
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        while waiting or running:
            ready = [] if failure else [name for name in waiting if by_name[name].needs <= done]
            for name in ready[: jobs - len(running)]:
                waiting.remove(name)
                task = by_name[name]
                reporter.started(task)
                running[pool.submit(task.run)] = (task, clock())
            if not running:
                break
            finished, _unused = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                task, began = running.pop(future)
                error = future.exception()
                if error is None:
                    done.add(task.name)
                    reporter.finished(task, clock() - began)
                else:
                    failure = failure or (task, error)
                    reporter.failed(task, error)
    if failure:
        raise TaskError(f"{failure[0].name}: {failure[1]}") from failure[1]
