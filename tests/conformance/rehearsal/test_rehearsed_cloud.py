"""An environment's own inventory, as it stands, against the local cloud by Google's own names: what needs no cluster.

``make rehearse`` runs the whole of it; here clusters are an answer, and the layers inside them are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.testing import running_cloud
from testbed.host import HostError
from testbed.rehearsal.run import Rehearsal, chosen

# Three regions without bastions, in INI and host_vars, with names of its own: as somebody else would write it.
OTHER = str(Path(__file__).parent / "three_regions")
REGISTRIES = {
    OTHER: "asia-northeast1-docker.pkg.dev/atlas-shop/pingpong-atlas",
    "production": "europe-docker.pkg.dev/pingpong-production/pingpong-production",
    "staging": "europe-west1-docker.pkg.dev/pingpong-staging/pingpong-staging",
}
CLOUD_ALONE = ("--tags", "bootstrap,cloud")


@pytest.mark.parametrize(
    "inventory",
    ["production", *(pytest.param(name, marks=pytest.mark.long) for name in ("staging", OTHER))],
    ids=["production", "staging", "three regions"],
)
def test_what_it_makes_is_whole_at_once_and_goes_without_a_rest(tmp_path: Path, inventory: str) -> None:
    with running_cloud(tmp_path / "cloud", MemoryBackend(delay=0.01)) as cloud:
        port, proxy_port = (int(url.rpartition(":")[2].partition("/")[0]) for url in (cloud.endpoint, cloud.proxy))
        said: list[str] = []
        pushed: list[str] = []

        def push(places: Sequence[str]) -> Sequence[str]:
            pushed.extend(places)
            return places

        rehearsal = Rehearsal(
            chosen(inventory), said.append, tmp_path / "cloud", port, proxy_port, push, arguments=CLOUD_ALONE
        )
        rehearsal.run()
        assert pushed == [REGISTRIES[inventory]]
        assert "the second site: as expected" in said
        assert "destroy: as expected" in said


def test_an_inventory_that_is_not_there_is_named() -> None:
    with pytest.raises(HostError, match="found 'productoin', expected one of local, production, staging, or the path"):
        chosen("productoin")
