"""An environment's own inventory, as it stands, against the local cloud by Google's own names: what needs no cluster.

``make rehearse`` runs the whole of it; here clusters are an answer, and the layers inside them are left out.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.testing import running_cloud
from testbed.debian import program
from testbed.host import HostError, link
from testbed.rehearsal.run import Rehearsal, chosen
from tests.support.registry import archive

# Three regions without bastions, in INI and host_vars, with names of its own: as somebody else would write it.
OTHER = str(Path(__file__).parent / "three_regions")
CLOUD_ALONE = ("--tags", "bootstrap,cloud,images")
OF_ALL_REGIONS = ("-e", json.dumps({"edge_multicluster": True, "edge_project_number": project_number("atlas-shop")}))
BY_BASTIONS = ("-e", json.dumps({"cluster_access": "iap"}))
CASES = {
    "production": ("production", ()),
    "production, by its bastions": ("production", BY_BASTIONS),
    "staging": ("staging", ()),
    "three regions": (OTHER, ()),
    "three regions, one load balancer": (OTHER, OF_ALL_REGIONS),
}


@pytest.fixture(autouse=True)
def _skopeo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link(tmp_path / "bin" / "skopeo", program("skopeo"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")


@pytest.mark.parametrize(
    ("inventory", "arguments"),
    [
        pytest.param(*case, id=name, marks=[] if name == "production" else [pytest.mark.long])
        for name, case in CASES.items()
    ],
)
@pytest.mark.timeout(900)
def test_what_it_makes_is_whole_at_once_and_goes_without_a_rest(
    tmp_path: Path, inventory: str, arguments: tuple[str, ...]
) -> None:
    with running_cloud(tmp_path / "cloud", MemoryBackend(delay=0.01)) as cloud:
        port, proxy_port = (int(url.rpartition(":")[2].partition("/")[0]) for url in (cloud.endpoint, cloud.proxy))
        said: list[str] = []
        image, digest = archive(tmp_path / "ping.tar")
        regions = ("primary", "secondary") if inventory == "production" else ()
        Rehearsal(
            chosen(inventory), said.append, tmp_path / "cloud", port, proxy_port, image, (*CLOUD_ALONE, *arguments),
            regions,
        ).run()  # fmt: skip
        assert f"ping_digest: {digest}" in (tmp_path / "cloud" / "image.yml").read_text()
        assert [text.rpartition(": ")[2] for text in said].count("site.yml") == 1 + (len(regions) or 1)
        assert "the second site: as expected" in said
        assert "destroy: as expected" in said


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_region_is_retired_and_the_others_go_on(tmp_path: Path) -> None:
    with running_cloud(tmp_path / "cloud", MemoryBackend(delay=0.01)) as cloud:
        port, proxy_port = (int(url.rpartition(":")[2].partition("/")[0]) for url in (cloud.endpoint, cloud.proxy))
        image, _digest = archive(tmp_path / "ping.tar")
        said: list[str] = []

        def rehearse(inventory: Path, keep: bool = False, retired: Sequence[str] = ()) -> None:
            Rehearsal(
                inventory, said.append, tmp_path / "cloud", port, proxy_port, image, CLOUD_ALONE, retired=retired
            ).run(keep)  # fmt: skip

        rehearse(chosen(OTHER), keep=True, retired=["sydney"])
        assert "retire: as expected" in said
        others = Path(shutil.copytree(OTHER, tmp_path / "two"))
        listed = (others / "hosts.ini").read_text().splitlines(keepends=True)
        (others / "hosts.ini").write_text("".join(line for line in listed if not line.startswith("sydney")))
        rehearse(others)
        assert said.count("the second site: as expected") == 2


def test_an_inventory_that_is_not_there_is_named() -> None:
    with pytest.raises(HostError, match="found 'productoin', expected one of local, production, staging, or the path"):
        chosen("productoin")
