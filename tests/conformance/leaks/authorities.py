"""An intermediate authority of the mesh that does not live long, in the place of the cluster's own."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SHORT_LIVED = "short-lived intermediate"
SECRET = ("v1", "Secret", "cacerts", "istio-system")
ISTIOD_TIMEOUT = 120.0


@contextmanager
def short_lived_authority(client: ClusterClient, root: Path, seconds: float) -> Iterator[float]:
    """istiod issues under an intermediate that ends at the time given, in Unix seconds; then under its own again."""
    own = client.get(*SECRET)
    assert own is not None
    ends = time.time() + seconds
    try:
        client.patch(*SECRET, {"data": intermediate(root, ends)})
        restart_istiod(client)
        yield ends
    finally:
        client.patch(*SECRET, {"data": own["data"]})
        restart_istiod(client)


def intermediate(root: Path, ends: float) -> dict[str, str]:
    """The fields of ``cacerts`` that differ, for an intermediate under the mesh's own root."""
    pem = root.read_bytes()
    signer = serialization.load_pem_private_key(pem, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    authority = x509.load_pem_x509_certificate(pem)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SHORT_LIVED)]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(minutes=1))
        .not_valid_after(datetime.fromtimestamp(ends, UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = certificate + authority.public_bytes(serialization.Encoding.PEM)
    fields = {"ca-cert.pem": certificate, "ca-key.pem": secret, "cert-chain.pem": chain}
    return {name: base64.b64encode(value).decode() for name, value in fields.items()}


def restart_istiod(client: ClusterClient) -> None:
    """A new pod mounts the Secret as it is now; a running one sees a change after a minute or more."""
    before = {pod["metadata"]["name"] for pod in istiods(client)}
    for name in before:
        client.delete("v1", "Pod", name, "istio-system")
    deadline = time.monotonic() + ISTIOD_TIMEOUT
    while time.monotonic() < deadline:
        found = [pod for pod in istiods(client) if pod["metadata"]["name"] not in before]
        conditions = [c for pod in found for c in pod["status"].get("conditions", ()) if c["type"] == "Ready"]
        if conditions and all(condition["status"] == "True" for condition in conditions):
            return
        time.sleep(1)
    raise AssertionError("istiod did not come back")


def istiods(client: ClusterClient) -> list[dict[str, object]]:
    return list(client.list("v1", "Pod", "istio-system", label_selector="app=istiod"))
