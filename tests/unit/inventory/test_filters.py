"""Every filter's page names the parameters that its function takes, and a malformed value is an error in words."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

FOLDER = Path(__file__).parents[3] / "plugins" / "filter"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


def filter_module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.pingpong.platform.plugins.filter.{name}")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_of_the_function(name: str) -> None:
    module = filter_module(name)
    page = yaml.safe_load(module.DOCUMENTATION)
    (function,) = module.FilterModule().filters().values()
    parameters = list(inspect.signature(function).parameters.values())
    assert page["name"] == name == function.__name__
    assert list(page["options"]) == ["_input", *(parameter.name for parameter in parameters[1:])]
    required = [parameter.name for parameter in parameters[1:] if parameter.default is inspect.Parameter.empty]
    assert [key for key, option in page["options"].items() if option.get("required")] == ["_input", *required]


def test_a_malformed_value_names_the_filter() -> None:
    with pytest.raises(AnsibleFilterError, match="node_pools: KeyError: 'machine_type'"):
        filter_module("node_pools").FilterModule().filters()["node_pools"]([{"name": "main"}], {})
