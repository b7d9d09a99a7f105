"""Services for tests."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from running import Running, make_settings

from pingpong.service import Service


@pytest.fixture(scope="session")
def serving() -> Iterator[Callable[..., Running]]:
    """Starts services that live as long as the session."""
    yield from _factory()


@pytest.fixture
def serve() -> Iterator[Callable[..., Running]]:
    """Starts services that live as long as the test."""
    yield from _factory()


def _factory() -> Iterator[Callable[..., Running]]:
    running: list[Running] = []

    def start(**sections: Any) -> Running:
        loop = uvloop.new_event_loop()
        service = Service(make_settings(**sections))
        ports = loop.run_until_complete(service.start())
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        running.append(Running(service, ports, loop, thread))
        return running[-1]

    yield start
    for instance in running:
        instance.stop()


@pytest.fixture(scope="session")
def plain(serving: Callable[..., Running]) -> Running:
    """A service with defaults, shared: for tests that change nothing."""
    return serving()
