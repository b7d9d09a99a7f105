"""An image without a tag would be pulled under a tag that nobody gave; the role says so before it does anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.plays import play


@pytest.mark.parametrize(
    ("image", "good"),
    [
        ("localhost:5000/ping:1", True),
        ("registry.example/ping@sha256:0123", True),
        ("localhost:5000/ping", False),
    ],
)
def test_an_image_has_its_tag(image: str, good: bool, tmp_path: Path) -> None:
    known = {
        "ping_image": image,
        "ping_authority_folder": "",
        "platform_domain": "x.example",
        "platform_environment": "x",
        "platform_trust_domain": "x.example",
    }
    done = play(tmp_path, [], vars=known, roles=["pingpong.platform.ping"])
    refused = f'ping_image: found "{image}", expected an image with its tag or digest'
    assert done.returncode != 0, "the play has no cluster to go on with"
    assert (refused not in " ".join(done.stdout.split())) is good, done.stdout
