"""Where clusters really come from: kind, or memory for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class ClusterRequest:
    """What the local cloud asks for: one Kubernetes cluster."""

    name: str
    location: str
    node_count: int
    version: str | None
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ClusterEndpoint:
    """A cluster that runs: `endpoint` is host or host:port without a scheme, `ca_certificate` is PEM."""

    endpoint: str
    ca_certificate: str
    version: str


class Backend(Protocol):
    """Blocking and idempotent: a call repeated after a kill goes on where the killed one stopped."""

    def create(self, request: ClusterRequest) -> ClusterEndpoint:
        """Start the cluster, or find it running; raises an exception that says what failed."""

    def delete(self, name: str) -> None:
        """Stop the cluster; no error when there is none."""

    def get(self, name: str) -> ClusterEndpoint | None:
        """The running cluster, or None."""

    def addresses(self, region: str) -> list[str]:
        """Addresses that a load balancer of a cluster in this region can really have, best first; may be empty."""
