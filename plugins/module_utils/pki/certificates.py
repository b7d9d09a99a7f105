# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Build, read and describe X.509 certificates."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki import keys
from ansible_collections.pingpong.platform.plugins.module_utils.pki.desired import EXTENDED_USAGES, USAGES, Desired
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import BACKDATE
from ansible_collections.pingpong.platform.plugins.module_utils.pki.names import Names, read_names

with suppress(ImportError):  # see libraries.require
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.extensions import ExtensionTypeVar


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key and the certificates above it, nearest first, up to and including the root."""

    certificate: x509.Certificate
    key: keys.PrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def root(self) -> x509.Certificate:
        return self.above[-1] if self.above else self.certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificate and those above it, the root included where there is one above."""
        return (self.certificate, *self.above)


def lifetime(desired: Desired, issuer: Issued | None, now: datetime) -> tuple[datetime, datetime]:
    """Validity of a certificate made now: nothing outlives the one that signed it."""
    start = now.replace(microsecond=0)
    end = start + desired.validity
    if issuer is not None:
        end = min(end, issuer.certificate.not_valid_after_utc)
    return start - BACKDATE, end


def issue(desired: Desired, issuer: Issued | None, now: datetime) -> Issued:
    """Make a key and a certificate for it, signed by ``issuer`` or (None) by itself.

    Valid from five minutes before ``now`` (clocks differ) and never longer than its issuer. Extensions and their
    critical marks are those of RFC 5280, section 4.2; the serial number is random, as the CA/B Forum demands.
    """
    key = desired.algorithm.generate()
    not_before, not_after = lifetime(desired, issuer, now)
    signer = issuer.key if issuer else key
    signer_public = signer.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(desired.subject())
        .issuer_name(issuer.certificate.subject if issuer else desired.subject())
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority_key(issuer.certificate if issuer else None, signer_public), critical=False)
    )
    for extension, critical in constraints_of(desired):
        builder = builder.add_extension(extension, critical)
    if desired.names:
        # With an empty subject the names are all there is, and X.509 wants them marked so.
        critical = not list(desired.subject())
        builder = builder.add_extension(x509.SubjectAlternativeName(desired.names.general_names()), critical)
    certificate = builder.sign(signer, keys.digest_for(signer))
    return Issued(certificate, key, issuer.chain if issuer else ())


def constraints_of(desired: Desired) -> list[tuple[x509.ExtensionType, bool]]:
    """What a certificate may be used for, as extensions with their critical marks."""
    authority = desired.authority
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(authority is not None, authority.path_length if authority else None), True),
        (x509.KeyUsage(**{usage: usage in desired.usages for usage in USAGES}), True),
    ]
    if desired.extended_usages:
        oids = [x509.ObjectIdentifier(oid) for name, oid in EXTENDED_USAGES.items() if name in desired.extended_usages]
        extensions.append((x509.ExtendedKeyUsage(oids), False))
    if desired.permitted or desired.excluded:
        permitted, excluded = desired.permitted.general_names(), desired.excluded.general_names()
        extensions.append((x509.NameConstraints(permitted or None, excluded or None), True))
    return extensions


def authority_key(issuer: x509.Certificate | None, public_key: Any) -> x509.AuthorityKeyIdentifier:
    """How a certificate names the key of its issuer: as the issuer itself names it, for verifiers compare the two."""
    if issuer:
        subject_key = extension_of(issuer, x509.SubjectKeyIdentifier)
        if subject_key is not None:
            return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)


def load_certificates(where: str, data: bytes) -> tuple[x509.Certificate, ...]:
    """Every certificate of a PEM text, in its order; at least one."""
    try:
        return readable(*x509.load_pem_x509_certificates(data))
    except (ValueError, x509.InvalidVersion):
        raise PlatformError(f"{where}: found no readable certificate, expected PEM") from None


def readable(*certificates: x509.Certificate) -> tuple[x509.Certificate, ...]:
    """The certificates; ValueError when a part of one can't be read, which otherwise shows only when it is needed."""
    try:
        for one in certificates:
            one.public_key(), one.extensions, one.subject, one.issuer, one.signature_hash_algorithm
    except Exception as error:  # ValueError, UnsupportedAlgorithm, DuplicateExtension: all of them mean no
        raise ValueError(str(error)) from None
    return certificates


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, in lower-case hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def is_self_signed(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer and signed_by(certificate, certificate)


@lru_cache(maxsize=4096)
def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's name and key match what the certificate says of its signer.

    Remembered: to verify a signature costs more than all else that is looked at, and a run asks for each twice.
    """
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm: all of them mean no
        return False
    return True


def key_identifiers(certificate: x509.Certificate, issuer: x509.Certificate) -> tuple[bytes | None, bytes]:
    """What a certificate calls the key of its issuer (None: nothing), and what its issuer calls it."""
    expected = authority_key(issuer, issuer.public_key()).key_identifier or b""
    found = extension_of(certificate, x509.AuthorityKeyIdentifier)
    return (None if found is None else found.key_identifier), expected


def names_of(certificate: x509.Certificate) -> Names:
    return read_names(extension_of(certificate, x509.SubjectAlternativeName) or ())


def extension_of(certificate: x509.Certificate, kind: type[ExtensionTypeVar]) -> ExtensionTypeVar | None:
    """The extension of this kind, None where the certificate has none. By its OID, which costs a tenth of its class."""
    return next((one.value for one in certificate.extensions if one.oid == kind.oid), None)


def order_chain(certificate: x509.Certificate, pool: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The certificates above ``certificate``, nearest first, as far as the pool holds them."""
    above: list[x509.Certificate] = []
    current = certificate
    while not is_self_signed(current) and len(above) < len(pool):
        parent = next((candidate for candidate in pool if signed_by(current, candidate)), None)
        if parent is None:
            break
        above.append(parent)
        current = parent
    return tuple(above)


def describe(certificate: x509.Certificate) -> dict[str, Any]:
    """The certificate's decoded fields, for results and diffs: plain data, no PEM."""
    return {
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        **names_of(certificate).to_dict(),
        "key": keys.name_of(certificate.public_key()),
        **describe_constraints([(extension.value, extension.critical) for extension in certificate.extensions]),
        "not_before": utc_text(certificate.not_valid_before_utc),
        "not_after": utc_text(certificate.not_valid_after_utc),
    }


def describe_constraints(extensions: Sequence[tuple[x509.ExtensionType, bool]]) -> dict[str, Any]:
    """Usages, authority and name constraints in the words of the options."""
    found: dict[str, Any] = {"usages": [], "extended_usages": [], "ca": None, "name_constraints": None}
    words = {oid: name for name, oid in EXTENDED_USAGES.items()}
    for extension, _critical in extensions:
        if isinstance(extension, x509.BasicConstraints):
            found["ca"] = {"path_length": extension.path_length} if extension.ca else None
        elif isinstance(extension, x509.KeyUsage):
            found["usages"] = [usage for usage in USAGES if _has_usage(extension, usage)]
        elif isinstance(extension, x509.ExtendedKeyUsage):
            found["extended_usages"] = sorted(words.get(oid.dotted_string, oid.dotted_string) for oid in extension)
        elif isinstance(extension, x509.NameConstraints):
            found["name_constraints"] = {
                "permitted": _listed(read_names(extension.permitted_subtrees or ())),
                "excluded": _listed(read_names(extension.excluded_subtrees or ())),
            }
    return found


def _listed(names: Names) -> dict[str, list[str]]:
    return {kind: values for kind, values in names.to_dict().items() if values}


def _has_usage(usage: x509.KeyUsage, name: str) -> bool:
    # Reading these two without key_agreement raises.
    if name in ("encipher_only", "decipher_only") and not usage.key_agreement:
        return False
    return bool(getattr(usage, name))


def utc_text(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
