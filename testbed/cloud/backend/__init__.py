"""Where clusters really come from: kind, or memory for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from testbed.gateway.fleet.place import Place


@dataclass(frozen=True)
class ClusterRequest:
    """What the local cloud asks for: one Kubernetes cluster."""

    name: str
    location: str
    node_count: int
    version: str | None
    labels: dict[str, str] = field(default_factory=dict)
    # The Secret Manager add-on: ``pool``, ``provider`` (the cluster's URL in it), ``rotation`` (how often
    # to look for new versions, may be empty), ``endpoint`` and ``authority`` of this cloud. Empty: no add-on.
    secret_manager: dict[str, str] = field(default_factory=dict)
    # The VPC: pods of the clusters of one network reach each other.
    network: str = ""
    # Whether each node has a DNS cache: NodeLocal DNSCache.
    dns_cache: bool = False
    # How nodes pull from Artifact Registry: ``endpoint`` and ``authority`` of this cloud, ``token`` of their account.
    registry: dict[str, str] = field(default_factory=dict)
    # Whether nodes have every image that is built here from the start, and pull none of them.
    preloaded: bool = True
    # Where pods find Google: ``endpoint`` and ``authority`` of this cloud, ``dns`` (its name server) and, for a cluster
    # whose workloads are in a pool, ``pool``, ``provider`` (the cluster's URL in it) and the project's ``number``. One
    # that asks Binary Authorization which images may run has ``image_policy``, the URL that it asks.
    google: dict[str, str] = field(default_factory=dict)
    # The address that the cluster shows where it is not its node's own; the API server's certificate names it.
    private_address: str = ""


@dataclass(frozen=True)
class ClusterEndpoint:
    """A cluster that runs: `endpoint` is host or host:port without a scheme, `ca_certificate` is PEM."""

    endpoint: str
    ca_certificate: str
    version: str


@dataclass(frozen=True)
class Issuer:
    """Who signs a cluster's service account tokens, and the public keys as JSON web keys."""

    name: str
    keys: tuple[Mapping[str, Any], ...]


class Backend(Protocol):
    """Blocking and idempotent: a call repeated after a kill goes on where the killed one stopped."""

    def create(self, request: ClusterRequest) -> ClusterEndpoint:
        """Start the cluster, or find it running; raises an exception that says what failed."""

    def configure(self, name: str, secret_manager: dict[str, str]) -> None:
        """Set up the Secret Manager add-on of a running cluster (settings: see ClusterRequest), or take it away."""

    def delete(self, name: str) -> None:
        """Stop the cluster; no error when there is none."""

    def get(self, name: str) -> ClusterEndpoint | None:
        """The running cluster, or None."""

    def addresses(self, region: str) -> list[str]:
        """Addresses that a load balancer of a cluster in this region can really have, best first; may be empty."""

    def issuer(self, name: str) -> Issuer | None:
        """Who signs the running cluster's tokens, as its API server says; None for a cluster that does not run."""

    def programs(self) -> tuple[Path, Path] | None:
        """Envoy and the WAF for load balancers; None where clusters have no network that could reach one."""

    def admit(self, place: Place, nodes: Sequence[str]) -> None:
        """Give these nodes their way back to a region's load balancers."""

    def gateway(self) -> str:
        """This machine's address on the clusters' network, which may come with the first cluster; empty for none."""
