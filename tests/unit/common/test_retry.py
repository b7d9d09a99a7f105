from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError, TransientError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry, parse_retry_after


class Clock:
    """Time that passes only while sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def scripted(*outcomes: Exception | str):
    script = iter(outcomes)

    def fn() -> str:
        outcome = next(script)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return fn


def retry(clock: Clock, **options: object) -> Retry:
    return Retry(rng=lambda: 1.0, sleep=clock.sleep, clock=clock, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcomes", "slept"),
    [
        (["ok"], []),
        ([TransientError("a"), "ok"], [1.0]),
        ([TransientError("a"), TransientError("b"), TransientError("c"), "ok"], [1.0, 2.0, 3.0]),
        ([TransientError("a", retry_after=9.0), "ok"], [10.0]),
    ],
    ids=["no failure", "one failure", "doubles up to the cap", "Retry-After is the least that is waited"],
)
def test_survives(outcomes: list[Exception | str], slept: list[float]) -> None:
    clock = Clock()
    assert retry(clock, base=1.0, cap=3.0, attempts=5).call(scripted(*outcomes)) == "ok"
    assert clock.slept == slept


@pytest.mark.parametrize(
    ("outcomes", "options", "message"),
    [
        ([PlatformError("no"), "ok"], {}, "no"),
        ([TransientError("1"), TransientError("2"), "ok"], {"attempts": 2}, "2"),
        ([TransientError("1"), TransientError("2"), "ok"], {"base": 4.0, "deadline": 10.0}, "2"),
        ([TransientError("late", retry_after=3600), "ok"], {"deadline": 60.0}, "late"),
    ],
    ids=["not transient", "attempts used up", "deadline", "Retry-After past the deadline"],
)
def test_gives_up_with_the_last_error(
    outcomes: list[Exception | str], options: dict[str, object], message: str
) -> None:
    with pytest.raises(PlatformError, match=message):
        retry(Clock(), **options).call(scripted(*outcomes))


def test_the_jitter_is_full() -> None:
    draws = iter([0.0, 0.5])
    policy = Retry(rng=lambda: next(draws), base=1.0, cap=8.0)
    assert [policy.delay(3), policy.delay(3)] == [0.0, 2.0]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        (" 0 ", 0.0),
        ("soon", None),
        ("-1", None),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0.0),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, now=60.0) == seconds
