# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Why a certificate is made anew: a pure decision over the desired certificate, the live one, and the time."""

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
    issue,
    key_identifiers,
    lifetime,
    names_of,
    signed_by,
    utc_text,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.desired import Desired
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import BACKDATE, shorten

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

Check = Callable[[Desired, Issued, "Issued | None", datetime], str]


def findings(desired: Desired, live: Issued | Damaged | None, issuer: Issued | None, now: datetime) -> list[Finding]:
    """Every reason to make the certificate anew, the weightiest first; empty when the live one will do.

    ``issuer`` is the certificate that is to sign it, None for a self-signed one.
    """
    if live is None:
        return [Finding(Reason.CREATED, "there was none")]
    if isinstance(live, Damaged):
        return [Finding(Reason.DAMAGED, live.problem)]
    return list(_examine(desired, live, issuer, now))


def renewed(
    desired: Desired, live: Issued | Damaged | None, issuer: Issued | None, now: datetime
) -> tuple[Issued, list[Finding]]:
    """The certificate that is to be live, and why it is a new one; without findings it is the live one.

    ``live`` is what the sinks hold (None: nothing, Damaged: something unusable), ``issuer`` who is to sign (None:
    itself), ``now`` an aware time. Nothing is written; ``check_issuer`` says whether the issuer may sign at all.
    """
    found = findings(desired, live, issuer, now)
    if found or not isinstance(live, Issued):
        return issue(desired, issuer, now), found
    # The authority may have been renewed with its key: the same certificate, another chain above it.
    return Issued(live.certificate, live.key, issuer.chain if issuer else ()), []


def _examine(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> Iterator[Finding]:
    for reason, check in CHECKS.items():
        why = check(desired, live, issuer, now)
        if why:
            yield Finding(reason, why)


def _expired(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> str:
    end = live.certificate.not_valid_after_utc
    return f"it ended {utc_text(end)}, {shorten(now - end)} ago" if now >= end else ""


def _not_yet_valid(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> str:
    start = live.certificate.not_valid_before_utc
    return f"it begins {utc_text(start)}, in {shorten(start - now)}" if now < start else ""


def _weak(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> str:
    digest = live.certificate.signature_hash_algorithm
    if digest is not None and digest.name in ("md5", "sha1"):
        return f"it is signed with {digest.name}"
    return keys.weakness(live.certificate.public_key())


def _key(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> str:
    found = keys.name_of(live.certificate.public_key())
    return "" if found == desired.algorithm.name else f"its key is {found}, expected {desired.algorithm.name}"


def _subject(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> str:
    found, expected = live.certificate.subject, desired.subject()
    if found == expected:
        return ""
    return f'its subject is "{found.rfc4514_string()}", expected "{expected.rfc4514_string()}"'


def _names(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> str:
    found = {f"{kind}:{name}" for kind, names in names_of(live.certificate).to_dict().items() for name in names}
    expected = {f"{kind}:{name}" for kind, names in desired.names.to_dict().items() for name in names}
    parts = [f"lacks {', '.join(sorted(expected - found))}"] if expected - found else []
    parts += [f"has {', '.join(sorted(found - expected))} too many"] if found - expected else []
    return "it " + " and ".join(parts) if parts else ""


def _constraints(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> str:
    extensions = [(extension.value, extension.critical) for extension in live.certificate.extensions]
    found, expected = describe_constraints(extensions), describe_constraints(constraints_of(desired))
    differing = [field for field in expected if found[field] != expected[field]]
    return "; ".join(f"its {field} are {found[field]}, expected {expected[field]}" for field in differing)


def _issuer(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> str:
    certificate = live.certificate
    if issuer is None:
        if is_self_signed(certificate):
            return ""
        return f'it is signed by "{certificate.issuer.rfc4514_string()}", expected self-signed'
    if signed_by(certificate, issuer.certificate):
        found, expected = key_identifiers(certificate, issuer.certificate)
        if found in (None, expected):
            return ""
        return f"it names its issuer's key {found.hex()}, which its issuer calls {expected.hex()}"
    return (
        f'it is signed by another key or name ("{certificate.issuer.rfc4514_string()}") than that of '
        f'"{issuer.certificate.subject.rfc4514_string()}" now'
    )


def _validity(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> str:
    certificate = live.certificate
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    if abs(life - desired.validity) <= VALIDITY_TOLERANCE:
        return ""
    if life < desired.validity and _ends_with(certificate, issuer):
        return ""
    return f"it is valid for {shorten(life)}, expected {shorten(desired.validity)}"


def _ends_with(certificate: x509.Certificate, issuer: Issued | None) -> bool:
    """Whether a certificate was cut short so as not to outlive its issuer."""
    return issuer is not None and certificate.not_valid_after_utc == issuer.certificate.not_valid_after_utc


def _window(desired: Desired, live: Issued, issuer: Issued | None, now: datetime) -> str:
    certificate = live.certificate
    end = certificate.not_valid_after_utc
    due = desired.renew_before.renew_at(certificate.not_valid_before_utc, end)
    # Renewing a certificate that ends with its issuer would win nothing, on every run.
    if now < due or lifetime(desired, issuer, now)[1] <= end:
        return ""
    return f"it ends {utc_text(end)}, in {shorten(end - now)}; due since {utc_text(due)}"


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
