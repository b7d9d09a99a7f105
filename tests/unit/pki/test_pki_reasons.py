"""A certificate is made anew for a reason, and for the right one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued, issue
from ansible_collections.pingpong.platform.plugins.module_utils.pki.desired import CA_USAGES, Authority, Desired
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import RenewBefore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import ALGORITHMS, Algorithm
from ansible_collections.pingpong.platform.plugins.module_utils.pki.names import Names
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Damaged, Finding, Reason, findings
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from pki_support import NOW

AUTHORITY = Desired(
    "ca", "a root", usages=CA_USAGES, extended_usages=frozenset(), authority=Authority(), validity=timedelta(days=3650)
)
LEAF = Desired(
    "leaf",
    "leaf.example",
    names=Names(dns=("leaf.example",)),
    validity=timedelta(days=90),
    renew_before=RenewBefore(span=timedelta(days=30)),
)
WEAK = Algorithm(
    "rsa-1024",
    lambda: rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505 - weak on purpose
)
ROOT = issue(AUTHORITY, None, NOW - timedelta(days=100))
OTHER_ROOT = issue(AUTHORITY, None, NOW - timedelta(days=100))


def days(count: float) -> datetime:
    return NOW + timedelta(days=count)


def test_one_that_is_as_wanted_is_left_alone_until_its_window() -> None:
    leaf = issue(LEAF, ROOT, NOW)
    assert findings(LEAF, leaf, ROOT, NOW) == []
    assert findings(LEAF, leaf, ROOT, days(59.9)) == []
    assert [found.reason for found in findings(LEAF, leaf, ROOT, days(60))] == [Reason.RENEW_WINDOW]


def test_without_one_it_is_created_and_a_damaged_one_is_replaced() -> None:
    assert findings(LEAF, None, ROOT, NOW)[0].reason is Reason.CREATED
    assert findings(LEAF, Damaged("a key of another"), ROOT, NOW)[0].why == "a key of another"


# What was made, what is desired, by which issuer, when: and every reason that follows.
CASES: dict[str, tuple[Desired, Desired, Issued | None, datetime, list[Reason]]] = {
    "expired": (LEAF, LEAF, ROOT, days(90), [Reason.EXPIRED, Reason.RENEW_WINDOW]),
    "soon expiring": (LEAF, LEAF, ROOT, days(75), [Reason.RENEW_WINDOW]),
    "not valid yet": (LEAF, LEAF, ROOT, days(-1), [Reason.NOT_YET_VALID]),
    "a name too few": (
        LEAF,
        replace(LEAF, names=Names(dns=("leaf.example", "www.leaf.example"))),
        ROOT,
        NOW,
        [Reason.SAN_CHANGED],
    ),
    "a name too many": (replace(LEAF, names=Names(dns=("a", "leaf.example"))), LEAF, ROOT, NOW, [Reason.SAN_CHANGED]),
    "an address for a name": (replace(LEAF, names=Names(ips=("::1",))), LEAF, ROOT, NOW, [Reason.SAN_CHANGED]),
    "a weak key": (replace(LEAF, algorithm=WEAK), LEAF, ROOT, NOW, [Reason.WEAK_KEY, Reason.KEY_CHANGED]),
    "another algorithm": (LEAF, replace(LEAF, algorithm=ALGORITHMS["ecdsa-p384"]), ROOT, NOW, [Reason.KEY_CHANGED]),
    "a changed authority of the same name": (LEAF, LEAF, OTHER_ROOT, NOW, [Reason.ISSUER_CHANGED]),
    "signed by another, expected self-signed": (LEAF, LEAF, None, NOW, [Reason.ISSUER_CHANGED]),
    "another subject": (LEAF, replace(LEAF, common_name="other.example"), ROOT, NOW, [Reason.SUBJECT_CHANGED]),
    "another use": (
        LEAF,
        replace(LEAF, extended_usages=frozenset({"client_auth"})),
        ROOT,
        NOW,
        [Reason.CONSTRAINTS_CHANGED],
    ),
    "a shorter life": (LEAF, replace(LEAF, validity=timedelta(days=45)), ROOT, NOW, [Reason.VALIDITY_CHANGED]),
    "a longer life": (LEAF, replace(LEAF, validity=timedelta(days=180)), ROOT, NOW, [Reason.VALIDITY_CHANGED]),
}


@pytest.mark.parametrize("case", CASES)
def test_every_reason(case: str) -> None:
    made, desired, issuer, now, expected = CASES[case]
    found = findings(desired, issue(made, ROOT, NOW), issuer, now)
    assert [one.reason for one in found] == expected
    assert all(one.why for one in found)


def test_a_weak_signature_is_weak() -> None:
    # cryptography signs with SHA-1 no longer, so that one is read: made by openssl, P-256 with SHA-1.
    certificate = x509.load_pem_x509_certificate(SHA1)
    found = findings(LEAF, Issued(certificate, ROOT.key), None, NOW)
    assert Finding(Reason.WEAK_KEY, "it is signed with sha1") in found


def test_changed_constraints_of_an_authority() -> None:
    narrower = replace(AUTHORITY, authority=Authority(0), permitted=Names(uris=("example.org",)))
    found = findings(narrower, ROOT, None, NOW - timedelta(days=99))
    assert [one.reason for one in found] == [Reason.CONSTRAINTS_CHANGED]
    assert "path_length" in found[0].why and "example.org" in found[0].why


def test_a_leaf_that_ends_with_its_issuer_is_not_renewed_over_and_over() -> None:
    short = issue(replace(AUTHORITY, validity=timedelta(days=40)), None, NOW)
    leaf = issue(LEAF, short, NOW)
    assert leaf.certificate.not_valid_after_utc == short.certificate.not_valid_after_utc
    assert findings(LEAF, leaf, short, days(39)) == []


def test_an_authority_that_was_renewed_with_its_key_changes_nothing() -> None:
    class Same:
        def __init__(self) -> None:
            self.key = ROOT.key

    again = Algorithm("ecdsa-p256", lambda: Same().key)
    renewed = issue(replace(AUTHORITY, algorithm=again), None, NOW)
    assert findings(LEAF, issue(LEAF, ROOT, NOW), renewed, NOW) == []


def test_an_authority_that_calls_its_key_otherwise_is_another() -> None:
    """OpenSSL compares the key identifiers before the signature: such a leaf has no issuer to it."""
    named = x509.SubjectKeyIdentifier(b"another way to name it")
    builder = x509.CertificateBuilder(
        ROOT.certificate.issuer,
        ROOT.certificate.subject,
        ROOT.certificate.public_key(),
        x509.random_serial_number(),
        ROOT.certificate.not_valid_before_utc,
        ROOT.certificate.not_valid_after_utc,
        [x509.Extension(named.oid, False, named)],
    )
    renewed = Issued(builder.sign(ROOT.key, hashes.SHA256()), ROOT.key)
    assert [one.reason for one in findings(LEAF, issue(LEAF, ROOT, NOW), renewed, NOW)] == [Reason.ISSUER_CHANGED]
    assert findings(LEAF, issue(LEAF, renewed, NOW), renewed, NOW) == []


SHA1 = b"""-----BEGIN CERTIFICATE-----
MIIBgzCCASqgAwIBAgIUSPWsgh/JCTNkt40lbA17b6VBHwcwCQYHKoZIzj0EATAX
MRUwEwYDVQQDDAxsZWFmLmV4YW1wbGUwIBcNMjYxMTIyMTg0MTMwWhgPMjEyNjEw
MjkxODQxMzBaMBcxFTATBgNVBAMMDGxlYWYuZXhhbXBsZTBZMBMGByqGSM49AgEG
CCqGSM49AwEHA0IABBdrskmI+Kjbgw4sGKYZSUGo+OS4C6OCgHv+vFKu1fA1w+MA
WgWnquzufD3mkkKY1h+F+fx4y7RUMFlcsE9uO++jUzBRMB0GA1UdDgQWBBSDyrwc
uyWErKZD3wEvlCbEoxIFZzAfBgNVHSMEGDAWgBSDyrwcuyWErKZD3wEvlCbEoxIF
ZzAPBgNVHRMBAf8EBTADAQH/MAkGByqGSM49BAEDSAAwRQIgKBOHBjQKVTwfXUg9
WjDblbX4xt+aQbMAf0NiJxIoY+4CIQC7g6OGSx18WjBRx0tw0GO4uYLx6Zu8731d
1zSIQ1x2Zw==
-----END CERTIFICATE-----
"""
