from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.apiserver import ApiServer, needed_program, running


@pytest.fixture(scope="session")
def server() -> Iterator[ApiServer]:
    """A real API server, for all tests of the session."""
    with running(needed_program()) as started:
        yield started
