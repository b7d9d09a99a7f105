# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names in a certificate: DNS names, IP addresses, URIs and email addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError

with suppress(ImportError):  # see libraries.require
    from cryptography import x509

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
DNS = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)*{_LABEL}")
_EMAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@((?:{_LABEL}\.)*{_LABEL})", re.IGNORECASE)
KINDS = ("dns", "ips", "uris", "emails")


@dataclass(frozen=True, slots=True)
class Names:
    """Sorted, normalised names; equal sets of names are equal values."""

    dns: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, kind) for kind in KINDS)

    def to_dict(self) -> dict[str, list[str]]:
        return {kind: list(getattr(self, kind)) for kind in KINDS}

    def general_names(self) -> list[x509.GeneralName]:
        return [
            *(x509.DNSName(name) for name in self.dns),
            *(x509.IPAddress(_ip_value(name)) for name in self.ips),
            *(x509.UniformResourceIdentifier(name) for name in self.uris),
            *(x509.RFC822Name(name) for name in self.emails),
        ]


NO_NAMES = Names()


def parse_names(option: str, options: Mapping[str, Any]) -> Names:
    """Names of a certificate from the options ``dns``, ``ips``, ``uris`` and ``emails``."""
    return Names(
        dns=_each(f"{option}.dns", options.get("dns"), _parse_dns),
        ips=_each(f"{option}.ips", options.get("ips"), _parse_ip),
        uris=_each(f"{option}.uris", options.get("uris"), _parse_uri),
        emails=_each(f"{option}.emails", options.get("emails"), _parse_email),
    )


def parse_subtrees(option: str, options: Mapping[str, Any]) -> Names:
    """Names of a constraint: networks instead of addresses, domains with or without a leading dot, bare hosts."""
    return Names(
        dns=_each(f"{option}.dns", options.get("dns"), _parse_domain),
        ips=_each(f"{option}.ips", options.get("ips"), _parse_network),
        uris=_each(f"{option}.uris", options.get("uris"), _parse_domain),
        emails=_each(f"{option}.emails", options.get("emails"), _parse_mailboxes),
    )


def read_names(general_names: Iterable[x509.GeneralName]) -> Names:
    """Names from an extension; kinds that the collection never writes are shown among the URIs, so that they differ."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for name in general_names:
        match name:
            case x509.DNSName():
                found["dns"].append(name.value)
            case x509.IPAddress():
                found["ips"].append(str(name.value))
            case x509.UniformResourceIdentifier():
                found["uris"].append(name.value)
            case x509.RFC822Name():
                found["emails"].append(name.value)
            case _:
                found["uris"].append(repr(name))
    return Names(**{kind: tuple(sorted(values)) for kind, values in found.items()})


def _each(option: str, values: Sequence[str] | None, parse: Any) -> tuple[str, ...]:
    return tuple(sorted({parse(f"{option}[{index}]", str(value)) for index, value in enumerate(values or ())}))


def _parse_dns(option: str, value: str) -> str:
    name = value.lower()
    if len(name) > 253 or not DNS.fullmatch(name):
        raise OptionError(f'{option}: found "{value}", expected a DNS name in ASCII (xn-- for others), or *.name')
    if name.replace(".", "").isdecimal():
        raise OptionError(f'{option}: found "{value}", expected a DNS name; an address belongs into ips')
    return name


def _parse_domain(option: str, value: str) -> str:
    name = value.lower()
    if "*" in name or not DNS.fullmatch(name.removeprefix(".")):
        raise OptionError(f'{option}: found "{value}", expected a domain without * such as example.org')
    return name


def _parse_ip(option: str, value: str) -> str:
    try:
        if "%" in value:  # a zone has no place in a certificate
            raise ValueError
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise OptionError(f'{option}: found "{value}", expected an IPv4 or IPv6 address') from None


def _parse_network(option: str, value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise OptionError(f'{option}: found "{value}", expected a network such as 10.0.0.0/8') from None


def _parse_uri(option: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme and (parts.netloc or parts.path) and value.isascii() and not re.search(r"\s", value)
    except ValueError:  # a bracket that is not closed
        good = False
    if not good:
        raise OptionError(f'{option}: found "{value}", expected a URI such as spiffe://domain/ns/default/sa/app')
    return value


def _parse_email(option: str, value: str) -> str:
    if not value.isascii() or not _EMAIL.fullmatch(value):
        raise OptionError(f'{option}: found "{value}", expected an address such as someone@example.org')
    return value


def _parse_mailboxes(option: str, value: str) -> str:
    return (_parse_email if "@" in value else _parse_domain)(option, value).lower()


def _ip_value(text: str) -> Any:
    return ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text)
