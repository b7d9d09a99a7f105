"""One local cloud a test module, emptied between tests: memory backend, free ports, no network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed.cloud.testing import RunningCloud, running_cloud
from tests.support.cloud import APIS, COMPUTE, SUBNETWORK, make


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A running local cloud."""
    with running_cloud(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture
def cloud(served: RunningCloud) -> Iterator[RunningCloud]:
    """The running cloud, empty, with every API enabled."""
    served.settle()
    served.admin("DELETE", "faults")
    served.admin("DELETE", "resources")
    before = {k: v for k, v in served.admin("GET", "settings").items() if k != "projects"}
    served.enable(*APIS)
    served.admin("DELETE", "requests")
    yield served
    served.admin("PATCH", "settings", before)


@pytest.fixture
def network(cloud: RunningCloud) -> RunningCloud:
    """A cloud with network `net` and, in europe-west1, subnetwork `sub` with ranges for pods and services."""
    make(cloud, f"{COMPUTE}/global/networks", {"name": "net", "autoCreateSubnetworks": False})
    make(cloud, f"{COMPUTE}/regions/europe-west1/subnetworks", SUBNETWORK)
    return cloud
