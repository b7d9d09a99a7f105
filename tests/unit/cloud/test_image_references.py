"""What ``registry_image`` takes, and in which words it refuses the rest."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.images.references import Copy, parse, refused
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError

HOST = "europe-docker.pkg.dev"
PING = f"{HOST}/my-project/images/ping:1.2.3"


@pytest.mark.parametrize(
    "source",
    [
        "oci-archive:dist/ping.tar",
        "docker-archive:ping.tar:ping:1",
        f"docker://docker.io/istio/pilot@sha256:{'0' * 64}",
    ],
)
@pytest.mark.parametrize("destination", [PING, f"us-east1-docker.pkg.dev/p-1234/a/istio/pilot_x:1.29.1-{'a' * 90}"])
def test_a_copy(source: str, destination: str) -> None:
    assert parse([{"source": source, "destination": destination}]) == [
        Copy(source, destination, destination.partition("/")[0])
    ]


@pytest.mark.parametrize(
    ("source", "destination", "problem"),
    [
        ("ping.tar", PING, r"images\[0\].source: found 'ping.tar', expected one of .*such as oci-archive:"),
        ("oci-archive:", PING, r"images\[0\].source: found 'oci-archive:'"),
        ("http://example.com/ping.tar", PING, r"images\[0\].source"),
        (
            "oci:a",
            "localhost/ping:1",
            r"images\[0\].destination: found 'localhost/ping:1', expected an image of Artifact",
        ),
        ("oci:a", f"{HOST}/my-project/images/ping", "with its tag"),
        ("oci:a", f"{HOST}/my-project/images/ping@sha256:{'0' * 64}", "with its tag"),
        ("oci:a", f"{HOST}/my-project/ping:1", "expected an image of Artifact Registry"),
        ("oci:a", f"{HOST}/my-project/images/Ping:1", "expected an image of Artifact Registry"),
        (
            "oci:a",
            "europe-docker.pkg.dev.example.com/my-project/images/ping:1",
            "expected an image of Artifact Registry",
        ),
    ],
)
def test_what_is_malformed_is_named(source: str, destination: str, problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        parse([{"source": source, "destination": destination}])


def test_one_destination_is_one_image() -> None:
    with pytest.raises(OptionError, match=r"images\[1\].destination: found .* a second time"):
        parse([{"source": "oci:a", "destination": PING}, {"source": "oci:b", "destination": PING}])


def test_a_moved_tag_is_told_with_both_digests() -> None:
    said = refused(Copy("oci:a", PING, HOST), "sha256:1", "sha256:2")
    assert said.startswith(f"images: {PING} is sha256:1 already, found sha256:2 in oci:a; a tag is never moved")
