"""W3C Trace Context: what is read, refused and passed on."""

from __future__ import annotations

import pytest

from pingpong import trace

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"

PARENTS = {
    "version 00": (f"00-{TRACE}-{SPAN}-01", True),
    "not sampled": (f"00-{TRACE}-{SPAN}-00", True),
    "a later version": (f"cc-{TRACE}-{SPAN}-01-what-comes-next", True),
    "version 00 has four fields": (f"00-{TRACE}-{SPAN}-01-more", False),
    "version ff": (f"ff-{TRACE}-{SPAN}-01", False),
    "upper case": (f"00-{TRACE.upper()}-{SPAN}-01", False),
    "no trace": (f"00-{'0' * 32}-{SPAN}-01", False),
    "no parent": (f"00-{TRACE}-{'0' * 16}-01", False),
    "short": (f"00-{TRACE[1:]}-{SPAN}-01", False),
    "empty": ("", False),
}


@pytest.mark.parametrize("case", PARENTS)
def test_parse(case: str) -> None:
    header, accepted = PARENTS[case]
    found = trace.parse(header.encode())
    assert (found is not None) == accepted
    if found is not None:
        assert (found.trace_id, found.parent_id) == (TRACE, SPAN)


def test_a_child_stays_in_the_trace_and_keeps_its_state() -> None:
    parent = trace.Trace(TRACE, SPAN, "00", b"a=1,b=2")
    headers = parent.child().headers()
    assert headers[b"traceparent"].startswith(f"00-{TRACE}-".encode())
    assert headers[b"traceparent"].endswith(b"-00")
    assert SPAN.encode() not in headers[b"traceparent"]
    assert headers[b"tracestate"] == b"a=1,b=2"


def test_a_state_that_is_too_long_is_dropped() -> None:
    found = trace.parse(f"00-{TRACE}-{SPAN}-01".encode(), b"a=" + b"1" * 511)
    assert found is not None
    assert b"tracestate" not in found.headers()


def test_new_traces_differ() -> None:
    assert trace.new().trace_id != trace.new().trace_id
