"""Negative controls: break one promise of the running platform, and verify.yml must fail and name what broke.

Each break is undone before the next one, whatever happened; at the end the untouched platform verifies green.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers.certificates import (
    untrusted_authority,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.breaks import deleted, rule_unbound
from tests.support.local_platform import client_of
from tests.support.plays import reported

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1800)]

CLUSTER = os.environ.get("PINGPONG_NEGATIVE_CLUSTER", "secondary")
PROPAGATION = 8.0  # seconds for istiod to push and for proxies to take up
DRAIN = 60.0  # seconds that a proxy keeps connections open which its listener would not admit any more
Broken = Callable[[ClusterClient], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def client() -> Iterator[ClusterClient]:
    with client_of(CLUSTER) as found:
        yield found


def verify(folder: Path) -> tuple[int, str, list[Cell]]:
    """Run the playbook that users run, against one cluster: exit code, output, cells."""
    site = ("playbooks/verify.yml", "-i", "inventories/local", "--limit", CLUSTER)
    return reported(*site, "-e", f"verify_report_path={folder}", folder=folder)


@contextlib.contextmanager
def patched(
    client: ClusterClient, ref: tuple[str, str, str, str | None], change: Any, undo: Any, settle: float = PROPAGATION
) -> Iterator[None]:
    """A merge patch that is undone by another one; ``settle`` are the seconds until the undoing has taken effect."""
    client.patch(*ref, change)
    try:
        time.sleep(PROPAGATION)
        yield
    finally:
        client.patch(*ref, undo)
        time.sleep(settle)


@contextlib.contextmanager
def permissive_mesh(client: ClusterClient) -> Iterator[None]:
    """An admission rule refuses it: who gets this far has taken that away first."""
    ref = ("security.istio.io/v1", "PeerAuthentication", "pingpong-b", "pingpong-b")
    change, undo = ({"spec": {"mtls": {"mode": mode}}} for mode in ("PERMISSIVE", "STRICT"))
    with pytest.raises(ApiError, match="strict-mutual-tls"):
        client.patch(*ref, change)
    with rule_unbound(client, "strict-mutual-tls"), patched(client, ref, change, undo, settle=DRAIN):
        yield


def trusted_registries_unbound(client: ClusterClient) -> AbstractContextManager[None]:
    return rule_unbound(client, "trusted-registries")


def deny_all_deleted(client: ClusterClient) -> AbstractContextManager[None]:
    return deleted(client, "networking.k8s.io/v1", "NetworkPolicy", "deny-all", "pingpong-e")


def psa_label_removed(client: ClusterClient) -> AbstractContextManager[None]:
    ref = ("v1", "Namespace", "pingpong-d", None)
    label = "pod-security.kubernetes.io/enforce"
    undo = {"metadata": {"labels": {label: "restricted"}}}
    return patched(client, ref, {"metadata": {"labels": {label: None}}}, undo)


def certificate_of_another_ca(client: ClusterClient) -> AbstractContextManager[None]:
    ref = ("v1", "Secret", "edge-tls", "istio-ingress")
    secret = client.get(*ref)
    assert secret is not None
    return patched(client, ref, {"data": foreign_pair("test.localdev.me")}, {"data": secret["data"]})


def another_backend_expected(client: ClusterClient) -> AbstractContextManager[None]:
    """To the ingress controller, the application's certificate is now one for another name."""
    ref = ("projectcontour.io/v1", "HTTPProxy", "pingpong-tls", "pingpong-tls")
    proxy = client.get(*ref)
    assert proxy is not None
    changed = copy.deepcopy(proxy["spec"]["routes"])
    for route in changed:
        route["services"][0]["validation"]["subjectName"] = "else.localdev.me"
    return patched(client, ref, {"spec": {"routes": changed}}, {"spec": {"routes": proxy["spec"]["routes"]}})


def foreign_pair(name: str) -> dict[str, str]:
    """A certificate for the right name by a CA that nobody trusts, as the data of a tls Secret."""
    now = datetime.now(UTC)
    authority = untrusted_authority(now)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(authority.certificate.not_valid_before_utc)
        .not_valid_after(authority.certificate.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
        .sign(authority.key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + authority.chain.encode()
    return {"tls.crt": base64.b64encode(pem).decode(), "tls.key": base64.b64encode(secret).decode()}


CONTROLS: list[tuple[str, Broken, str, str, str]] = [
    ("STRICT turned to PERMISSIVE", permissive_mesh, "mtls", "pingpong-b/pingpong-b:8080", "plaintext"),
    ("the deny-all policy deleted", deny_all_deleted, "network_policy", "pingpong-e", "default deny: Egress"),
    (
        "an admission rule without its binding",
        trusted_registries_unbound,
        "admission",
        "trusted-registries",
        "in force",
    ),
    ("the Pod Security label removed", psa_label_removed, "pod_security", "pingpong-d", "privileged"),
    (
        "a certificate of another CA",
        certificate_of_another_ca,
        "tls",
        "gateway pingpong-a (test.localdev.me:443)",
        "chain",
    ),
    (
        "an application that the ingress can't verify",
        another_backend_expected,
        "tls",
        "ingress pingpong-tls (ingress.localdev.me:443)",
        "GET /ping",
    ),
]

# A PERMISSIVE port takes TLS without Istio's own protocol name, as Prometheus speaks it, for the application's; and the
# admission rule against it is not in force.
CONSEQUENCES: dict[Broken, set[str]] = {permissive_mesh: {"metrics", "admission"}}


def test_verify_goes_red_and_names_all_that_broke(client: ClusterClient, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        for _name, breaks, *_where in CONTROLS:
            stack.enter_context(breaks(client))
        code, output, cells = verify(tmp_path)
    failed = [cell for cell in cells if cell.verdict == "fail"]
    assert code != 0
    named = {(cell.proof, cell.target, cell.case) for cell in failed}
    for name, _breaks, proof, target, case in CONTROLS:
        assert (proof, target, case) in named, name
        assert f"fail: {CLUSTER}: {proof}" in output, name
    places = {"mtls": "pingpong-b/", "pod_security": "pingpong-d", "network_policy": "pingpong-e"}
    accused = {(cell.proof, cell.source, cell.target) for cell in failed if cell.proof in places}
    strayed = {cell for cell in accused if not any(place.startswith(places[cell[0]]) for place in cell[1:])}
    assert not strayed, "what was left alone is not accused"


@pytest.mark.long
@pytest.mark.parametrize(("breaks", "proof", "target", "case"), [c[1:] for c in CONTROLS], ids=[c[0] for c in CONTROLS])
def test_each_break_alone_is_named_and_nothing_else(
    client: ClusterClient, tmp_path: Path, breaks: Broken, proof: str, target: str, case: str
) -> None:
    with breaks(client):
        code, output, cells = verify(tmp_path)
    failed = [cell for cell in cells if cell.verdict == "fail"]
    assert code != 0
    assert (proof, target, case) in {(cell.proof, cell.target, cell.case) for cell in failed}
    proofs = {cell.proof for cell in failed} - CONSEQUENCES.get(breaks, set())
    assert proofs == {proof, "drift"}, "nothing else broke, and what is declared is not what runs"
    assert f"fail: {CLUSTER}: {proof}" in output and target in output
    if breaks is deny_all_deleted:
        holes = [cell for cell in failed if cell.source == "pingpong-e/stand-in"]
        assert holes, "the egress that opened was measured as well"
        assert all("promised to be sealed" in cell.reason for cell in holes)


def test_the_untouched_platform_verifies_green_and_nothing_is_left_behind(
    client: ClusterClient, tmp_path: Path
) -> None:
    code, output, cells = verify(tmp_path)
    assert code == 0, output[-4000:]
    assert cells and {cell.verdict for cell in cells} == {"pass"}
    pods = [pod["metadata"]["name"] for pod in client.list("v1", "Pod")]
    assert not [name for name in pods if name.startswith("pingpong-probe-")]
    policies = [policy["metadata"]["name"] for policy in client.list("networking.k8s.io/v1", "NetworkPolicy")]
    assert not [name for name in policies if name.startswith("pingpong-probe-")]
