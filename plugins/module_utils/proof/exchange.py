# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a probe saw: the probe program's answer as a value, in the words that verdicts need."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The refusals that a TLS endpoint itself makes. A timeout or a refused connection says nothing about TLS.
PEER_REFUSALS = ("reset", "eof")
GATEWAY_TIMEOUT = 504
NOT_REACHED = ("timeout", "refused", "unreachable", "dns")
# How Envoy's own answers name an upstream that it never had a connection to (Envoy, source/common/http/utility.cc).
NO_UPSTREAM = (
    "connection timeout",
    "delayed connect error",
    "immediate connect error",
    "local connection failure",
    "no healthy upstream",
    "overflow",
    "upstream request timeout",
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt to talk to a port. ``stage`` is where it ended: connect, handshake, read or done.

    ``certificate_requested``: whether the server asked the client for a certificate; None without TLS.
    """

    connected: bool
    stage: str
    error: str | None = None
    bytes_received: int = 0
    status: int | None = None
    nonce_returned: bool = False
    tls_version: str | None = None
    cipher: str | None = None
    peer_verified: bool = False
    peer_names: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    certificate_requested: bool | None = None
    seen_identity: str | None = None
    seconds: float = 0.0
    body: str = ""
    headers: tuple[str, ...] = ()

    @property
    def refused_by_peer(self) -> bool:
        """Whether the peer itself ended the exchange: a TLS alert, a reset or the end of the stream."""
        error = self.error or ""
        return self.connected and (error in PEER_REFUSALS or error.startswith("alert:"))

    @property
    def not_reached(self) -> bool:
        """Whether the attempt never got as far as the peer's TLS."""
        return not self.connected or self.error in NOT_REACHED

    @property
    def answered_by_proxy(self) -> bool:
        """Whether an error is the answer of the caller's own proxy: it adds its timing to what a server answered."""
        timed = any(header.lower().startswith("x-envoy-upstream-service-time:") for header in self.headers)
        return (self.status or 0) >= 500 and not self.nonce_returned and not timed

    @property
    def without_upstream(self) -> bool:
        """Whether the caller's own proxy says that it had no connection to the target."""
        if not self.answered_by_proxy or "tls_error" in self.body.lower():
            return False
        return self.status == GATEWAY_TIMEOUT or any(reason in self.body.lower() for reason in NO_UPSTREAM)

    @property
    def without_application(self) -> bool:
        """Whether a proxy on the way, the server's or the caller's, answered for want of who should have."""
        return self.answered_by_proxy and "upstream" in self.body.lower()

    def summary(self) -> str:
        """The outcome in a few words."""
        if self.error is None:
            answer = f"HTTP {self.status}" if self.status is not None else "connected"
            return f"{answer}, {self.bytes_received} bytes" if self.bytes_received else answer
        return f"{self.error} at {self.stage}"

    def evidence(self) -> dict[str, Any]:
        """Plain data for a cell: without bodies and chains, which are long and reported elsewhere."""
        left_out = {"body", "chain", "headers"}
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in left_out}


def exchange_from(result: Mapping[str, Any]) -> Exchange:
    """An exchange from one result of the probe program."""
    tls: Mapping[str, Any] = result.get("tls") or {}
    body = str(result.get("body") or "")
    return Exchange(
        connected=bool(result.get("connected")),
        stage=str(result.get("stage") or "connect"),
        error=result.get("error"),
        bytes_received=int(result.get("bytes") or 0),
        status=result.get("status"),
        nonce_returned=bool(result.get("nonce_returned")),
        tls_version=tls.get("version"),
        cipher=tls.get("cipher"),
        peer_verified=bool(tls.get("verified")),
        peer_names=tuple(tls.get("names") or ()),
        chain=tuple(tls.get("chain") or ()),
        certificate_requested=tls.get("certificate_requested"),
        seen_identity=identity_in(body),
        seconds=float(result.get("seconds") or 0.0),
        body=body,
        headers=tuple(result.get("headers") or ()),
    )


def identity_in(body: str) -> str | None:
    """The peer identity that ``/whoami`` says the mesh saw; None where the body is no such answer."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    peer = answer.get("peer") if isinstance(answer, dict) else None
    if isinstance(peer, dict):
        peer = peer.get("uri") or peer.get("uris")
    if isinstance(peer, list):
        peer = peer[0] if peer else None
    return str(peer) if peer else None
