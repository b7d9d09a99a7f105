"""Certificates for tests: one self-signed leaf for localhost, by name."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make(name: str) -> tuple[bytes, bytes]:
    """A certificate whose common name is ``name``, and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    return certificate.public_bytes(encoding), key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def locked(key: bytes) -> bytes:
    """The key, with a password."""
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )


class SecretVolume:
    """A folder that changes as the kubelet changes a Secret's volume: by one swap of a symbolic link."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cert_file, self.key_file = folder / "tls.crt", folder / "tls.key"
        self._turn = 0

    def put(self, certificate: bytes, key: bytes) -> None:
        self._turn += 1
        data = self.folder / f"..data-{self._turn}"
        data.mkdir(parents=True)
        (data / "tls.crt").write_bytes(certificate)
        (data / "tls.key").write_bytes(key)
        link = self.folder / "..data_tmp"
        link.symlink_to(data.name)
        link.rename(self.folder / "..data")
        for path in (self.cert_file, self.key_file):
            if not path.is_symlink():
                path.symlink_to(f"..data/{path.name}")
