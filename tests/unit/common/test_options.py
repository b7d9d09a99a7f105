"""A malformed option is reported by its name, and its value is not shown."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.spec import ARGUMENT_SPEC
from ansible_collections.pingpong.platform.plugins.plugin_utils.options import malformed


def one(**more: Any) -> dict[str, Any]:
    return {"certificates": [{"name": "edge", **more}]}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a switch": (one(ca=True), "certificates[0].ca: found a bool, expected a dict of path_length"),
    "a word": (one(key="rsa-2048"), "certificates[0].key: found a str, expected a dict of algorithm"),
    "one for a list": ({"certificates": {"name": "edge"}}, "certificates: found a dict, expected a list"),
    "words for dicts": ({"certificates": ["edge"]}, "certificates[0]: found a str, expected a dict of ca, common_name"),
    "a text for a list": ({"certificates": "- name: edge"}, "certificates: found a str, expected a list of dicts"),
    "deep below": (
        one(sinks=[{"files": {}}, {"secret": 7}]),
        "certificates[0].sinks[1].secret: found an int, expected a dict of fields, name",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_option_of_another_shape_is_named(case: str) -> None:
    options, message = WRONG[case]
    (problem,) = malformed(ARGUMENT_SPEC, options)
    assert problem.startswith(message)


@pytest.mark.parametrize(
    "options",
    [
        one(ca={}),
        one(ca=None),
        one(ca='{"path_length": 0}'),
        one(key="algorithm=rsa-2048"),
        one(unknown=True),
        {"connection": {"token": "t"}},
    ],
)
def test_what_ansible_takes_or_names_itself_is_left_to_it(options: dict[str, Any]) -> None:
    assert list(malformed(ARGUMENT_SPEC, options)) == []
