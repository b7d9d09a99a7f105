"""The local cloud's own certificate authority and its server certificate."""

from __future__ import annotations

import ipaddress
import secrets
import ssl
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from testbed.cloud.core.regions import REGIONS, ZONES
from testbed.cloud.core.state.files import write_private
from testbed.cloud.published.upstreams import HOSTS
from testbed.cloud.web.proxy import IAP

NAMES = ("localhost", "*.googleapis.com", "googleapis.com", "metadata.google.internal", "accounts.google.com",
         "*.pkg.dev", IAP, *sorted(HOSTS))  # fmt: skip
VALID = timedelta(days=3650)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def authority(common_name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A self-signed certificate authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(_name(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def leaf(
    issuer: x509.Certificate,
    issuer_key: ec.EllipticCurvePrivateKey,
    addresses: Iterable[str],
    hosts: Iterable[str] = NAMES,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A server certificate for the names and addresses that the local cloud answers to."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in hosts]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in sorted({"127.0.0.1", "::1", *addresses})]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name("pingpong local cloud"))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return certificate, key


def ensure(folder: Path, addresses: Sequence[str] = ()) -> ssl.SSLContext:
    """The server's TLS settings; `folder` gets ca.pem, server.pem and server.key (0600) on first use.

    They are made anew when the certificate does not name an address or a name that the server has by now.
    """
    files = [folder / name for name in ("ca.pem", "server.pem", "server.key")]
    if not all(path.is_file() for path in files) or not _named(files[1]).issuperset({*addresses, *NAMES}):
        ca_certificate, ca_key = authority("pingpong local cloud CA")
        certificate, key = leaf(ca_certificate, ca_key, addresses)
        folder.mkdir(parents=True, exist_ok=True)
        # The authority's key is not kept: nothing else is ever signed with it.
        write_private(files[2], _pem(key))
        write_private(files[1], certificate.public_bytes(serialization.Encoding.PEM))
        write_private(files[0], ca_certificate.public_bytes(serialization.Encoding.PEM))
        files[0].chmod(0o644)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files[1], files[2])
    clusters = _clusters(folder)

    def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _unused: ssl.SSLContext) -> None:
        if name and name.endswith(".gke.goog"):
            connection.context = clusters

    context.sni_callback = choose
    return context


def _clusters(folder: Path) -> ssl.SSLContext:
    """TLS settings of the clusters' DNS endpoints, whose certificate is from an authority of its own.

    At Google that is a public one, which every client trusts already; here it is appended to ca.pem, so that whoever
    trusts the local cloud trusts it too, and whoever trusts a cluster's authority alone does not.
    """
    files = [folder / name for name in ("clusters-ca.pem", "clusters.pem", "clusters.key")]
    if not all(path.is_file() for path in files):
        ca_certificate, ca_key = authority("pingpong local public CA")
        hosts = [f"*.{location}.gke.goog" for location in (*REGIONS, *ZONES)]
        certificate, key = leaf(ca_certificate, ca_key, (), hosts)
        write_private(files[2], _pem(key))
        write_private(files[1], certificate.public_bytes(serialization.Encoding.PEM))
        write_private(files[0], ca_certificate.public_bytes(serialization.Encoding.PEM))
    trusted, own = folder / "ca.pem", files[0].read_bytes()
    if own not in trusted.read_bytes():
        write_private(trusted, trusted.read_bytes() + own)
        trusted.chmod(0o644)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files[1], files[2])
    return context


def _named(certificate: Path) -> set[str]:
    """The addresses and names that a certificate is for."""
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    return addresses | set(names.get_values_for_type(x509.DNSName))


def ensure_token(path: Path) -> str:
    """The access token that clients show; made on first use, readable by its owner only."""
    if not path.is_file():
        write_private(path, f"ya29.local-{secrets.token_urlsafe(32)}\n".encode())
    return path.read_text(encoding="ascii").strip()
