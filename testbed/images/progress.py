"""Shows what is being built: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from testbed.images.scheduler import Task

REMINDER_SECONDS = 60.0


def span(seconds: float) -> str:
    """A length of time as people say it: ``45 s``, ``9 min``, ``1 min 30 s``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if rest and minutes < 5 else f"{round(seconds / 60)} min"


class Display:
    """A reporter for the scheduler, used as a context. Says nothing when there is nothing to do."""

    def __init__(self, total: int, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self.total = total
        self.count = 0
        self._bars: dict[str, TaskID] = {}
        self._running: dict[str, tuple[Task, float]] = {}
        self._ended = threading.Event()
        self._live: Progress | None = None
        self._reminder: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            self._live = Progress(*columns, console=self.console, transient=True)
            self._live.start()
        else:
            self._reminder = threading.Thread(target=self._remind, daemon=True)
            self._reminder.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._live:
            self._live.stop()

    def started(self, task: Task) -> None:
        self._running[task.name] = (task, time.monotonic())
        text = f"{task.name} (usually {span(task.usual_seconds)})"
        if self._live:
            self._bars[task.name] = self._live.add_task(text, total=None)
        elif task.usual_seconds >= 10:
            self._line(f"building {text}")

    def finished(self, task: Task, seconds: float) -> None:
        self.count += 1
        self._end(task)
        self._line(f"built {task.name} in {span(seconds)}")

    def failed(self, task: Task, error: BaseException) -> None:
        self._end(task)
        self._line(f"failed {task.name}: {error}")

    def _end(self, task: Task) -> None:
        self._running.pop(task.name, None)
        if self._live and task.name in self._bars:
            self._live.remove_task(self._bars.pop(task.name))

    def _line(self, text: str) -> None:
        self.console.print(f"[{self.count}/{self.total}] {text}", markup=False, highlight=False, soft_wrap=True)

    def _remind(self) -> None:
        while not self._ended.wait(REMINDER_SECONDS):
            for task, began in list(self._running.values()):
                passed = span(time.monotonic() - began)
                self._line(f"still building {task.name}: {passed} of usually {span(task.usual_seconds)}")
