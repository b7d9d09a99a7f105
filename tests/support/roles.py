"""Roles' templates, rendered by Ansible itself with an inventory's variables and no play."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROOT = Path(__file__).parents[2]
INVENTORIES = sorted(path.name for path in (ROOT / "inventories").iterdir())
# What a state folder and a pipeline bring, beside the inventory.
GIVEN = {
    "inventory_hostname": "primary",
    "platform_region": "europe-west1",
    "ping_authority_folder": "/pki",
    "ping_image": "registry.example/ping:1.0.0",
    "platform_state": "/state",
    "platform_images": {
        name: f"localhost/pingpong/{name}:1"
        for name in ("ping", "pilot", "contour", "envoy", "prometheus", "kube-state-metrics")
    },
}


def variables(role: str, inventory: str) -> dict[str, Any]:
    """A role's variables as a play would see them, strongest last."""
    loader = DataLoader()
    folder = ROOT / "roles" / role
    files = [folder / "defaults" / "main.yml", *sorted((ROOT / "inventories" / inventory).glob("group_vars/all/*.yml"))]
    found: dict[str, Any] = {"role_path": str(folder), "inventory_dir": str(ROOT / "inventories" / inventory)}
    for file in [*files, folder / "vars" / "main.yml"]:
        if file.exists():
            found |= loader.load_from_file(str(file), trusted_as_template=True) or {}
    return {**found, **GIVEN}


def evaluated(role: str, inventory: str, name: str, **changes: Any) -> Any:
    """One variable, with everything in it resolved."""
    return _templar(role, inventory, changes).template(trust_as_template("{{ " + name + " }}"))


def rendered(role: str, inventory: str, template: str, **changes: Any) -> list[Any]:
    """The documents that a template of the role makes."""
    text = (ROOT / "roles" / role / "templates" / template).read_text()
    return [
        document
        for document in yaml.safe_load_all(str(_templar(role, inventory, changes).template(trust_as_template(text))))
        if document
    ]


def _templar(role: str, inventory: str, changes: dict[str, Any]) -> Templar:
    return Templar(DataLoader(), variables={**variables(role, inventory), **changes})
