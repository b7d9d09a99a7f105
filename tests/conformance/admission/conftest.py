from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from before import plant
from ruled import Ruled

from tests.support.apiserver import needed_program, running


@pytest.fixture(scope="module")
def ruled() -> Iterator[Ruled]:
    """A server of its own, with objects that were there before the rules."""
    with running(needed_program()) as server:
        client = ClusterClient.from_connection(server.connection)
        made = Ruled(server, client)
        made.prepare()
        plant(client)
        made.apply()
        yield made
        client.close()
