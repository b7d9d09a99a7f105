"""DNS names and record data: what is well-formed."""

from __future__ import annotations

import ipaddress
import re

from testbed.cloud.services.dns.rules.text import strings as text_strings

LABEL = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)"
NAME = re.compile(rf"(?:\*\.)?(?:{LABEL}\.)+")
# https://cloud.google.com/dns/docs/records-overview#supported_dns_record_types
TYPES = frozenset(
    {"A", "AAAA", "ALIAS", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "IPSECKEY", "MX", "NAPTR", "NS", "PTR", "SOA",
     "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"}
)  # fmt: skip


def is_name(text: str) -> bool:
    """Whether a text is an absolute domain name of legal length."""
    return len(text) <= 254 and bool(NAME.fullmatch(text))


def within(name: str, zone: str) -> bool:
    """Whether a name is the zone's apex or below it."""
    return name.lower() == zone.lower() or name.lower().endswith("." + zone.lower())


def is_data(kind: str, text: str) -> bool:
    """Whether a text is record data of this type, as far as the type is checked here."""
    parts = text.split()
    if kind in ("A", "AAAA"):
        try:
            return ipaddress.ip_address(text).version == (4 if kind == "A" else 6)
        except ValueError:
            return False
    if kind in ("CNAME", "NS", "PTR"):
        return is_name(text)
    if kind == "MX":
        return len(parts) == 2 and parts[0].isdigit() and is_name(parts[1])
    if kind == "SRV":
        return len(parts) == 4 and all(part.isdigit() for part in parts[:3]) and (is_name(parts[3]) or parts[3] == ".")
    if kind == "CAA":
        return len(parts) >= 3 and parts[0].isdigit() and parts[1] in ("issue", "issuewild", "iodef")
    if kind in ("TXT", "SPF"):
        try:
            return bool(text_strings(text))
        except ValueError:
            return False
    return bool(text)
