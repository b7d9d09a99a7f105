# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A program in a pod is run again where its output is malformed, and only there."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.exec_retry import exec_with_retry
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.transport import ConnectionLost

Ending = tuple[int, str, str] | Exception
WHOLE, CUT, FAILED, LOST = (0, "[1]", ""), (0, "[1", ""), (1, "", "no"), ConnectionLost("the stream broke", sent=True)


def program(*endings: Ending) -> tuple[Callable[[], tuple[int, str, str]], list[Ending]]:
    """A program that ends so, one time after the other, and how it has ended up to now."""
    ended: list[Ending] = []

    def run() -> tuple[int, str, str]:
        ended.append(endings[len(ended)])
        if isinstance(ended[-1], Exception):
            raise ended[-1]
        return ended[-1]

    return run, ended


def read(code: int, output: str, errors: str) -> object:
    if code:
        raise PlatformError(errors)
    return json.loads(output)


@pytest.mark.parametrize("before", [[], [CUT], [FAILED], [LOST], [CUT, LOST], [FAILED, FAILED]])
def test_malformed_output_is_read_again(before: list[Ending]) -> None:
    run, ended = program(*before, WHOLE)
    assert exec_with_retry(run, read) == [1]
    assert ended == [*before, WHOLE]


def test_the_last_failure_counts() -> None:
    run, ended = program(CUT, LOST, FAILED, WHOLE)
    with pytest.raises(PlatformError, match="no"):
        exec_with_retry(run, read)
    assert len(ended) == 3


def test_the_caller_says_what_is_worth_a_retry() -> None:
    run, ended = program(LOST, FAILED, WHOLE)
    with pytest.raises(PlatformError, match="no"):
        exec_with_retry(run, read, lambda error: isinstance(error, ConnectionLost))
    assert ended == [LOST, FAILED]


def test_a_programming_error_is_not_retried() -> None:
    run, ended = program(AttributeError("a mistake"), WHOLE)
    with pytest.raises(AttributeError):
        exec_with_retry(run, read)
    assert len(ended) == 1
