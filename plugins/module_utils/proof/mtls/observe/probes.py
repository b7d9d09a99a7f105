# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Attempts as documents of the probe program."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers.certificates import (
    ClientCertificates,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.topology import Topology
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import Attempt

ALPN = ["istio"]  # what a sidecar offers to another one: the inbound listener knows mesh traffic by it


def probe_document(
    identifier: int, attempt: Attempt, topology: Topology, certificates: ClientCertificates
) -> dict[str, Any]:
    """The attempt as the probe program takes it."""
    reports = attempt.port in topology.whoami_ports
    path = f"{topology.whoami_path if reports else '/'}?nonce={attempt.nonce}"
    tls: dict[str, Any] | None = None
    if attempt.version is not None:
        owner = attempt.source or attempt.target.workload
        name = certificates.name(owner, attempt.case.presents)
        tls = {"identity": name, "version": attempt.version, "alpn": ALPN}
    return {
        "id": str(identifier),
        "host": attempt.address.host,
        "port": attempt.address.port,
        "nonce": attempt.nonce,
        "tls": tls,
        "request": {"path": path, "host": f"{attempt.address.host}:{attempt.address.port}"},
    }
