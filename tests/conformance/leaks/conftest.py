"""A mesh of two small workloads, for as long as a file of leaks is tried on it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from meshed import Meshed

from tests.support.local_platform import STATE, connection


@pytest.fixture(scope="session")
def mesh(worker_id: str) -> Iterator[Meshed]:
    """Each of two workers (``-n 2``) has a cluster to itself: most of the time is spent waiting."""
    cluster = "secondary" if worker_id == "gw1" else os.environ.get("PINGPONG_LEAKS_CLUSTER", "primary")
    way_in = connection(cluster)
    images = json.loads((STATE / "images.json").read_text())
    meshed = Meshed(ClusterClient.from_connection(way_in), way_in, cluster, images)
    try:
        meshed.start()
        yield meshed
    finally:
        meshed.stop()
