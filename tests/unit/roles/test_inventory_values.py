"""Whatever a role reads has a value in every environment: what the local inventory alone sets is a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2.meta
import jinja2.nodes
import pytest
import yaml

from tests.support.roles import INVENTORIES, ROOT, variables

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
BARE = {"when", "that", "failed_when", "changed_when", "until"}
# What Ansible brings, and what tasks before find out: a cluster's connection, the edge's address, a loop's variable.
GIVEN = {
    "lookup", "omit", "ansible_check_mode", "ansible_failed_result", "ansible_failed_task", "item", "mesh_stage",
}  # fmt: skip
FOUND = {"cluster_connection", "edge_address", "edge_name_servers", "verify_results", "__ping_authority"}
# The drill runs after tasks_from facts of role edge, whose variables that leaves public.
PUBLIC = {"verify": "edge"}


class _Anything(dict[str, Any]):
    """Filters and tests by any name: only names of variables matter here."""

    def get(self, key: str, default: Any = None) -> Any:
        return lambda *_args, **_options: ""


ENVIRONMENT = jinja2.Environment(autoescape=True)
ENVIRONMENT.filters, ENVIRONMENT.tests = _Anything(), _Anything()


def expressions(value: Any, bare: bool = False) -> Iterator[str]:
    """Every template in a YAML document; those under ``when`` and its kin have no braces."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from expressions(entry, bare=key in BARE)
    elif isinstance(value, list):
        for entry in value:
            yield from expressions(entry, bare)
    elif isinstance(value, str):
        yield "{{ " + value + " }}" if bare else value


def names(text: str) -> set[str]:
    """The variables that a template needs; one with a default of its own is not needed."""
    tree = ENVIRONMENT.parse(text)
    guarded = {
        found.node.name
        for found in tree.find_all(jinja2.nodes.Filter)
        if found.name in ("default", "d") and isinstance(found.node, jinja2.nodes.Name)
    }
    return jinja2.meta.find_undeclared_variables(tree) - guarded


def declared(role: Path) -> set[str]:
    """What tasks of the role register, set or loop over, and variables of a task of its own."""
    found: set[str] = set()
    for path in role.glob("tasks/*.yml"):
        pending = [yaml.safe_load(path.read_text())]
        while pending:
            entry = pending.pop()
            pending += entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else []
            if isinstance(entry, dict):
                found |= {entry["register"]} if isinstance(entry.get("register"), str) else set()
                found |= set(entry.get("vars") or {}) | set(entry.get("ansible.builtin.set_fact") or {})
                found |= {(entry.get("ansible.builtin.include_vars") or {}).get("name", "")}
                found |= {(entry.get("loop_control") or {}).get("loop_var", "")}
    return found


def read(role: Path) -> set[str]:
    texts: list[str] = [path.read_text() for path in role.glob("templates/*")]
    for folder in ("defaults", "vars", "tasks"):
        for path in role.glob(f"{folder}/*.yml"):
            texts += expressions(yaml.safe_load(path.read_text()))
    return set().union(*(names(text) for text in texts))


def missing(role: str, known: set[str]) -> set[str]:
    folder = ROOT / "roles" / role
    return read(folder) - known - declared(folder) - GIVEN - FOUND


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("inventory", INVENTORIES)
def test_every_variable_that_a_role_reads_has_a_value(inventory: str, role: str) -> None:
    known = set(variables(role, inventory)) | set(variables(PUBLIC.get(role, role), inventory))
    assert missing(role, known) == set()


def test_a_variable_that_nobody_sets_is_named() -> None:
    known = set(variables("ping", "production"))
    assert missing("ping", known - {"ping_image"}) == {"ping_image"}
    assert missing("mesh", set(variables("mesh", "production")) - {"mesh_root"}) == {"mesh_root"}


# kind's API server listens at 6443 inside its node, GKE's at 443; the other engine is what was built here.
OF_THIS_MACHINE = {
    "network_policy_api_server_ports",
    *(f"admission_kyverno_{name}" for name in ("image", "definitions", "replicas")),
}


# What decides who gets in: a rule that holds on this machine alone proves nothing of production.
@pytest.mark.parametrize("role", ["admission", "pod_security", "network_policy"])
@pytest.mark.parametrize("inventory", sorted(set(INVENTORIES) - {"local"}))
def test_what_the_local_inventory_hardens_every_other_hardens(inventory: str, role: str) -> None:
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())
    local, other = variables(role, "local"), variables(role, inventory)
    changed = {name for name, value in defaults.items() if local[name] != value}
    assert {name for name in changed - OF_THIS_MACHINE if other[name] == defaults[name]} == set()
