"""What callers present, held against OpenSSL: a server with the root takes the good of any cluster and no other."""

from __future__ import annotations

import base64
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import issue
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import RenewBefore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import ALGORITHMS, DEFAULT_ALGORITHM
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Shape
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers.certificates import (
    ClientCertificates,
    signer_from_secret,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.cases import Presents
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import Workload

NOW = datetime.now(UTC)
KEY, YEAR = ALGORITHMS[DEFAULT_ALGORITHM], timedelta(days=365)
SHAPE = Shape("td.example", KEY, YEAR, RenewBefore(share=0.2), KEY, YEAR, RenewBefore(share=0.2), True)
CALLER = Workload("a", "a", "a")


@pytest.fixture(scope="module")
def authorities() -> dict[str, dict[str, bytes]]:
    """The Secret ``cacerts`` of two clusters under one root, and of one under another root."""
    found = {}
    roots = [SHAPE.make_root(NOW).signer() for _turn in range(2)]
    for cluster, root in (("primary", roots[0]), ("secondary", roots[0]), ("untrusted", roots[1])):
        assert root is not None
        found[cluster] = bundles.cacerts(issue(SHAPE.intermediate(cluster), root, NOW))
    return found


def certificates(authority: dict[str, bytes]) -> ClientCertificates:
    data = {name: base64.b64encode(value).decode() for name, value in authority.items()}
    return ClientCertificates(signer_from_secret(data), SHAPE.trust_domain, NOW)


def accepted(
    folder: Path, server: ClientCertificates, client: ClientCertificates, trust: bytes, presents: Presents
) -> bool:
    """Whether a server that trusts ``trust`` alone takes the client's certificate, over TLS 1.2, in memory."""
    contexts = []
    for name, side, who, shown in (
        ("s", ssl.PROTOCOL_TLS_SERVER, server, "own"),
        ("c", ssl.PROTOCOL_TLS_CLIENT, client, presents),
    ):
        context = ssl.SSLContext(side)
        context.check_hostname, context.maximum_version = False, ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED if name == "s" else ssl.CERT_NONE
        context.load_verify_locations(cadata=trust.decode())
        pair = who.pairs[who.name(CALLER, shown) or ""]
        (folder / name).write_text(pair["certificate"] + pair["key"])
        context.load_cert_chain(folder / name)
        contexts.append(context)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [contexts[0].wrap_bio(there, back, server_side=True), contexts[1].wrap_bio(back, there)]
    for _turn in range(4):
        for end in reversed(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return ends[0].getpeercert() is not None


@pytest.mark.parametrize("home", ["primary", "secondary", "untrusted"])
@pytest.mark.parametrize("presents", ["own", "of_untrusted_ca", "expired", "not_yet_valid", "of_other_trust_domain"])
def test_a_good_caller_of_any_cluster_under_the_root_is_taken_and_no_other(
    tmp_path: Path, authorities: dict[str, dict[str, bytes]], home: str, presents: Presents
) -> None:
    server, client = certificates(authorities["primary"]), certificates(authorities[home])
    taken = accepted(tmp_path, server, client, authorities["primary"][bundles.MESH_ROOT], presents)
    assert taken is (presents == "own" and home != "untrusted")
