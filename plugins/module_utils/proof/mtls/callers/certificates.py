# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Certificates for probes: good ones as control, and each kind of bad one. Made in memory, valid for minutes."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki import keys
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.cases import Presents
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import Workload

with suppress(ImportError):  # see libraries.require
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(minutes=15)
FOREIGN_TRUST_DOMAIN = "not-the-mesh.invalid"
FOREIGN_ACCOUNT = "undeclared-account"
# How istiod keeps its signing pair: its own layout, and that of kubernetes.io/tls, which takes precedence.
LAYOUTS = (("tls.crt", "tls.key"), ("ca-cert.pem", "ca-key.pem"))
Pair = dict[str, str]


@dataclass(frozen=True)
class Signer:
    """A CA in memory. ``chain`` is what a peer needs to get from a leaf to the root, nearest first."""

    certificate: x509.Certificate
    key: Any
    chain: str

    def leaf(self, uri: str, start: datetime, end: datetime) -> Pair:
        """A client certificate for a SPIFFE identity, as ``{certificate: PEM chain, key: PEM}``."""
        key = keys.ALGORITHMS[keys.DEFAULT_ALGORITHM].generate()
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        )
        certificate = builder.sign(self.key, keys.digest_for(self.key))
        return {"certificate": _pem(certificate) + self.chain, "key": _secret_pem(key)}


def signer_from_secret(data: Mapping[str, str]) -> Signer:
    """The mesh's signing CA from its Secret (``cacerts`` or ``istio-ca-secret``); the key never leaves memory."""
    names = next((pair for pair in LAYOUTS if all(name in data for name in pair)), None)
    if names is None:
        raise PlatformError(f"the mesh's CA Secret holds {sorted(data)}, expected ca-cert.pem and ca-key.pem")
    certificate_pem, key_pem = (base64.b64decode(data[name]) for name in names)
    certificate = x509.load_pem_x509_certificates(certificate_pem)[0]
    key: Any = serialization.load_pem_private_key(key_pem, password=None)
    chain = base64.b64decode(data["cert-chain.pem"]).decode() if "cert-chain.pem" in data else ""
    return Signer(certificate, key, chain or certificate_pem.decode())


def untrusted_authority(now: datetime) -> Signer:
    """A CA that nobody trusts, with a name like any other's."""
    key = keys.ALGORITHMS[keys.DEFAULT_ALGORITHM].generate()
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Untrusted")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - LIFETIME)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, keys.digest_for(key))
    )
    return Signer(certificate, key, _pem(certificate))


class ClientCertificates:
    """Makes and keeps the certificates of a run, each under a name that probes refer to."""

    def __init__(self, mesh: Signer, trust_domain: str, now: datetime) -> None:
        self.mesh = mesh
        self.trust_domain = trust_domain
        self.now = now
        self.pairs: dict[str, Pair] = {}
        self._untrusted = untrusted_authority(now)

    def name(self, workload: Workload, presents: Presents) -> str | None:
        """The name of what a workload, or its impostor, presents; None for nothing."""
        if presents == "nothing":
            return None
        name = f"{workload.reference}:{workload.account}:{presents}"
        if name not in self.pairs:
            self.pairs[name] = self._make(workload, presents)
        return name

    def _make(self, workload: Workload, presents: Presents) -> Pair:
        signer, uri = self.mesh, workload.spiffe(self.trust_domain)
        start, end = self.now - timedelta(minutes=5), self.now + LIFETIME
        if presents == "of_untrusted_ca":
            signer = self._untrusted
        elif presents == "expired":
            start, end = self.now - 2 * LIFETIME, self.now - LIFETIME
        elif presents == "not_yet_valid":
            start, end = self.now + LIFETIME, self.now + 2 * LIFETIME
        elif presents == "of_other_trust_domain":
            uri = workload.spiffe(FOREIGN_TRUST_DOMAIN)
        elif presents == "of_other_account":
            uri = Workload(workload.namespace, workload.name, FOREIGN_ACCOUNT).spiffe(self.trust_domain)
        return signer.leaf(uri, start, end)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _secret_pem(key: keys.PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
