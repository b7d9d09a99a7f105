"""TXT data in every form that an inventory may write them in, as the strings that are then on the wire."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.dns_data import canonical_datum
from dnslib import QTYPE, RR

LONG = "k" * 300

TEXTS: list[tuple[str, str, list[bytes]]] = [
    ("words", "v=spf1 -all", [b"v=spf1 -all"]),
    ("in quotes, as a zone file has them", '"v=spf1 -all"', [b"v=spf1 -all"]),
    ("quotes within", 'say "hi"', [b'say "hi"']),
    ("quotes first", '"hi" he said', [b'"hi" he said']),
    ("quotes in quotes", '"say \\"hi\\""', [b'say "hi"']),
    ("a quote that is never closed", '"half', [b'"half']),
    ("a backslash", r"C:\temp", [rb"C:\temp"]),
    ("a backslash at the end", "end\\", [b"end\\"]),
    ("a backslash in quotes", r'"C:\\temp"', [rb"C:\temp"]),
    ("a semicolon", "v=DKIM1; p=A", [b"v=DKIM1; p=A"]),
    ("several strings", '"one" "two"', [b"one", b"two"]),
    ("several strings without a blank", '"one""two"', [b"one", b"two"]),
    ("more than one string holds", LONG, [b"k" * 255, b"k" * 45]),
    ("more than one string holds, in quotes", f'"{LONG}"', [b"k" * 255, b"k" * 45]),
    ("exactly what one string holds", "k" * 255, [b"k" * 255]),
    ("letters of more than a byte", "zoë", ["zoë".encode()]),
    ("a byte by its number", r'"zo\195\171"', ["zoë".encode()]),
    ("nothing", "", [b""]),
]


@pytest.mark.parametrize(("text", "wire"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_text_on_the_wire(text: str, wire: list[bytes]) -> None:
    datum = canonical_datum("TXT", text)
    assert strings(datum) == wire
    assert canonical_datum("TXT", datum) == datum, "it is its own canonical form"


def strings(datum: str) -> list[bytes]:
    """The strings of a datum, as a parser of zone files that is not ours reads them; it knows no numbered bytes."""
    if "\\1" not in datum:
        (record,) = RR.fromZone(f"a. 30 TXT {datum}")
        assert record.rtype == QTYPE.TXT
        return [bytes(part) for part in record.rdata.data]
    return [datum[1:-1].encode().replace(b"\\195\\171", "ë".encode())]


DATA: list[tuple[str, str, str]] = [
    ("MX", "10  Mail.Example.org", "10 mail.example.org."),
    ("CNAME", "Other.example.org", "other.example.org."),
    ("SRV", "0 5 443 Host.example.org.", "0 5 443 host.example.org."),
    ("AAAA", "2001:0DB8::0001", "2001:db8::1"),
    ("CAA", "0 ISSUE letsencrypt.org", '0 issue "letsencrypt.org"'),
    ("CAA", '0 issue "letsencrypt.org"', '0 issue "letsencrypt.org"'),
    ("DS", "1 8 2 ABCD", "1 8 2 abcd"),
    ("A", "not an address", "not an address"),
]


@pytest.mark.parametrize(("kind", "text", "canonical"), DATA)
def test_data_of_other_types(kind: str, text: str, canonical: str) -> None:
    assert canonical_datum(kind, text) == canonical
