from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

from tests.support.apiserver import ApiServer, helm_program
from tests.support.faults import Proxy
from tests.support.layers import Harness


@pytest.fixture(scope="session")
def client(server: ApiServer) -> Iterator[ClusterClient]:
    made = ClusterClient.from_connection(server.connection)
    yield made
    made.close()


@pytest.fixture(scope="session")
def helm() -> Path:
    found = helm_program()
    if found is None:
        pytest.skip("helm is not built: python -m testbed images")
    return found


@pytest.fixture
def proxy(server: ApiServer) -> Iterator[Proxy]:
    with Proxy(server.endpoint, server.ca_certificate).running() as started:
        yield started


@pytest.fixture
def layer(server: ApiServer, client: ClusterClient) -> Iterator[Harness]:
    """A layer of its own in a namespace of its own."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield Harness(server.connection, client, name)
    client.delete("v1", "Namespace", name)
