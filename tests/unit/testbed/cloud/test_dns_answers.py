"""From a question to an answer, over records in memory."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.cloud.resolver.answers import answer

PUBLIC = {"dnsName": "example.com.", "visibility": "public"}
INNER = {"dnsName": "inner.example.com.", "visibility": "public"}
ZONES = [PUBLIC, INNER]


def record(name: str, kind: str, *data: str, ttl: int = 60) -> dict[str, Any]:
    return {"name": name, "type": kind, "ttl": ttl, "rrdatas": list(data)}


RECORDS = {
    "example.com.": [
        record("example.com.", "SOA", "ns. host. 1 2 3 4 300", ttl=21600),
        record("a.example.com.", "A", "198.51.100.1", "198.51.100.2"),
        record("alias.example.com.", "CNAME", "a.example.com."),
        record("away.example.com.", "CNAME", "elsewhere.test."),
        record("*.wild.example.com.", "A", "198.51.100.3"),
        record("set.wild.example.com.", "TXT", '"x"'),
        record("deep.tree.example.com.", "A", "198.51.100.4"),
    ],
    "inner.example.com.": [
        record("inner.example.com.", "SOA", "ns. host. 1 2 3 4 300"),
        record("x.inner.example.com.", "A", "198.51.100.5"),
    ],
}

CASES = [
    ("an address", "a.example.com.", "A", "NOERROR", ["198.51.100.1", "198.51.100.2"]),
    ("names ignore case", "A.Example.COM.", "A", "NOERROR", ["198.51.100.1", "198.51.100.2"]),
    ("an alias is followed", "alias.example.com.", "A", "NOERROR", ["a.example.com.", "198.51.100.1", "198.51.100.2"]),
    ("an alias out of our zones ends the answer", "away.example.com.", "A", "NOERROR", ["elsewhere.test."]),
    ("an alias asked for is not followed", "alias.example.com.", "CNAME", "NOERROR", ["a.example.com."]),
    ("a wildcard", "any.wild.example.com.", "A", "NOERROR", ["198.51.100.3"]),
    ("a wildcard gives way to a name that exists", "set.wild.example.com.", "A", "NOERROR", []),
    ("no such type", "a.example.com.", "AAAA", "NOERROR", []),
    ("no such name", "none.example.com.", "A", "NXDOMAIN", []),
    ("a name with names below it exists", "tree.example.com.", "A", "NOERROR", []),
    ("the most specific zone answers", "x.inner.example.com.", "A", "NOERROR", ["198.51.100.5"]),
    ("the outer zone does not answer for the inner", "y.inner.example.com.", "A", "NXDOMAIN", []),
    ("not our zone", "example.org.", "A", "REFUSED", []),
]


@pytest.mark.parametrize(
    ("name", "kind", "code", "data"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_answer(name: str, kind: str, code: str, data: list[str]) -> None:
    found = answer(name, kind, ZONES, lambda zone: RECORDS[zone["dnsName"]], lambda item: list(item["rrdatas"]))
    assert (found.code, [text for _unused, _unused, _unused, texts in found.records for text in texts]) == (code, data)


def test_an_empty_answer_carries_the_zone_with_its_negative_ttl() -> None:
    found = answer("a.example.com.", "MX", ZONES, lambda zone: RECORDS[zone["dnsName"]], lambda item: item["rrdatas"])
    assert [(name, kind, ttl) for name, kind, ttl, _unused in found.authority] == [("example.com.", "SOA", 300)]
