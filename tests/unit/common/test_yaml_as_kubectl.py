"""Files are read as kubectl reads them: YAML by the rules of go-yaml v2, JSON as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import load_all
from ansible_collections.pingpong.platform.plugins.module_utils.common.yaml_scalars import resolve
from hypothesis import given, settings
from hypothesis import strategies as st

# Checked against sigs.k8s.io/yaml v1.6.0.
SCALARS: dict[str, Any] = {
    "52:54:00:12:34:56": "52:54:00:12:34:56",
    "190:20:30": "190:20:30",
    "1:30": "1:30",
    "1:30.5": "1:30.5",
    "0777": 511,
    "0o14": 12,
    "08": 8,
    "0x1F": 31,
    "-0x1f": -31,
    "0b11": 3,
    "-0b11": -3,
    "1_000": 1000,
    "_1": "_1",
    "+12": 12,
    "1.0": 1,
    "1e3": 1000,
    "1234e5": 123400000,
    "1.": 1,
    ".5": 0.5,
    "+.5": 0.5,
    ".5_0": ".5_0",
    "1e400": "1e400",
    "99999999999999999999999": 1e23,
    "1.2.3": "1.2.3",
    "yes": True,
    "y": True,
    "On": True,
    "n": False,
    "off": False,
    "No": False,
    "yEs": "yEs",
    "~": None,
    "": None,
    "NULL": None,
    "nULL": "nULL",
    "=": "=",
    "2020-01-01": "2020-01-01",
    "2027-01-01T00:00:00Z": "2027-01-01T00:00:00Z",
    "'1'": "1",
    '"yes"': "yes",
    "!!str 1": "1",
    "!!int '5'": 5,
    "!!binary aGk=": "hi",
    "!custom x": "x",
}


@pytest.mark.parametrize("text", SCALARS)
def test_a_scalar(text: str) -> None:
    (document,) = load_all(f"a: {text}\n")
    value = document["a"]
    # Zero and false are one to Python.
    assert (type(value), value) == (type(SCALARS[text]), SCALARS[text])


@pytest.mark.parametrize(("text", "key"), [("y", "true"), ("off", "false"), ("1", "1"), ("0x10", "16"), ("1.5", "1.5")])
def test_a_key_is_text(text: str, key: str) -> None:
    assert load_all(f"{text}: x\n") == [{key: "x"}]


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("<<: {a: 1, b: 2}\na: 3", {"a": 3, "b": 2}),
        ("a: 3\n<<: {a: 1}", {"a": 1}),
        ("<<: [{a: 1}, {a: 2, b: 2}]", {"a": 1, "b": 2}),
        ("x: &x {a: 1}\nz: {<<: *x, b: 2}", {"x": {"a": 1}, "z": {"a": 1, "b": 2}}),
        ("a: 1\na: 2", {"a": 2}),
    ],
)
def test_merges_and_repeated_keys_as_they_stand(text: str, merged: dict[str, Any]) -> None:
    assert load_all(text) == [merged]


JSON: dict[str, tuple[str, list[Any]]] = {
    "a pair of surrogates": (r'{"a": "\ud83d\ude80"}', [{"a": "🚀"}]),
    "half a pair": (r'{"a": "\ud83d"}', [{"a": "\ufffd"}]),
    "tabs": ('{\n\t"a":\t1\n}\n', [{"a": 1}]),
    "a key twice": ('{"a": 1, "a": 2}', [{"a": 2}]),
    "one after the other": ('{"a": 1} {"b": 2}\n{"c": 3}', [{"a": 1}, {"b": 2}, {"c": 3}]),
    "set apart as YAML": ('{"a": 1}\n---\n{"b": 2}\n---\nc: 0777\n', [{"a": 1}, {"b": 2}, {"c": 511}]),
    "a slash": (r'{"a": "x\/y"}', [{"a": "x/y"}]),
    "words that YAML reads otherwise": ('{"a": "yes", "b": "0777"}', [{"a": "yes", "b": "0777"}]),
    "whole numbers": ('{"a": 1.0, "b": 1e3, "c": 1.5}', [{"a": 1, "b": 1000, "c": 1.5}]),
    "not JSON, but YAML": ("{a: yes}", [{"a": True}]),
    "a number too many for 64 bits": ('{"a": 18446744073709551616000}', [{"a": 1.8446744073709552e22}]),
}  # fmt: skip


@pytest.mark.parametrize("case", JSON)
def test_json(case: str) -> None:
    text, documents = JSON[case]
    assert load_all(text) == documents


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"password": "hunter2",}{', "malformed JSON in line 1, column 2[34]"),  # Python 3.13 says where the comma is
        ('{"a": 1}{"b": 2}{"hunter2"}', "malformed JSON in line 1"),
        ("a: [", "malformed YAML in line 2"),
        ("~: hunter2", "expected a string as key"),
        ("? [a]\n: hunter2", "expected a string as key"),
        ("a: !!int x", "expected a value of type int"),
        ("a: !!binary hunter2", "expected base64"),
        ("<<: hunter2", "expected a mapping"),
    ],
)
def test_what_is_malformed_is_said_without_its_values(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        load_all(text)
    assert "hunter2" not in str(caught.value)


@settings(deadline=None)
@given(st.text(alphabet="0123456789+-._eExobyYnN:~ainfINF", max_size=8))
def test_any_scalar_is_json_or_not_a_number(text: str) -> None:
    value = resolve(text)
    assert value is None or isinstance(value, bool | str | int | float)
    if isinstance(value, float) and math.isfinite(value):
        assert not value.is_integer() or abs(value) >= 1e21


TREE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), TREE, max_size=3))
def test_whatever_json_writes_is_read_back(value: dict[str, Any]) -> None:
    assert load_all(json.dumps(value)) == [value]
