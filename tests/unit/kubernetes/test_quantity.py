from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.quantity import equal, parse
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("left", "right"),
    [("0.1", "100m"), (1, "1"), ("1", "1000m"), ("1Gi", "1024Mi"), ("1.5Gi", "1536Mi"), ("1e3", "1k"), ("1E", "1e18")],
)
def test_equal_amounts(left: object, right: object) -> None:
    assert equal(left, right)
    assert equal(right, left)


@pytest.mark.parametrize(
    ("one", "other"), [("100m", "101m"), ("1G", "1Gi"), ("", ""), ("a", "a"), (True, 1), ("1 Gi", "1Gi"), (None, None)]
)
def test_other_amounts_and_no_amounts(one: object, other: object) -> None:
    assert not equal(one, other)


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    amount = parse(text)
    assert amount is None or amount.is_finite()
