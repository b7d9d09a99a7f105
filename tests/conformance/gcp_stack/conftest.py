"""The engine against the local cloud, which shares no code with it and knows Google's rules on its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply import stack
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry

from testbed.cloud.testing import RunningCloud, running_cloud
from tests.support.engine import Engine
from tests.support.faults_page import FaultsPage


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits as short as the local cloud's operations; how often the engine tries stays what it is."""
    monkeypatch.setattr(stack, "CloudClient", partial(stack.CloudClient, retry=Retry(base=0.02, cap=0.2)))
    monkeypatch.setattr(stack, "Operations", partial(stack.Operations, first=0.05, most=0.2))


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[RunningCloud]:
    with running_cloud(tmp_path, settings={"strict_services": False}) as running:
        yield running


@pytest.fixture
def engine(cloud: RunningCloud) -> Engine:
    return Engine(cloud)


@pytest.fixture(scope="session")
def faults_page(pytestconfig: pytest.Config) -> Iterator[FaultsPage]:
    page = FaultsPage()
    yield page
    target = pytestconfig.getoption("--faults-page")
    if target is not None:
        page.write(target)
