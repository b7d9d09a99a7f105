from __future__ import annotations

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import dump, load_all, plain
from ansible_collections.pingpong.platform.plugins.module_utils.common.results import diff


class Tagged(str):
    __slots__ = ()


class TaggedDict(dict):
    pass


class TaggedList(list):
    pass


def test_plain_strips_subclasses_all_the_way_down() -> None:
    value = plain(TaggedDict({Tagged("a"): TaggedList([Tagged("b"), 1, 2.5, True, None])}))
    assert value == {"a": ["b", 1, 2.5, True, None]}
    assert [type(value), type(value["a"])] == [dict, list]
    assert {type(key) for key in value} == {str}
    assert [type(item) for item in value["a"]] == [str, int, float, bool, type(None)]


@pytest.mark.parametrize(
    "text", ["2027-01-01T00:00:00Z", "2027-01-01T02:00:00+02:00", "2027-01-01T00:00:00.250000Z", "2027-01-01"]
)
def test_a_time_that_yaml_has_read_is_text_again(text: str) -> None:
    read = yaml.safe_load(f"at: {text}")
    assert not isinstance(read["at"], str) and plain(read) == {"at": text}


@pytest.mark.parametrize("text", ["=", "2027-01-01", "2027-01-01T00:00:00Z", "2027-01-01 00:00:00"])
def test_what_kubernetes_reads_as_text_is_text(text: str) -> None:
    assert load_all(f"enum:\n- {text}\n") == [{"enum": [text]}]


def test_yaml_round_trip_without_aliases() -> None:
    shared = {"k": "v"}
    text = dump({"b": shared, "a": shared})
    assert text == "a:\n  k: v\nb:\n  k: v\n"
    assert load_all(text) == [{"a": shared, "b": shared}]


def test_malformed_yaml_says_where_and_shows_nothing_of_it() -> None:
    with pytest.raises(ValueError, match="line 2") as caught:
        load_all("password: hunter2\n  x: [\n")
    assert "hunter2" not in str(caught.value)


def test_diff_of_a_created_thing() -> None:
    assert diff(None, {"a": 1}, "thing") == {
        "before": "",
        "after": "a: 1\n",
        "before_header": "thing",
        "after_header": "thing",
    }
