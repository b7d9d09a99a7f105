"""The platform that ``make site`` stood up, for tests that are run on it; without one they are skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

STATE = Path(os.environ.get("PINGPONG_STATE") or Path(__file__).parents[2] / ".local")
# For playbooks that are not the collection's: beside its own, the inventory finds the state by itself.
ENVIRONMENT = {**os.environ, "PINGPONG_STATE": str(STATE)}


def connection(cluster: str) -> dict[str, str]:
    """How modules reach one of its clusters."""
    kubeconfig = STATE / "clusters" / f"pingpong-local-{cluster}" / "kubeconfig"
    if not kubeconfig.exists():
        pytest.skip("the local platform is not up: make site")
    return {"kubeconfig": str(kubeconfig)}


@contextmanager
def client_of(cluster: str) -> Iterator[ClusterClient]:
    """A client of one of its clusters."""
    client = ClusterClient.from_connection(connection(cluster))
    try:
        yield client
    finally:
        client.close()


@contextmanager
def clients_of(*clusters: str) -> Iterator[dict[str, ClusterClient]]:
    """A client of each of these clusters, by name."""
    with ExitStack() as stack:
        yield {cluster: stack.enter_context(client_of(cluster)) for cluster in clusters}
