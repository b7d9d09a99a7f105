"""An image without a tag would be pulled under a tag that nobody gave; the role says so before it does anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


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
    }
    book = [{"hosts": "localhost", "gather_facts": False, "vars": known, "roles": ["pingpong.platform.ping"]}]
    (tmp_path / "play.json").write_text(json.dumps(book))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "play.json"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")},
        capture_output=True,
        text=True,
        check=False,
    )
    refused = f'ping_image: found "{image}", expected an image with its tag or digest'
    assert done.returncode != 0, "the play has no cluster to go on with"
    assert (refused not in " ".join(done.stdout.split())) is good, done.stdout
