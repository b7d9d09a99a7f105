"""Google as a script."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply import stack
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry

from tests.support.scripted_google import Google, scripted_google


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    """Pauses are short; how often the engine tries, and how long it waits for what, stays what it is."""
    monkeypatch.setattr(stack, "CloudClient", partial(stack.CloudClient, retry=Retry(base=0.01, cap=0.02)))
    monkeypatch.setattr(stack, "Operations", partial(stack.Operations, first=0.01, most=0.02))
    with scripted_google() as running:
        yield running
