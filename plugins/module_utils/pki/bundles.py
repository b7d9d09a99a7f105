# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a certificate with its key and chain is laid out: for servers, for Istio's plug-in CA, as PKCS#12."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki import keys
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import (
    Issued,
    is_self_signed,
    load_certificates,
    order_chain,
    pem,
    readable,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Damaged

with suppress(ImportError):  # see libraries.require
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

CERTIFICATE, KEY, AUTHORITY = "tls.crt", "tls.key", "ca.crt"
MESH_CERTIFICATE, MESH_KEY, MESH_ROOT, MESH_CHAIN = "ca-cert.pem", "ca-key.pem", "root-cert.pem", "cert-chain.pem"
BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----\n?", re.DOTALL)
MESH_FIELDS = (MESH_CERTIFICATE, MESH_KEY, MESH_ROOT, MESH_CHAIN)


def served(issued: Issued) -> bytes:
    """What a server sends: the certificate and those between it and the root."""
    return pem(issued.certificate, *(above for above in issued.above if not is_self_signed(above)))


def above(issued: Issued) -> bytes:
    """The certificates above, the root last; a self-signed certificate stands for itself."""
    return pem(*(issued.above or (issued.certificate,)))


def tls(issued: Issued) -> dict[str, bytes]:
    """The layout of Secrets of type ``kubernetes.io/tls``, with what clients trust as ``ca.crt``."""
    return {CERTIFICATE: served(issued), KEY: keys.key_pem(issued.key), AUTHORITY: pem(issued.root)}


def cacerts(issued: Issued, trusted: Sequence[x509.Certificate] = ()) -> dict[str, bytes]:
    """The layout of Istio's plug-in CA: all four fields, for a part of them keeps istiod from starting.

    ``trusted`` are the roots that the mesh trusts, only its own root when none are given.
    """
    return {
        MESH_CERTIFICATE: pem(issued.certificate),
        MESH_KEY: keys.key_pem(issued.key),
        MESH_ROOT: pem(*(trusted or (issued.root,))),
        MESH_CHAIN: pem(*issued.chain),
    }


def read_fields(where: str, data: Mapping[str, bytes], fields: Sequence[str]) -> Issued | Damaged | None:
    """Read a stored certificate: ``fields`` are the names of certificate and key, then of those with more of the chain.

    None when neither certificate nor key is there.
    """
    certificate_field, key_field, *others = fields
    missing = [field for field in (certificate_field, key_field) if not data.get(field)]
    if len(missing) == 2:
        return None
    if missing:
        return Damaged(f"{where} lacks {missing[0]}")
    try:
        certificates = load_certificates(f"{where} {certificate_field}", data[certificate_field])
        pool = [*certificates[1:]]
        for field in others:
            if data.get(field):
                pool += load_certificates(f"{where} {field}", data[field])
        return paired(where, certificates[0], keys.load_key(f"{where} {key_field}", data[key_field]), pool)
    except PlatformError as error:
        return Damaged(error.message)


def paired(
    where: str, certificate: x509.Certificate, key: keys.PrivateKey, pool: Iterable[x509.Certificate]
) -> Issued | Damaged:
    """A certificate with its key, the chain above it picked from ``pool``."""
    if not keys.belong_together(key, certificate.public_key()):
        return Damaged(f"{where} holds a key that is not the certificate's")
    return Issued(certificate, key, order_chain(certificate, tuple(dict.fromkeys(pool))))


def to_pem(issued: Issued) -> bytes:
    """One PEM text: the certificate, those above it, the key."""
    return pem(*issued.chain) + keys.key_pem(issued.key)


def from_pem(where: str, data: bytes) -> Issued | Damaged:
    """What ``to_pem`` wrote, or a certificate with its key in any order."""
    blocks = [(match[1], match[0]) for match in BLOCK.finditer(data)]
    private = [block for kind, block in blocks if kind.endswith(b"PRIVATE KEY")]
    if len(private) != 1:
        return Damaged(f"{where} holds {len(private)} private keys, expected a certificate with its own")
    try:
        chain = load_certificates(where, b"".join(block for kind, block in blocks if kind == b"CERTIFICATE"))
        return paired(where, chain[0], keys.load_key(where, private[0]), chain[1:])
    except PlatformError as error:
        return Damaged(error.message)


def to_pkcs12(issued: Issued, name: str, passphrase: str) -> bytes:
    """A PKCS#12 file with the key, the certificate and those above it, encrypted under the passphrase."""
    return pkcs12.serialize_key_and_certificates(
        name.encode(),
        issued.key,
        issued.certificate,
        list(issued.above) or None,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )


def from_pkcs12(where: str, data: bytes, passphrase: str) -> tuple[Issued | Damaged, str]:
    """What a PKCS#12 file holds, and under which name; encryption is salted, so that only contents can be compared."""
    try:
        store = pkcs12.load_pkcs12(data, passphrase.encode())
        readable(*(held.certificate for held in (store.cert, *store.additional_certs) if held))
    except (ValueError, UnsupportedAlgorithm):
        return Damaged(f"{where} can't be opened with the passphrase given, or is no PKCS#12"), ""
    if store.key is None or store.cert is None:
        return Damaged(f"{where} lacks its {'key' if store.key is None else 'certificate'}"), ""
    if not keys.is_private(store.key):
        return Damaged(f"{where} holds a {type(store.key).__name__}"), ""
    name = (store.cert.friendly_name or b"").decode(errors="replace")
    return paired(where, store.cert.certificate, store.key, (one.certificate for one in store.additional_certs)), name
