"""X-Forwarded-Client-Cert, as Envoy writes it and as others might."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingpong.identity import Identity, parse

A, B = "spiffe://t/ns/a/sa/a", "spiffe://t/ns/b/sa/b"

CASES = {
    "absent": (None, []),
    "empty": (b"", []),
    "by and uri": (f"By={A};URI={B}", [Identity(by=(A,), uri=(B,))]),
    "as Istio writes it": (
        f'By={A};Hash=0a1b;Subject="";URI={B}',
        [Identity(by=(A,), uri=(B,), hash="0a1b")],
    ),
    "separators in quotes": (
        'Subject="CN=a,O=b;c=\\"d\\"";URI=x',
        [Identity(uri=("x",), subject='CN=a,O=b;c="d"')],
    ),
    "several names": ("DNS=a;DNS=b;URI=x;URI=y", [Identity(uri=("x", "y"), dns=("a", "b"))]),
    "two hops": (f"URI={A},URI={B}", [Identity(uri=(A,)), Identity(uri=(B,))]),
    "two headers joined": (f"URI={A}, URI={B}", [Identity(uri=(A,)), Identity(uri=(B,))]),
    "keys in any case": (f"uri={A}", [Identity(uri=(A,))]),
    "an open quote": ('Subject="abc', []),
    "an open quote after a backslash": ('Subject="abc\\', []),
    "a key alone": ("URI", []),
    "ends with a comma": (f"URI={A},", []),
    "text after a quote": ('Subject="a"b;URI=x', []),
    "not ASCII": ("URI=\xff".encode("latin-1"), []),
}


@pytest.mark.parametrize("case", CASES)
def test_parse(case: str) -> None:
    header, expected = CASES[case]
    assert parse(header.encode() if isinstance(header, str) else header) == expected


names = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=30)


@given(st.lists(st.tuples(names, names), min_size=1, max_size=4))
def test_what_is_quoted_comes_back(pairs: list[tuple[str, str]]) -> None:
    def quote(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    header = ",".join(f"URI={quote(uri)};Subject={quote(subject)}" for uri, subject in pairs)
    assert parse(header.encode()) == [Identity(uri=(uri,), subject=subject) for uri, subject in pairs]


@given(st.binary(max_size=200))
def test_nothing_breaks_it(header: bytes) -> None:
    parse(header)
