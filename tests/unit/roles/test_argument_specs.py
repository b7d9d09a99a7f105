"""A role's defaults and its argument spec say the same, and every variable is the role's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text()) if path.exists() else {}


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest) -> Path:
    return ROOT / "roles" / request.param


def options(role: Path) -> dict[str, Any]:
    entry_points = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    return {name: spec for point in entry_points.values() for name, spec in point.get("options", {}).items()}


def derived(role: Path) -> set[str]:
    """The options whose default is an expression of another type than its text: no spec can say it."""
    defaults = load(role / "defaults" / "main.yml") or {}
    found = {name: spec for name, spec in options(role).items() if "default" not in spec}
    return {name for name in found if found[name]["type"] != "str" and str(defaults.get(name)).startswith("{{")}


def test_has_a_page(role: Path) -> None:
    page = (role / "README.md").read_text()
    assert page.startswith(f"# {role.name}\n")
    assert re.findall(r"\b[A-Z]\([^)]*\)", page) == [], "markup of ansible-doc, which no page knows"


def test_every_default_is_specified_with_the_same_value(role: Path) -> None:
    defaults = load(role / "defaults" / "main.yml") or {}
    specified = {name: spec.get("default") for name, spec in options(role).items()}
    assert {name: specified.get(name, "not specified") for name in defaults if name not in derived(role)} == {
        name: default for name, default in defaults.items() if name not in derived(role)
    }


def test_every_option_without_default_is_required(role: Path) -> None:
    defaults = load(role / "defaults" / "main.yml") or {}
    optional = [name for name, spec in options(role).items() if not spec.get("required") and name not in defaults]
    assert optional == []


def test_a_mistyped_state_is_refused(role: Path) -> None:
    states = {name: spec.get("choices") for name, spec in options(role).items() if name == f"{role.name}_state"}
    assert all(choices == ["present", "absent"] for choices in states.values()), states


def test_every_variable_carries_the_role_name(role: Path) -> None:
    internal = load(role / "vars" / "main.yml") or {}
    names = [*options(role), *(load(role / "defaults" / "main.yml") or {})]
    assert [name for name in names if not name.startswith((f"{role.name}_", "platform_"))] == []
    assert [name for name in internal if not name.startswith(f"__{role.name}_")] == []


def test_every_option_is_read(role: Path) -> None:
    pages = {"README.md", "argument_specs.yml"}
    text = "".join(path.read_text() for path in role.rglob("*") if path.is_file() and path.name not in pages)
    defaults = load(role / "defaults" / "main.yml") or {}
    assert [name for name in options(role) if name in defaults and text.count(name) < 2] == []
