# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Why a certificate is made anew: a pure decision over what is wanted, what is there, and the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ansible_collections.pingpong.platform.plugins.module_utils.pki import keys
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import (
    Issued,
    constraints_of,
    describe_constraints,
    is_self_signed,
    key_identifiers,
    lifetime,
    moment,
    names_of,
    signed_by,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import BACKDATE, shorten
from ansible_collections.pingpong.platform.plugins.module_utils.pki.wanted import Wanted

with suppress(ImportError):  # see libraries.require
    from cryptography import x509


class Reason(StrEnum):
    """Every reason there is, the weightiest first: the first that applies is the one that is reported."""

    CREATED = "created"
    DAMAGED = "damaged"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WEAK_KEY = "weak_key"
    KEY_CHANGED = "key_changed"
    SUBJECT_CHANGED = "subject_changed"
    SAN_CHANGED = "san_changed"
    CONSTRAINTS_CHANGED = "constraints_changed"
    ISSUER_CHANGED = "issuer_changed"
    VALIDITY_CHANGED = "validity_changed"
    RENEW_WINDOW = "renew_window"
    # Of a mesh's bundle: the intermediate stays, the roots beside it change.
    TRUST_CHANGED = "trust_changed"
    # The certificate stays; a place that should hold it lacked it or held something else.
    SINK_CHANGED = "sink_changed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Damaged:
    """Something is stored, and it is not a certificate with its key."""

    problem: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason, and the sentence that says what was found and what was expected."""

    reason: Reason
    why: str


# Seconds are cut off when a certificate is made, and other tools backdate by other amounts.
VALIDITY_TOLERANCE = BACKDATE + timedelta(minutes=1)

Check = Callable[[Wanted, Issued, "Issued | None", datetime], str]


def findings(wanted: Wanted, current: Issued | Damaged | None, issuer: Issued | None, now: datetime) -> list[Finding]:
    """Every reason to make the certificate anew, the weightiest first; empty when it is as wanted.

    ``issuer`` is the certificate that is to sign it, None for a self-signed one.
    """
    if current is None:
        return [Finding(Reason.CREATED, "there was none")]
    if isinstance(current, Damaged):
        return [Finding(Reason.DAMAGED, current.problem)]
    return list(_examine(wanted, current, issuer, now))


def _examine(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> Iterator[Finding]:
    for reason, check in CHECKS.items():
        why = check(wanted, current, issuer, now)
        if why:
            yield Finding(reason, why)


def _expired(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> str:
    end = current.certificate.not_valid_after_utc
    return f"it ended {moment(end)}, {shorten(now - end)} ago" if now >= end else ""


def _not_yet_valid(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> str:
    start = current.certificate.not_valid_before_utc
    return f"it begins {moment(start)}, in {shorten(start - now)}" if now < start else ""


def _weak(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> str:
    digest = current.certificate.signature_hash_algorithm
    if digest is not None and digest.name in ("md5", "sha1"):
        return f"it is signed with {digest.name}"
    return keys.weakness(current.certificate.public_key())


def _key(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> str:
    found = keys.name_of(current.certificate.public_key())
    return "" if found == wanted.algorithm.name else f"its key is {found}, wanted {wanted.algorithm.name}"


def _subject(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> str:
    found, expected = current.certificate.subject, wanted.subject()
    if found == expected:
        return ""
    return f'its subject is "{found.rfc4514_string()}", wanted "{expected.rfc4514_string()}"'


def _names(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> str:
    found = {f"{kind}:{name}" for kind, names in names_of(current.certificate).to_dict().items() for name in names}
    expected = {f"{kind}:{name}" for kind, names in wanted.names.to_dict().items() for name in names}
    parts = [f"lacks {', '.join(sorted(expected - found))}"] if expected - found else []
    parts += [f"has {', '.join(sorted(found - expected))} too many"] if found - expected else []
    return "it " + " and ".join(parts) if parts else ""


def _constraints(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> str:
    extensions = [(extension.value, extension.critical) for extension in current.certificate.extensions]
    found, expected = describe_constraints(extensions), describe_constraints(constraints_of(wanted))
    differing = [field for field in expected if found[field] != expected[field]]
    return "; ".join(f"its {field} are {found[field]}, wanted {expected[field]}" for field in differing)


def _issuer(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> str:
    certificate = current.certificate
    if issuer is None:
        if is_self_signed(certificate):
            return ""
        return f'it is signed by "{certificate.issuer.rfc4514_string()}", wanted self-signed'
    if signed_by(certificate, issuer.certificate):
        found, expected = key_identifiers(certificate, issuer.certificate)
        if found in (None, expected):
            return ""
        return f"it names its issuer's key {found.hex()}, which its issuer calls {expected.hex()}"
    return (
        f'it is signed by another key or name ("{certificate.issuer.rfc4514_string()}") than that of '
        f'"{issuer.certificate.subject.rfc4514_string()}" now'
    )


def _validity(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> str:
    certificate = current.certificate
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    if abs(life - wanted.validity) <= VALIDITY_TOLERANCE:
        return ""
    if life < wanted.validity and _ends_with(certificate, issuer):
        return ""
    return f"it is valid for {shorten(life)}, wanted {shorten(wanted.validity)}"


def _ends_with(certificate: x509.Certificate, issuer: Issued | None) -> bool:
    """Whether a certificate was cut short so as not to outlive its issuer."""
    return issuer is not None and certificate.not_valid_after_utc == issuer.certificate.not_valid_after_utc


def _window(wanted: Wanted, current: Issued, issuer: Issued | None, now: datetime) -> str:
    certificate = current.certificate
    end = certificate.not_valid_after_utc
    due = wanted.renew_before.renew_at(certificate.not_valid_before_utc, end)
    # Renewing a certificate that ends with its issuer would win nothing, on every run.
    if now < due or lifetime(wanted, issuer, now)[1] <= end:
        return ""
    return f"it ends {moment(end)}, in {shorten(end - now)}; due since {moment(due)}"


CHECKS: dict[Reason, Check] = {
    Reason.EXPIRED: _expired,
    Reason.NOT_YET_VALID: _not_yet_valid,
    Reason.WEAK_KEY: _weak,
    Reason.KEY_CHANGED: _key,
    Reason.SUBJECT_CHANGED: _subject,
    Reason.SAN_CHANGED: _names,
    Reason.CONSTRAINTS_CHANGED: _constraints,
    Reason.ISSUER_CHANGED: _issuer,
    Reason.VALIDITY_CHANGED: _validity,
    Reason.RENEW_WINDOW: _window,
}
