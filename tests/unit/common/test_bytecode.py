"""``module_utils`` is imported from bytecode, by Python's own loader, and nothing else is."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.plugin_utils.bytecode import BytecodeFinder

PLUGINS = Path(__file__).parents[3] / "plugins"
PACKAGE = "ansible_collections.pingpong.platform.plugins"


@pytest.mark.parametrize(
    ("name", "file"),
    [("common.errors", "common/errors.py"), ("kubernetes", "kubernetes/__init__.py")],
    ids=["a module", "a package"],
)
def test_a_file_of_module_utils_has_pythons_own_loader(name: str, file: str) -> None:
    folder = (PLUGINS / "module_utils" / file).parent
    path = folder.parent if file.endswith("__init__.py") else folder
    spec = BytecodeFinder.find_spec(f"{PACKAGE}.module_utils.{name}", [str(path)])
    assert spec is not None and isinstance(spec.loader, SourceFileLoader)
    assert spec.cached is not None and "__pycache__" in spec.cached


@pytest.mark.parametrize("name", [f"{PACKAGE}.action.k8s_apply", "ansible_collections.other.one.x", "json"])
def test_everything_else_is_left_to_the_other_finders(name: str) -> None:
    assert BytecodeFinder.find_spec(name, [str(PLUGINS / "module_utils" / "common")]) is None


def test_what_is_not_there_is_not_found() -> None:
    assert BytecodeFinder.find_spec(f"{PACKAGE}.module_utils.common.nothing", [str(PLUGINS)]) is None
