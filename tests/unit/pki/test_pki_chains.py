"""What is made convinces those who verify: X.509 verification, and handshakes of OpenSSL's."""

from __future__ import annotations

import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import ALGORITHMS
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from pki_support import engine


def hierarchy(folder: Path, algorithm: str = "ecdsa-p256", **more: Any) -> None:
    """Root, intermediate and leaf for ``leaf.example``, valid now."""

    def sink(name: str) -> list[dict[str, Any]]:
        return [{"files": {"certificate": f"{folder}/{name}.pem", "key": f"{folder}/{name}.key"}}]

    key = {"algorithm": algorithm}
    task = [
        {"name": "root", "common_name": "root", "ca": {}, "key": key, "sinks": sink("root")},
        {
            "name": "middle",
            "common_name": "middle",
            "ca": {"path_length": 0},
            "key": key,
            "issuer": {"ref": "root"},
            "sinks": sink("middle"),
            **more,
        },
        {
            "name": "leaf",
            "dns": ["leaf.example"],
            "uris": ["spiffe://example.org/ns/a/sa/a"],
            "extended_usages": ["server_auth", "client_auth"],
            "key": key,
            "issuer": {"ref": "middle"},
            "sinks": sink("leaf"),
        },
    ]
    engine(now=datetime.now(UTC)).run(task)


def load(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name not in ("rsa-3072", "rsa-4096")])
def test_a_chain_verifies_and_its_leaf_shakes_hands(algorithm: str, tmp_path: Path) -> None:
    hierarchy(tmp_path, algorithm)
    root, (leaf, middle) = load(tmp_path / "root.pem"), load(tmp_path / "leaf.pem")
    if algorithm != "ed25519":  # the web's rules, which cryptography verifies by, know no Ed25519
        verifier = PolicyBuilder().store(Store(root)).build_server_verifier(x509.DNSName("leaf.example"))
        assert verifier.verify(leaf, [middle])[-1] == root[0]
        stranger = PolicyBuilder().store(Store(root)).build_server_verifier(x509.DNSName("other.example"))
        with pytest.raises(VerificationError):
            stranger.verify(leaf, [middle])
    checked = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", tmp_path / "root.pem", "-untrusted", tmp_path / "leaf.pem",
         tmp_path / "leaf.pem"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert shake_hands(tmp_path, tmp_path) == "leaf.example"


def test_a_client_of_another_root_is_turned_away(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    hierarchy(here)
    hierarchy(there)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(here, there)


def test_openssl_minds_the_name_constraints(tmp_path: Path) -> None:
    hierarchy(tmp_path, name_constraints={"permitted": {"uris": ["example.org"]}})
    assert shake_hands(tmp_path, tmp_path) == "leaf.example"


def test_nothing_outlives_its_issuer(tmp_path: Path) -> None:
    hierarchy(tmp_path, validity="10d")
    leaf, middle = load(tmp_path / "leaf.pem")
    assert leaf.not_valid_after_utc == middle.not_valid_after_utc
    assert datetime.now(UTC) - leaf.not_valid_before_utc >= timedelta(minutes=5)


def shake_hands(server: Path, client: Path) -> str:
    """Both sides verify the other, in memory; returns the server's name that the client saw."""
    accepts = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    accepts.load_cert_chain(server / "leaf.pem", server / "leaf.key")
    accepts.load_verify_locations(server / "root.pem")
    accepts.verify_mode = ssl.CERT_REQUIRED
    connects = ssl.create_default_context(cafile=str(client / "root.pem"))
    connects.load_cert_chain(client / "leaf.pem", client / "leaf.key")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = accepts.wrap_bio(to_server, to_client, server_side=True)
    other = connects.wrap_bio(to_client, to_server, server_hostname="leaf.example")
    waiting = [other, one]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                continue
    # With TLS 1.3 a refusal of the client shows only when the client reads.
    one.write(b"pong")
    other.read(4)
    certificate = other.getpeercert() or {}
    return str(dict(certificate["subjectAltName"])["DNS"])  # type: ignore[arg-type]
