"""The execution environment installs the version that this checkout is, and what the collection says that it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def test_it_installs_the_version_of_this_checkout() -> None:
    galaxy = read("galaxy.yml")
    expected = {"name": f"{galaxy['namespace']}.{galaxy['name']}", "version": galaxy["version"]}
    assert read("execution-environment.yml")["dependencies"]["galaxy"]["collections"] == [expected]


def test_what_the_collection_needs_is_in_files_that_are_shipped() -> None:
    ignored = read("galaxy.yml")["build_ignore"]
    for path in read("meta/execution-environment.yml")["dependencies"].values():
        assert (ROOT / path).is_file()
        assert not any(Path(path).match(pattern) for pattern in ignored)
