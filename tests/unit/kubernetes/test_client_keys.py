"""A client key is used, or what is wrong with it is said; a passphrase is never asked for."""

from __future__ import annotations

import base64
import datetime
import json
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.connection import Connection
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.transport import Transport
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

KEYS = {"EC": ec.generate_private_key(ec.SECP256R1()), "RSA": rsa.generate_private_key(65537, 2048)}
FORMS = {
    "PKCS#8": serialization.PrivateFormat.PKCS8,
    "legacy PEM": serialization.PrivateFormat.TraditionalOpenSSL,
}


def pem(kind: str, form: str, encryption: serialization.KeySerializationEncryption) -> str:
    return KEYS[kind].private_bytes(serialization.Encoding.PEM, FORMS[form], encryption).decode()


def certificate(kind: str) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEYS[kind].public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(KEYS[kind], hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


def kubeconfig(folder: Path, certificate_text: str, key: str) -> Connection:
    encoded = {
        "client-certificate-data": base64.b64encode(certificate_text.encode()).decode(),
        "client-key-data": base64.b64encode(key.encode()).decode(),
    }
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://192.0.2.1"}}],
        "users": [{"name": "c", "user": encoded}],
    }
    (folder / "kubeconfig").write_text(json.dumps(config))
    return Connection.from_kubeconfig(str(folder / "kubeconfig"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KEYS)
def test_an_encrypted_key_is_named_as_encrypted(tmp_path: Path, kind: str, form: str) -> None:
    locked = pem(kind, form, serialization.BestAvailableEncryption(b"hunter2"))
    with pytest.raises(PlatformError, match="the connection's client key is encrypted") as caught:
        Transport(kubeconfig(tmp_path, certificate(kind), locked))
    assert "PRIVATE" not in str(caught.value)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KEYS)
def test_a_plain_key_is_used(tmp_path: Path, kind: str, form: str) -> None:
    Transport(kubeconfig(tmp_path, certificate(kind), pem(kind, form, serialization.NoEncryption()))).close()


@pytest.mark.parametrize("key", ["x", pem("RSA", "PKCS#8", serialization.NoEncryption())], ids=["no PEM", "another"])
def test_a_key_that_does_not_fit_is_said_to(tmp_path: Path, key: str) -> None:
    with pytest.raises(PlatformError, match="do not fit or are not PEM"):
        Transport(kubeconfig(tmp_path, certificate("EC"), key))
