"""Where a node's containerd pulls what it has not."""

from __future__ import annotations

import tomllib
from pathlib import Path

from testbed.nodes.registry.mirror import FOLDER, Mirror, folder, hosts, write

MIRROR = Mirror("https://198.51.100.1:18443/registry", "PEM\n", "ya29.n.local-x")
URL = "https://198.51.100.1:18443/registry/v2"


def test_every_registry_is_the_local_clouds() -> None:
    assert tomllib.loads(hosts(MIRROR)) == {
        "host": {
            URL: {
                "capabilities": ["pull", "resolve"],
                "override_path": True,
                "ca": f"{FOLDER}/_default/authority.pem",
                "header": {"authorization": "Bearer ya29.n.local-x"},
            }
        }
    }


def test_the_token_is_its_owners_alone(tmp_path: Path) -> None:
    write(tmp_path, MIRROR)
    files = {path.name: path for path in (folder(tmp_path) / "_default").iterdir()}
    assert set(files) == {"authority.pem", "hosts.toml"}
    assert files["hosts.toml"].stat().st_mode & 0o777 == 0o600
