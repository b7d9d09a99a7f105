"""A mesh of two small workloads, for as long as a file of leaks is tried on it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from meshed import Meshed

ROOT = Path(__file__).parents[3]
STATE = Path(os.environ.get("PINGPONG_STATE") or ROOT / ".local")


@pytest.fixture(scope="session")
def mesh(worker_id: str) -> Iterator[Meshed]:
    """Each of two workers (``-n 2``) has a cluster to itself: most of the time is spent waiting."""
    cluster = "secondary" if worker_id == "gw1" else os.environ.get("PINGPONG_LEAKS_CLUSTER", "primary")
    kubeconfig = STATE / "clusters" / f"pingpong-local-{cluster}" / "kubeconfig"
    if not kubeconfig.exists():
        pytest.skip("the local platform is not up: make site")
    connection = {"kubeconfig": str(kubeconfig)}
    images = json.loads((STATE / "images.json").read_text())
    meshed = Meshed(ClusterClient.from_connection(connection), connection, cluster, images)
    try:
        meshed.start()
        yield meshed
    finally:
        meshed.stop()
