from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.apiserver import ApiServer, program, running


@pytest.fixture(scope="session")
def server() -> Iterator[ApiServer]:
    """A real API server, for all tests of the session."""
    bundle = program()
    if bundle is None:
        pytest.skip("the Kubernetes programs are not built: python -m testbed images")
    with running(bundle) as started:
        yield started
