"""Break what the platform promises, one thing at a time, and see verify.yml go red and name what broke.

Each control puts back what it broke, whatever happens; the last run sees everything green again. Only the primary
region is broken and asked: the secondary is its twin.
"""

from __future__ import annotations

import base64
import datetime
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[3]
STATE = Path(os.environ.get("PINGPONG_STATE") or ROOT / ".local")
KUBECONFIG = STATE / "clusters" / "pingpong-local-primary" / "kubeconfig"
SERVER_FIELDS = ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields")

Cell = dict[str, Any]


@pytest.fixture(autouse=True)
def _platform() -> None:
    if not KUBECONFIG.exists():
        pytest.skip("the local platform is not up: make site")


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    command = [str(STATE / "bin" / "kubectl"), f"--kubeconfig={KUBECONFIG}", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(kind: str, namespace: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kubectl("get", kind, name, f"--namespace={namespace}", "--output=json"))
    for field in SERVER_FIELDS:
        found["metadata"].pop(field, None)
    return found


def verify(folder: Path) -> tuple[int, str, list[Cell]]:
    """Run verify.yml as a user does: exit code, what it printed, and the cells that are not a pass."""
    done = subprocess.run(
        [str(ROOT / ".venv/bin/ansible-playbook"), "playbooks/verify.yml", "--inventory=inventories/local",
         "--limit=primary,localhost", f"--extra-vars=verify_report_path={folder}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads((folder / "report.json").read_text())
    return done.returncode, done.stdout, [cell for cell in report["cells"] if cell["verdict"] != "pass"]


@contextmanager
def permissive() -> Iterator[None]:
    path = ("patch", "peerauthentication", "pingpong-a", "--namespace=pingpong-a", "--type=merge")
    kubectl(*path, '--patch={"spec": {"mtls": {"mode": "PERMISSIVE"}}}')
    try:
        yield
    finally:
        kubectl(*path, '--patch={"spec": {"mtls": {"mode": "STRICT"}}}')


@contextmanager
def without_deny_all() -> Iterator[None]:
    policy = read("networkpolicy", "pingpong-e", "deny-all")
    kubectl("delete", "networkpolicy", "deny-all", "--namespace=pingpong-e")
    try:
        yield
    finally:
        kubectl("create", "--filename=-", stdin=json.dumps(policy))


@contextmanager
def without_pod_security() -> Iterator[None]:
    kubectl("label", "namespace", "pingpong-d", "pod-security.kubernetes.io/enforce-")
    try:
        yield
    finally:
        kubectl("label", "namespace", "pingpong-d", "pod-security.kubernetes.io/enforce=restricted")


def self_signed(host: str) -> dict[str, str]:
    """The data of a TLS Secret whose certificate has the right name and a CA that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=60))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "tls.crt": base64.b64encode(certificate.public_bytes(pem)).decode(),
        "tls.key": base64.b64encode(private).decode(),
    }


@contextmanager
def certificate_of_another_ca() -> Iterator[None]:
    secret = read("secret", "istio-ingress", "test-localdev-me")
    kubectl("replace", "--filename=-", stdin=json.dumps(secret | {"data": self_signed("test.localdev.me")}))
    try:
        yield
    finally:
        kubectl("replace", "--filename=-", stdin=json.dumps(secret))


CONTROLS: list[tuple[str, Callable[[], Any], str, str]] = [
    ("STRICT turned to PERMISSIVE", permissive, "mtls", "pingpong-a"),
    ("the deny-all policy deleted", without_deny_all, "network_policy", "pingpong-e"),
    ("the Pod Security label removed", without_pod_security, "pod_security", "pingpong-d"),
    ("a certificate of another CA", certificate_of_another_ca, "tls", "gateway a"),
]


@pytest.mark.parametrize(("what", "breakage", "proof", "named"), CONTROLS, ids=[row[0] for row in CONTROLS])
def test_verify_goes_red_and_names(
    what: str, breakage: Callable[[], Any], proof: str, named: str, tmp_path: Path
) -> None:
    with breakage():
        code, printed, cells = verify(tmp_path)
    failed = [cell for cell in cells if cell["verdict"] == "fail" and cell["proof"] == proof]
    assert code != 0
    assert failed, f"{what}: no {proof} cell failed; {cells[:3]}"
    assert all(named in f"{cell['source']} {cell['target']}" for cell in failed), failed[:3]
    assert named in printed


def test_everything_is_green_again(tmp_path: Path) -> None:
    code, printed, cells = verify(tmp_path)
    assert (code, cells) == (0, []), printed[-3000:]
