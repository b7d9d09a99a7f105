"""Make the checkout importable as ``ansible_collections.pingpong.platform`` in tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
LINK = ROOT / ".collections" / "ansible_collections" / "pingpong" / "platform"

if not LINK.is_symlink():
    LINK.parent.mkdir(parents=True, exist_ok=True)
    LINK.symlink_to("../../..")
for path in (ROOT / ".collections", ROOT, ROOT / "service" / "src"):
    if str(path) not in sys.path:
        sys.path.insert(0, str(path))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests that take many minutes as well")
    parser.addoption("--faults-page", type=Path, help="write what the cloud engine survived to this file")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        skip = pytest.mark.skip(reason="takes many minutes: --long")
        for item in items:
            if "long" in item.keywords:
                item.add_marker(skip)
