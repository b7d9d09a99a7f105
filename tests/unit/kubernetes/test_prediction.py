"""What an apply of ours is predicted to make, held against an oracle: each leaf by who owns it and who declares it."""

from __future__ import annotations

import copy
import json
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.foreign_fields import foreign_fields
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.prediction import applied
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import FIELD_MANAGER
from hypothesis import given, settings
from hypothesis import strategies as st

# A leaf of an object: a field, a map's member, or a field of a list's item, whose key is its name.
Leaf = tuple[str, ...]
LEAVES: list[Leaf] = [
    ("a",), ("map", "x"), ("map", "y"), ("list", "p", "v"), ("list", "p", "w"), ("list", "q", "v"), ("list", "q", "w"),
]  # fmt: skip
VALUES = st.dictionaries(st.sampled_from(LEAVES), st.integers(0, 2))
OWNED = st.sets(st.sampled_from(LEAVES))
PERSON, CONTROLLER = "kubectl-edit", "kube-controller-manager"
REVERT, KEEP = ManagerPolicy(), ManagerPolicy(revert=False)


def built(leaves: dict[Leaf, int]) -> dict[str, Any]:
    """The object with these leaves."""
    spec: dict[str, Any] = {}
    for leaf, value in sorted(leaves.items()):
        if leaf[0] == "list":
            items = spec.setdefault("list", [])
            item = next((item for item in items if item["name"] == leaf[1]), None)
            if item is None:
                items.append(item := {"name": leaf[1]})
            item[leaf[2]] = value
        elif leaf[0] == "map":
            spec.setdefault("map", {})[leaf[1]] = value
        else:
            spec[leaf[0]] = value
    return {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}


def read(obj: dict[str, Any]) -> dict[Leaf, int]:
    """The leaves of an object; a map or list that became empty is none."""
    spec = obj["spec"]
    found: dict[Leaf, int] = {("a",): spec["a"]} if "a" in spec else {}
    found |= {("map", name): value for name, value in spec.get("map", {}).items()}
    for item in spec.get("list", []):
        fields = {name: value for name, value in item.items() if name != "name"}
        assert fields, "an item of which nothing but its name is left"
        found |= {("list", item["name"], name): value for name, value in fields.items()}
    return found


def entry(manager: str, operation: str, leaves: set[Leaf]) -> dict[str, Any]:
    """Who owns these leaves, in the server's form."""
    fields: dict[str, Any] = {}
    for leaf in leaves:
        node = fields.setdefault(f"f:{leaf[0]}", {})
        if leaf[0] == "list":
            node = node.setdefault("k:" + json.dumps({"name": leaf[1]}), {".": {}, "f:name": {}})
        if len(leaf) > 1:
            node[f"f:{leaf[-1]}"] = {}
    return {"manager": manager, "operation": operation, "apiVersion": "example.org/v1", "fieldsV1": {"f:spec": fields}}


def live_object(values: dict[Leaf, int], ours: set[Leaf], theirs: set[Leaf], trusted: set[Leaf]) -> dict[str, Any]:
    """A live object whose every leaf has an owner."""
    owned = ours | theirs | trusted
    live = built({leaf: values.get(leaf, 0) for leaf in owned})
    entries = [(FIELD_MANAGER, "Apply", ours), (PERSON, "Update", theirs), (CONTROLLER, "Update", trusted)]
    live["metadata"]["managedFields"] = [entry(*given) for given in entries if given[2]]
    return live


@settings(deadline=None, max_examples=150)
@given(VALUES, VALUES, OWNED, OWNED, OWNED, st.sampled_from([REVERT, KEEP]))
def test_each_leaf_is_declared_or_somebodys_that_is_trusted_or_gone(
    desired: dict[Leaf, int],
    values: dict[Leaf, int],
    ours: set[Leaf],
    theirs: set[Leaf],
    trusted: set[Leaf],
    policy: ManagerPolicy,
) -> None:
    live = live_object(values, ours, theirs, trusted)
    before = copy.deepcopy(live)
    predicted = applied(built(desired), live, policy)
    kept = trusted if policy.revert else trusted | theirs
    assert read(predicted) == {leaf: values.get(leaf, 0) for leaf in kept} | desired
    assert live == before, "what is given is not changed"
    again = applied(built(desired), predicted, policy)
    assert read(again) == read(predicted)
    assert not foreign_fields(built(desired), predicted, policy), "nothing is left to revert"


@settings(deadline=None, max_examples=80)
@given(VALUES, OWNED, OWNED)
def test_foreign_fields_are_the_undeclared_leaves_of_a_person(
    desired: dict[Leaf, int], ours: set[Leaf], theirs: set[Leaf]
) -> None:
    live = live_object({}, ours, theirs, set())
    named = {field.path for field in foreign_fields(built(desired), live, REVERT)}
    items = {leaf[:2] for leaf in desired if leaf[0] == "list"}
    # An item that is not declared at all is named as one.
    undeclared = {leaf if leaf[0] != "list" or leaf[:2] in items else leaf[:2] for leaf in theirs - desired.keys()}
    assert {_leaf(path) for path in named} == undeclared
    assert not foreign_fields(built(desired), live, KEEP)


def _leaf(path: tuple[str, ...]) -> Leaf:
    return tuple(json.loads(part[2:])["name"] if part.startswith("k:") else part[2:] for part in path[1:])
