"""SSL certificates that a user brings, global and regional: the private key is taken and never shown."""

from __future__ import annotations

from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.values import utc_time
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import register


def _prepare(_call: Call, body: Body) -> None:
    """compute.v1.json, SslCertificate: certificate and key in PEM, at most five certificates in the chain."""
    given = body.pop("selfManaged", None) or {}
    if body.setdefault("type", "SELF_MANAGED") != "SELF_MANAGED":
        raise ApiError(501, "Certificates that Google manages are not served locally.")
    chain = str(body.get("certificate") or given.get("certificate") or "")
    key = str(body.pop("privateKey", None) or given.get("privateKey") or "")
    try:
        certificates = x509.load_pem_x509_certificates(chain.encode())
    except ValueError as error:
        raise invalid("The SSL certificate could not be parsed.", reason="sslCertificateCouldNotParseCert") from error
    if len(certificates) > 5:
        raise invalid(f"A certificate chain has at most 5 certificates, found {len(certificates)}.")
    try:
        public = serialization.load_pem_private_key(key.encode(), None).public_key()
    except (ValueError, TypeError) as error:
        raise invalid("The SSL key could not be parsed.", reason="sslCertificateCouldNotParseKey") from error
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    leaf = certificates[0]
    if leaf.public_key().public_bytes(*form) != public.public_bytes(*form):
        raise invalid("The certificate and the private key do not match.", reason="sslCertificateKeyMismatch")
    body |= {"certificate": chain, "selfManaged": {"certificate": chain}}
    body["expireTime"] = utc_time(leaf.not_valid_after_utc.timestamp())
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        body["subjectAlternativeNames"] = names.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        body["subjectAlternativeNames"] = []


CERTIFICATE = Kind(
    plural="sslCertificates",
    singular="sslCertificate",
    schema="SslCertificate",
    scope="global",
    quota="SSL_CERTIFICATES",
    prepare=_prepare,
)
register(CERTIFICATE)
register(replace(CERTIFICATE, plural="regionSslCertificates", collection="sslCertificates", scope="region"))
