# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Attempts as documents of the probe program."""

from __future__ import annotations

import base64
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers.certificates import (
    ClientCertificates,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.topology import Topology
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.payloads import RAW, http2_request
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import Attempt

SILENCE = 1.0  # seconds that a client waits for a server to speak first


def probe_document(
    identifier: int, attempt: Attempt, topology: Topology, certificates: ClientCertificates
) -> dict[str, Any]:
    """The attempt as the probe program takes it; see ``pingpong.probe``."""
    reports = attempt.port in topology.whoami_ports
    asked = attempt.request.path if attempt.request else topology.whoami_path if reports else "/"
    path = f"{asked}?nonce={attempt.nonce}"
    authority = f"{attempt.address.host}:{attempt.address.port}"
    tls: dict[str, Any] | None = None
    if attempt.version is not None:
        owner = attempt.source or attempt.target.workload
        protocol = attempt.offer.protocol
        tls = {
            "identity": certificates.name(owner, attempt.case.presents),
            "version": attempt.version,
            "alpn": [protocol] if protocol else [],
            "server_name": attempt.offer.server_name,
            # An impostor does not hang up on a server that it can't verify: that would hide what the server answers.
            "verify": attempt.case.expected != "refused",
            "chain": attempt.case.expected == "allowed",  # the same for everybody, and long
        }
    return {
        "id": str(identifier),
        "host": attempt.address.host,
        "port": attempt.address.port,
        "nonce": attempt.nonce,
        "tls": tls,
        **_said(attempt, path, authority),
    }


def _said(attempt: Attempt, path: str, authority: str) -> dict[str, Any]:
    payload = "h2" if attempt.version and attempt.offer.protocol == "h2" else attempt.case.payload
    if payload == "http/1.1":
        method = attempt.request.method if attempt.request else "GET"
        return {"request": {"method": method, "path": path, "host": authority}}
    if payload == "nothing":
        return {"send": "", "timeout": SILENCE}
    data = http2_request(path, authority) if payload == "h2" else RAW
    return {"send": base64.b64encode(data).decode()}
