"""What upstreams publish, under their own addresses: in the version that is built here, and in no other."""

from __future__ import annotations

import http.client
import io
import json
import ssl
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.published.upstreams import ISTIO, RAW
from testbed.cloud.testing import RunningCloud, running_cloud

CONTOUR = "/projectcontour/contour/v1.33.8/examples/contour"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    folder = tmp_path_factory.mktemp("state")
    built = {
        "versions.json": json.dumps({"istio": "1.31.0", "contour": "1.33.8"}),
        "contour/01-crds.yaml": "kind: CustomResourceDefinition\n",
        **{f"istio/{name}/Chart.yaml": f"name: {name.removeprefix('istio-')}\nversion: 1.0.0\n"
           for name in ("base", "istiod", "istio-cni", "gateway")},
        "istio/base/templates/crds.yaml": "kind: List\n",
    }  # fmt: skip
    for place, text in built.items():
        path: Path = folder / "charts" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with running_cloud(folder / "cloud", MemoryBackend()) as running:
        yield running


def get(cloud: RunningCloud, host: str, path: str) -> tuple[int, bytes]:
    """By the upstream's real name through the CONNECT proxy, and verified by it."""
    context = ssl.create_default_context(cafile=str(cloud.ca_file))
    connection = http.client.HTTPSConnection(
        "127.0.0.1", int(cloud.proxy.rpartition(":")[2]), context=context, timeout=20
    )
    connection.set_tunnel(host, 443)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_a_chart_repository_has_one_version_of_each_chart(cloud: RunningCloud) -> None:
    status, body = get(cloud, ISTIO, "/charts/index.yaml")
    entries = yaml.safe_load(body)["entries"]
    assert status == 200
    found = {name: [item["version"] for item in items] for name, items in entries.items()}
    assert found == {name: ["1.31.0"] for name in ("base", "cni", "gateway", "istiod")}
    status, packed = get(cloud, ISTIO, "/charts/" + entries["base"][0]["urls"][0])
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        described = tar.extractfile("base/Chart.yaml")
        assert described is not None
        assert yaml.safe_load(described.read())["version"] == "1.31.0"
        assert "base/templates/crds.yaml" in tar.getnames()


def test_a_manifest_is_that_of_its_release(cloud: RunningCloud) -> None:
    assert get(cloud, RAW, f"{CONTOUR}/01-crds.yaml") == (200, b"kind: CustomResourceDefinition\n")


@pytest.mark.parametrize(
    ("host", "path"),
    [
        (ISTIO, "/charts/base-1.30.0.tgz"),
        (ISTIO, "/else/index.yaml"),
        (RAW, f"{CONTOUR}/none.yaml"),
        (RAW, f"{CONTOUR}/../../versions.json"),
        (RAW, "/projectcontour/contour/v1.33.7/examples/contour/01-crds.yaml"),
    ],
)
def test_what_was_not_built_is_not_there(cloud: RunningCloud, host: str, path: str) -> None:
    assert get(cloud, host, path)[0] == 404
