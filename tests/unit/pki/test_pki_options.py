"""What options are read as, and what a wrong one is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.desired import parse_desired
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import RenewBefore, parse_span, shorten
from ansible_collections.pingpong.platform.plugins.module_utils.pki.names import parse_names

SPANS = {"90d": timedelta(days=90), "36h": timedelta(hours=36), "1d12h": timedelta(days=1.5), "1y": timedelta(days=365)}


@pytest.mark.parametrize("text", SPANS)
def test_a_span_is_read(text: str) -> None:
    assert parse_span("validity", text) == SPANS[text]


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "1.5d", "0d", "90 d", "1month"])
def test_no_span(text: str) -> None:
    with pytest.raises(OptionError, match=r'^validity: found ".*", expected a span'):
        parse_span("validity", text)


@pytest.mark.parametrize(
    ("text", "life", "window"),
    [("33%", 90, 29.7), ("30d", 90, 30), ("1%", 100, 1)],
)
def test_a_renewal_window(text: str, life: int, window: float) -> None:
    assert RenewBefore.parse("renew_before", text).window(timedelta(days=life)) == timedelta(days=window)


@pytest.mark.parametrize("text", ["0%", "100%", "-5%", "a third"])
def test_no_renewal_window(text: str) -> None:
    with pytest.raises(OptionError, match="renew_before"):
        RenewBefore.parse("renew_before", text)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (59, "59s"), (3 * 86400 + 7200 + 60, "3d2h"), (-90, "1m30s")])
def test_spans_in_words(seconds: int, text: str) -> None:
    assert shorten(timedelta(seconds=seconds)) == text


def test_names_are_normalised_so_that_equal_sets_are_equal() -> None:
    one = parse_names("c", {"dns": ["B.example", "a.example", "A.example"], "ips": ["::0001", "10.0.0.1"]})
    other = parse_names("c", {"dns": ["a.example", "b.example"], "ips": ["10.0.0.1", "::1"]})
    assert one == other


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no name at all": ({}, "expected one"),
    "an underscored wildcard": ({"dns": ["a.*.example"]}, r"dns\[0\]: found \"a\.\*\.example\", expected a DNS name"),
    "letters beyond ASCII": ({"dns": ["bücher.example"]}, r"xn--"),
    "a host as address": ({"ips": ["localhost"]}, r"ips\[0\]: found \"localhost\", expected an IPv4 or IPv6"),
    "an address among the DNS names": (
        {"dns": ["10.0.0.1"]},
        r"dns\[0\]: found \"10.0.0.1\", expected a DNS name; an address belongs into ips",
    ),
    "no window": (
        {"common_name": "x", "renew_before": "0.33"},
        'renew_before: found "0.33", expected a span .* or a share such as 33%',
    ),
    "always due, by its share": (
        {"common_name": "x", "validity": "1m", "renew_before": "33%"},
        "renew_before: found a window as long as the validity",
    ),
    "no scheme": ({"uris": ["example.org/x"]}, r"uris\[0\]: found .* expected a URI"),
    "an address with a zone": (
        {"ips": ["fe80::1%eth0"]},
        r"ips\[0\]: found \"fe80::1%eth0\", expected an IPv4 or IPv6",
    ),
    "an open bracket": ({"uris": ["http://[::1"]}, r"uris\[0\]: found .* expected a URI"),
    "an address with a name": ({"emails": ["Some One<one@example.org>"]}, r"emails\[0\]: found .* expected an address"),
    "an address in brackets": ({"emails": ["<one@example.org>"]}, r"emails\[0\]: found .* expected an address"),
    "no mailboxes": (
        {"common_name": "x", "ca": {}, "name_constraints": {"excluded": {"emails": [""]}}},
        r"excluded.emails\[0\]: found \"\", expected a domain",
    ),
    "longer than time": ({"common_name": "x", "validity": "99999999999d"}, "validity: found .* at most 1000y"),
    "a common name of many bytes": ({"common_name": "☃" * 22}, "found 66 bytes in UTF-8, expected at most 64"),
    "an organization too long": ({"organization": "x" * 65}, "found 65 characters, expected at most 64"),
    "a name that ends early": ({"common_name": "good.example\0.bad.example"}, "found a control character"),
    "a path length beyond all": (
        {"common_name": "x", "ca": {"path_length": 10**30}},
        "expected 0 or more, at most 255",
    ),
    "no address": ({"emails": ["someone"]}, r"emails\[0\]: found .* expected an address"),
    "a common name too long": ({"common_name": "x" * 65}, "found 65 bytes in UTF-8, expected at most 64"),
    "constraints on a leaf": (
        {"common_name": "x", "name_constraints": {"permitted": {"dns": ["example.org"]}}},
        "found them on a leaf",
    ),
    "a network that is none": (
        {"common_name": "x", "ca": {}, "name_constraints": {"permitted": {"ips": ["10.0.0.1/8"]}}},
        "expected a network",
    ),
    "an authority that may not sign": (
        {"common_name": "x", "ca": {}, "usages": ["digital_signature"]},
        "expected key_cert_sign exactly where ca is given",
    ),
    "an authority without a subject": ({"dns": ["example.org"], "ca": {}}, "neither common_name nor organization"),
    "a leaf that may sign": ({"common_name": "x", "usages": ["key_cert_sign"]}, "exactly where ca is given"),
    "a negative path length": ({"common_name": "x", "ca": {"path_length": -1}}, "expected 0 or more"),
    "always due": ({"common_name": "x", "validity": "30d", "renew_before": "30d"}, "a window as long as the validity"),
    "Ed25519 in the mesh": (
        {"common_name": "x", "key": {"algorithm": "ed25519"}, "mesh_leaf": True},
        "for a mesh leaf, expected ecdsa-p256.*handshake",
    ),
    "an algorithm of old": ({"common_name": "x", "key": {"algorithm": "dsa"}}, 'found "dsa", expected one of ecdsa'),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_option_is_told_where_it_stands(case: str) -> None:
    options, message = WRONG[case]
    with pytest.raises(OptionError, match=message) as error:
        parse_desired("certificates[3]", {"name": "edge", **options})
    assert str(error.value).startswith("certificates[3]")
