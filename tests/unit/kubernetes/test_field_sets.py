"""Field sets: what two of them have in common with sets of paths, and how a path is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.field_sets import (
    difference,
    has_key,
    indexed,
    members,
    shown,
    union,
    value_at,
)
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])
NODE: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.just({}),
    lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3).flatmap(
        lambda node: st.sampled_from([node, {".": {}, **node}])
    ),
    max_leaves=8,
)
SETS = st.dictionaries(NAMES, NODE, max_size=3)


@settings(deadline=None)
@given(SETS, SETS)
def test_union_and_difference_are_those_of_the_paths(one: dict[str, Any], other: dict[str, Any]) -> None:
    left, right = set(members(one)), set(members(other))
    assert set(members(union(one, other))) == left | right
    assert set(members(difference(one, other))) == left - right
    assert difference(one, one) == {}
    rest = difference(one, other)
    assert union(rest, other) == union(one, other)


OBJECT = {"spec": {"ports": [{"port": 1}, {"port": 53}, {"port": 53, "protocol": "UDP"}], "set": ["x", "y"]}}
UDP = ("f:spec", "f:ports", 'k:{"port":53,"protocol":"UDP"}')


def test_a_path_is_found_and_shown() -> None:
    assert value_at(OBJECT, UDP) == {"port": 53, "protocol": "UDP"}
    assert (shown(UDP), indexed(UDP, OBJECT)) == ("spec.ports[53,UDP]", "spec.ports[2]")
    annotation = ("f:metadata", "f:annotations", "f:example.org/x")
    assert shown(annotation) == "metadata.annotations.example.org/x"
    assert indexed(("f:spec", "f:set", 'v:"y"'), OBJECT) == "spec.set[1]"


@pytest.mark.parametrize(
    ("item", "key", "has"),
    [
        ({"containerPort": 53}, {"containerPort": 53, "protocol": "TCP"}, True),
        ({"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}, False),
        ({"name": "a", "value": "b"}, {"name": "a"}, True),
        ({"value": "b"}, {"name": "a"}, False),
        ("x", "x", True),
        (1, True, False),
    ],
)
def test_the_key_of_an_item(item: Any, key: Any, has: bool) -> None:
    assert has_key(item, json.loads(json.dumps(key))) is has
