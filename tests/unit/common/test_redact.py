from __future__ import annotations

import json

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.redact import (
    MASKED,
    MASKED_NEW,
    MASKED_OLD,
    redact_pair,
    redact_secret,
    redact_text,
)


def secret(**fields: object) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **fields}


def test_a_secret_keeps_its_keys_and_loses_its_values() -> None:
    shown = redact_secret(secret(data={"a": "aHVudGVyMg=="}, stringData={"b": "hunter2"}, type="Opaque"))
    assert shown == secret(data={"a": MASKED}, stringData={"b": MASKED}, type="Opaque")


def test_other_kinds_are_left_alone() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}
    assert redact_secret(config) is config
    assert redact_secret(None) is None


def test_a_diff_shows_which_keys_changed() -> None:
    before, after = redact_pair(
        secret(data={"same": "1", "other": "2", "gone": "3"}), secret(data={"same": "1", "other": "4", "new": "5"})
    )
    assert before == secret(data={"same": MASKED, "other": MASKED_OLD, "gone": MASKED})
    assert after == secret(data={"same": MASKED, "other": MASKED_NEW, "new": MASKED})


@pytest.mark.parametrize(
    "leak",
    [
        secret(data="hunter2"),
        secret(data={"a": {"deep": "hunter2"}}),
        secret(
            metadata={
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"stringData":{"a":"hunter2"}}'}
            }
        ),
    ],
    ids=["not a map", "a nested value", "kubectl's copy"],
)
def test_no_shape_leaks(leak: dict[str, object]) -> None:
    assert "hunter2" not in json.dumps(redact_secret(leak))
    assert "hunter2" not in json.dumps(redact_pair(None, leak))
    assert "hunter2" not in json.dumps(redact_pair(leak, secret()))


def test_text_is_masked_longest_first() -> None:
    assert redact_text("x abcdef y abc", ["abc", "abcdef", ""]) == f"x {MASKED} y {MASKED}"
