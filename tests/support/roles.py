"""Roles' variables and templates, resolved by Ansible itself for a host of an inventory, without a play.

An inventory is taken as it stands: nothing is added to what its own files say but what ``make up`` writes on a machine.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader, init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from testbed.images.catalog import catalog
from testbed.images.recipes import reference

ROOT = Path(__file__).parents[2]
COLLECTION = "pingpong.platform"
INVENTORIES = sorted(path.name for path in (ROOT / "inventories").iterdir())


@cache
def variables(role: str, inventory: str, host: str = "primary") -> dict[str, Any]:
    """A role's variables as a play would see them on ``host``, strongest last."""
    folder = ROOT / "roles" / role
    found = _inventory(inventory)
    hostvars = found.hostvars
    return {
        **_file(folder / "defaults" / "main.yml"),
        **found.get_vars(host=found.inventory.get_host(host), include_hostvars=False),
        **_file(folder / "vars" / "main.yml"),
        "hostvars": hostvars,
        "groups": found.inventory.get_groups_dict(),
        "ansible_play_hosts_all": found.inventory.get_groups_dict()["clusters"],
        "playbook_dir": str(ROOT / "playbooks"),
        "role_path": str(folder),
        "ansible_search_path": [str(folder)],
    }


def evaluated(role: str, inventory: str, name: str, *, host: str = "primary", **changes: Any) -> Any:
    """One variable or expression, with everything in it resolved."""
    return _resolved(role, inventory, host, "{{ " + name + " }}", changes)


def by_name(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Entries of a list of a role's, each by its name."""
    return {entry["name"]: entry for entry in entries}


def rendered(role: str, inventory: str, template: str, *, host: str = "primary", **changes: Any) -> list[Any]:
    """The documents that a template of the role makes."""
    text = evaluated(role, inventory, f"lookup('ansible.builtin.template', '{template}')", host=host, **changes)
    return [document for document in yaml.safe_load_all(text) if document]


class _Variables(VariableManager):
    """An inventory's variables, and its hosts' as templates look them up."""

    def __init__(self, name: str) -> None:
        loader = DataLoader()
        self.inventory = InventoryManager(loader, sources=[str(ROOT / "inventories" / name)])
        super().__init__(loader, self.inventory)
        self.hostvars = HostVars(self.inventory, self, loader)


_inventory = cache(_Variables)


@cache
def _load_plugins() -> None:
    """Ansible's own plugins by their full names; after Python's finders, so that imports stay the tests' own."""
    finders, hooks = list(sys.meta_path), list(sys.path_hooks)
    init_plugin_loader([])
    added = [finder for finder in sys.meta_path if finder not in finders]
    sys.meta_path[:] = [*finders, *added]
    sys.path_hooks[:] = hooks
    filter_loader.get("ansible.builtin.combine")  # fills the cache that ours are put into
    for name, function in _filters().items():
        full = f"{COLLECTION}.{name}"
        filter_loader._cached_non_collection_wrappers[full] = filter_loader._wrap_func(full, full, function)


def _resolved(role: str, inventory: str, host: str, text: str, changes: dict[str, Any]) -> Any:
    _load_plugins()
    templar = Templar(DataLoader(), variables={**variables(role, inventory, host), **changes})
    with mock.patch.dict(os.environ, PINGPONG_STATE=_state()):
        return templar.template(trust_as_template(text))


@cache
def _filters() -> dict[str, Callable[..., Any]]:
    """The collection's filters: without a play nobody loads a collection."""
    found: dict[str, Callable[..., Any]] = {}
    for path in (ROOT / "plugins" / "filter").glob("*.py"):
        spec = importlib.util.spec_from_file_location(f"pingpong_filter_{path.stem}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= module.FilterModule().filters()
    return found


@cache
def _state() -> str:
    """A state folder as ``make up`` leaves it: the names of the images that it builds."""
    folder = Path(tempfile.mkdtemp(prefix="pingpong-state-"))
    everything = catalog()
    (folder / "images.json").write_text(
        json.dumps({recipe.name: reference(recipe, everything) for recipe in everything})
    )
    return str(folder)


def _file(path: Path) -> dict[str, Any]:
    return (DataLoader().load_from_file(str(path), trusted_as_template=True) or {}) if path.exists() else {}
