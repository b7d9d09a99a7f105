from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from before import plant
from ruled import Ruled

from tests.support import kyverno
from tests.support.apiserver import needed_program, running

KYVERNO = pytest.param("kyverno", marks=[pytest.mark.long, pytest.mark.timeout(2400)])


@pytest.fixture(scope="module", params=["kubernetes", KYVERNO])
def ruled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ruled]:
    """A server of its own for each engine, with objects that were there before the rules."""
    with ExitStack() as stack:
        server = stack.enter_context(running(needed_program()))
        client = ClusterClient.from_connection(server.connection)
        stack.callback(client.close)
        made = Ruled(server, client, request.param)
        made.prepare()
        plant(client)
        made.apply()
        if made.engine == "kyverno":
            stack.enter_context(kyverno.running(server, client, tmp_path_factory.mktemp("kyverno")))
            made.apply(wait=True)
        yield made
