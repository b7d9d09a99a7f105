"""The engine against the local cloud, which shares no code with it and knows Google's rules on its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.cloud.testing import RunningCloud, running_cloud
from tests.support.engine import Engine


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[RunningCloud]:
    with running_cloud(tmp_path, settings={"strict_services": False}) as running:
        yield running


@pytest.fixture
def engine(cloud: RunningCloud) -> Engine:
    return Engine(cloud)
