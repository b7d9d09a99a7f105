"""From what the user gives to what is applied, and what is refused on the way."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.objects import (
    SourcedObject,
    flatten,
    prepare,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import DESIRED_HASH, Owner

OWNER = Owner("test", "layer")


def scope(api_version: str, kind: str) -> bool | None:
    return {"Namespace": False, "ConfigMap": True, "Secret": True}.get(kind)


def prepared(*objects: Any, namespace: str = "default") -> list[dict[str, Any]]:
    given = [SourcedObject(f"objects[{place}]", obj) for place, obj in enumerate(objects)]
    return prepare(flatten(given), OWNER, scope, namespace)


def config(name: str = "c", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}}


def test_an_object_is_completed_and_marked() -> None:
    (made,) = prepared(config(labels={"a": "b"}, creationTimestamp=None, uid="u", resourceVersion="1"))
    mark = made["metadata"]["annotations"].pop(DESIRED_HASH)
    assert len(mark) == 32
    assert made == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "c",
            "namespace": "default",
            "labels": {
                "a": "b",
                "app.kubernetes.io/managed-by": "pingpong.platform",
                "pingpong.platform/environment": "test",
                "pingpong.platform/layer": "layer",
            },
            "annotations": {},
        },
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (config(namespace="own"), "own"),
        (config(), "default"),
        ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "namespace": "wrong"}}, None),
        ({"apiVersion": "x/v1", "kind": "Unheard", "metadata": {"name": "n"}}, None),
    ],
    ids=["its own", "the option's", "cluster-wide: none", "an unknown kind: as given"],
)
def test_namespace(given: dict[str, Any], expected: str | None) -> None:
    assert prepared(given)[0]["metadata"].get("namespace") == expected


def test_lists_are_opened_and_empty_documents_dropped() -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [config("a"), None, config("b")]}
    assert [obj["metadata"]["name"] for obj in prepared(None, listed, {})] == ["a", "b"]


def test_a_list_of_a_kind_is_opened_as_the_api_returns_it() -> None:
    listed = {"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "a"}}, config("b")]}
    assert [(obj["kind"], obj["metadata"]["name"]) for obj in prepared(listed)] == [
        ("ConfigMap", "a"),
        ("ConfigMap", "b"),
    ]
    named = {"apiVersion": "x/v1", "kind": "AccessList", "metadata": {"name": "n"}, "items": []}
    assert [obj["kind"] for obj in prepared(named)] == ["AccessList"]


def test_string_data_becomes_data_and_wins() -> None:
    (made,) = prepared(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s"},
            "data": {"a": "eA==", "b": "eA=="},
            "stringData": {"b": "y"},
        }
    )
    assert made["data"] == {"a": "eA==", "b": "eQ=="}
    assert "stringData" not in made


def test_nulls_and_status_are_dropped() -> None:
    (made,) = prepared(config() | {"data": {"a": None, "b": "c"}, "status": {"x": 1}, "items": [{"a": None}]})
    assert made["data"] == {"b": "c"}
    assert made["items"] == [{}]
    assert "status" not in made


def test_the_hash_depends_on_the_desired_state_alone() -> None:
    def mark(obj: dict[str, Any]) -> str:
        return str(prepared(obj)[0]["metadata"]["annotations"][DESIRED_HASH])

    base = config() | {"data": {"a": "b", "c": "d"}}
    assert mark(base) == mark(config() | {"data": {"c": "d", "a": "b"}})
    assert mark(base) == mark(base | {"immutable": None})
    assert mark(base) != mark(config() | {"data": {"a": "b"}})
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    assert mark(secret | {"stringData": {"a": "1"}}) == mark(secret | {"stringData": {"a": "2"}})
    assert mark(secret | {"stringData": {"a": "1"}}) != mark(secret | {"stringData": {"b": "1"}})


MISTAKES: dict[str, tuple[list[Any], str]] = {
    "a string": (["text"], r"objects\[0\]: expected a Kubernetes object, found a string"),
    "no kind": ([{"apiVersion": "v1", "metadata": {"name": "x"}}], r"objects\[0\] .*x\): kind is missing"),
    "no apiVersion": ([{"kind": "ConfigMap"}], r"objects\[0\]: apiVersion is missing, found \['kind'\]"),
    "no name": (
        [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}],
        r"\(ConfigMap\): metadata.name is missing",
    ),
    "no metadata": ([{"apiVersion": "v1", "kind": "ConfigMap"}], r"metadata.name is missing"),
    "generateName": (
        [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "x-"}}],
        r"generateName cannot be applied",
    ),
    "a number as annotation": (
        [config(annotations={"a": 1})],
        r"metadata.annotations.a: expected a string, found a num",
    ),
    "a boolean as label": ([config(labels={"a": True})], r"metadata.labels.a: expected a string, found a boolean"),
    "labels as a list": ([config(labels=["a"])], r"metadata.labels: expected a dict, found a list"),
    "twice": ([config(), config("b"), config()], r"ConfigMap default/c is given twice: by objects\[0\] and .*\[2\]"),
    "a mistake inside a list": (
        [{"apiVersion": "v1", "kind": "List", "items": [config(), {"kind": "X"}]}],
        r"objects\[0\], item 2: apiVersion is missing",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(mistake: str) -> None:
    objects, message = MISTAKES[mistake]
    with pytest.raises(OptionError, match=message):
        prepared(*objects)


def test_a_missing_namespace_is_named() -> None:
    with pytest.raises(OptionError, match=r"metadata\.namespace is missing and the option namespace is not set"):
        prepared(config(), namespace="")


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_a_secret_with_a_wrong_value_is_refused_without_showing_it(field: str) -> None:
    wrong = {"a": "hunter2!"} if field == "data" else {"a": ["hunter2!"]}
    with pytest.raises(OptionError) as caught:
        prepared({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, field: wrong})
    assert f"{field}.a" in str(caught.value)
    assert "hunter2" not in str(caught.value)


LOOP: dict[str, Any] = {}
LOOP["a"] = LOOP


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"a": date(2020, 1, 1)}, r"\(ConfigMap c\): data\.a: expected a value that JSON knows, found date; quote it"),
        ({"a": [b"x"]}, r"data\.a\[0\]: expected a value that JSON knows, found bytes"),
        ({"a": math.nan}, r"data\.a: expected a value that JSON knows, found float"),
        ({"a": -math.inf}, r"data\.a: expected a value"),
        ({True: "x"}, r"data: expected strings as keys, found a boolean; quote it"),
        (LOOP, r"nested too deeply, or an alias to itself"),
    ],
)
def test_what_no_json_can_carry_is_refused_by_name(data: Any, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        prepared(config() | {"data": data})
