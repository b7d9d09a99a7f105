"""TXT data between its presentation form and the wire: RFC 1035, sections 3.3.14 and 5.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.cloud.services.dns.rules.text import presented, strings

FORMS = {
    "one string": ('"v=spf1 -all"', [b"v=spf1 -all"]),
    "quotes inside": (r'"say \"hi\""', [b'say "hi"']),
    "backslash": (r'"a\\b"', [b"a\\b"]),
    "several strings": ('"one" "two"', [b"one", b"two"]),
    "strings that touch": ('"one""two"', [b"one", b"two"]),
    "words without quotes": ("v=DMARC1; p=none", [b"v=DMARC1;", b"p=none"]),
    "a word and a string": ('a "b c"', [b"a", b"b c"]),
    "a byte by its number": (r'"\200\0651"', [b"\xc8A1"]),
    "beyond ASCII": ('"é"', ["é".encode()]),
    "empty": ('""', [b""]),
    "longest": (f'"{"a" * 255}"', [b"a" * 255]),
}


@pytest.mark.parametrize(("text", "wire"), FORMS.values(), ids=FORMS)
def test_presentation_form_to_wire(text: str, wire: list[bytes]) -> None:
    assert strings(text) == wire


@pytest.mark.parametrize("text", ['"open', 'a"b', '"a"b"', f'"{"a" * 256}"', r'"\999"', "\\"])
def test_malformed(text: str) -> None:
    with pytest.raises(ValueError, match=r"TXT data|no byte"):
        strings(text)


@given(st.lists(st.binary(max_size=255), min_size=1, max_size=4))
def test_what_is_presented_reads_back(wire: list[bytes]) -> None:
    assert strings(presented(wire)) == wire
