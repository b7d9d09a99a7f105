# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether an authority may sign a certificate: better refused here than by every client later."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki import keys
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued, extension_of, utc_text
from ansible_collections.pingpong.platform.plugins.module_utils.pki.desired import EXTENDED_USAGES, Desired
from ansible_collections.pingpong.platform.plugins.module_utils.pki.names import DNS, KINDS, Names, read_names

with suppress(ImportError):  # see libraries.require
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID


def check_issuer(option: str, desired: Desired, issuer: Issued, now: datetime) -> None:
    """Raise PlatformError when a certificate of this authority would be refused by those who verify it."""
    problem = next(_problems(desired, issuer, now), None)
    if problem:
        subject = issuer.certificate.subject.rfc4514_string()
        raise PlatformError(f'{option}: the authority "{subject}" can\'t sign "{desired.name}": {problem}')


def _problems(desired: Desired, issuer: Issued, now: datetime) -> Iterator[str]:
    certificate = issuer.certificate
    if now >= certificate.not_valid_after_utc:
        yield f"it ended {utc_text(certificate.not_valid_after_utc)}; expected one that is valid now"
    if now < certificate.not_valid_before_utc:
        yield f"it begins {utc_text(certificate.not_valid_before_utc)}; expected one that is valid now"
    basic = extension_of(certificate, x509.BasicConstraints)
    if basic is None or not basic.ca:
        yield "found a certificate that is no CA; expected basic constraints CA:TRUE"
    weakness = keys.weakness(certificate.public_key())
    if weakness:
        yield f"its key is too weak: {weakness}"
    usage = extension_of(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        yield "its key usage lacks key_cert_sign"
    for depth, above in enumerate(issuer.chain):
        basic = extension_of(above, x509.BasicConstraints)
        length = None if basic is None else basic.path_length
        needed = depth + (desired.authority is not None)
        if length is not None and length < needed:
            whose = (
                "its path length" if depth == 0 else f'the path length of "{above.subject.rfc4514_string()}" above it'
            )
            only = ", so that it signs leaves only" if depth == length == 0 else ""
            yield f"{whose} is {length}{only}; expected {needed} or more, or none"
        yield from _lacks_purposes(desired, above)
        constraints = extension_of(above, x509.NameConstraints)
        if constraints is not None:
            yield from _forbidden(_constrained(desired), constraints)


def _lacks_purposes(desired: Desired, above: x509.Certificate) -> Iterator[str]:
    purposes = extension_of(above, x509.ExtendedKeyUsage)
    if purposes is None or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes:
        return
    found = {purpose.dotted_string for purpose in purposes}
    lacking = [name for name in sorted(desired.extended_usages) if EXTENDED_USAGES[name] not in found]
    if lacking:
        yield f'the extended key usage of "{above.subject.rfc4514_string()}" lacks {", ".join(lacking)}'


def _constrained(desired: Desired) -> Names:
    """The names that are held against constraints: OpenSSL takes a leaf's common name where it has no DNS name."""
    name = desired.common_name.lower()
    if desired.authority or desired.names.dns or "." not in name or not DNS.fullmatch(name):
        return desired.names
    return replace(desired.names, dns=(name,))


def _forbidden(names: Names, constraints: x509.NameConstraints) -> Iterator[str]:
    permitted = read_names(constraints.permitted_subtrees or ())
    excluded = read_names(constraints.excluded_subtrees or ())
    for kind in KINDS:
        allowed, refused = getattr(permitted, kind), getattr(excluded, kind)
        for name in getattr(names, kind):
            if kind == "uris" and (allowed or refused) and not urlsplit(name).hostname:
                yield f'its name constraints are about hosts of URIs, found "{name}" without one'
                continue
            if allowed and not any(within(kind, name, subtree) for subtree in allowed):
                yield f'its name constraints permit {", ".join(allowed)} only, found "{name}"'
            if any(within(kind, name, subtree) for subtree in refused):
                yield f'its name constraints exclude {", ".join(refused)}, found "{name}"'


def within(kind: str, name: str, subtree: str) -> bool:
    """Whether a name lies in a subtree, by RFC 5280 section 4.2.1.10."""
    if kind == "ips":
        return ipaddress.ip_address(name) in ipaddress.ip_network(subtree)
    if kind == "dns":
        # A leading dot is none of the standard's; those who verify take it for the names below alone.
        below = name.endswith("." + subtree.removeprefix("."))
        return below or name == subtree
    host = (urlsplit(name).hostname or "") if kind == "uris" else name.rpartition("@")[2]
    if "@" in subtree:
        return name.lower() == subtree
    # For URIs and addresses a leading dot means any host below, and its absence that very host.
    return host.lower().endswith(subtree) if subtree.startswith(".") else host.lower() == subtree
