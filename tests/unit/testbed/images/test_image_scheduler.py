"""The scheduler: order, width, and what a failure stops."""

from __future__ import annotations

import threading
import time

import pytest

from testbed.images.scheduler import Task, TaskError, run, ways


class Journal:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def started(self, task: Task) -> None:
        self.events.append(("started", task.name))

    def finished(self, task: Task, seconds: float) -> None:
        self.events.append(("finished", task.name))

    def failed(self, task: Task, error: BaseException) -> None:
        self.events.append(("failed", task.name))


def nothing() -> None:
    return None


def fails() -> None:
    raise ValueError("no such flag")


def test_a_task_starts_after_what_it_needs() -> None:
    journal = Journal()
    run([
        Task("image", nothing, frozenset({"programs", "root"})), Task("root", nothing), Task("programs", nothing),
    ], 4, journal)  # fmt: skip
    position = {event: number for number, event in enumerate(journal.events)}
    assert position["started", "image"] > position["finished", "programs"]
    assert position["started", "image"] > position["finished", "root"]


def test_the_longest_way_to_the_end_goes_first() -> None:
    journal = Journal()
    run([
        Task("short", nothing, usual_seconds=30), Task("first half", nothing, usual_seconds=20),
        Task("second half", nothing, frozenset({"first half"}), usual_seconds=20),
    ], 1, journal)  # fmt: skip
    assert [name for what, name in journal.events if what == "started"] == ["first half", "short", "second half"]


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_no_more_run_at_once_than_allowed(jobs: int) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1

    run([Task(f"task {number}", work) for number in range(8)], jobs, Journal())
    assert most == jobs


def test_a_failure_names_the_task_and_stops_what_has_not_started() -> None:
    journal = Journal()
    tasks = [
        Task("programs", fails, usual_seconds=100), Task("image", nothing, frozenset({"programs"})),
        Task("other", nothing),
    ]  # fmt: skip
    with pytest.raises(TaskError, match="programs: no such flag") as caught:
        run(tasks, 1, journal)
    assert isinstance(caught.value.__cause__, ValueError)
    assert journal.events == [("started", "programs"), ("failed", "programs")]


def test_what_runs_beside_a_failure_is_waited_for() -> None:
    ended = threading.Event()

    def slow() -> None:
        time.sleep(0.05)
        ended.set()

    with pytest.raises(TaskError):
        run([Task("fails", fails), Task("slow", slow)], 2, Journal())
    assert ended.is_set()


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        pytest.param([Task("a", nothing, frozenset({"b"}))], "a: it needs b, which is no task", id="unknown need"),
        pytest.param([Task("a", nothing, frozenset({"a"}))], "a -> a", id="itself"),
        pytest.param(
            [Task("a", nothing, frozenset({"b"})), Task("b", nothing, frozenset({"a"}))], "need each other", id="circle"
        ),
    ],
)
def test_a_plan_that_cannot_end_is_refused_before_anything_runs(tasks: list[Task], said: str) -> None:
    journal = Journal()
    with pytest.raises(ValueError, match=said):
        run(tasks, 2, journal)
    assert journal.events == []


def test_a_way_is_the_sum_to_the_end() -> None:
    tasks = [
        Task("a", nothing, usual_seconds=1),
        Task("b", nothing, frozenset({"a"}), 2),
        Task("c", nothing, frozenset({"a"}), 5),
    ]
    assert ways({task.name: task for task in tasks}) == {"a": 6, "b": 2, "c": 5}
