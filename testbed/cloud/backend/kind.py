"""Clusters that are real: kind, by way of the testbed's nodes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.cloud.backend import ClusterEndpoint, ClusterRequest, Issuer
from testbed.cloud.backend.memory import VERSION

if TYPE_CHECKING:
    from testbed.gateway.fleet.place import Place


class KindBackend:
    """Asks `testbed.nodes.Clusters`, which is imported late: unit tests of the cloud need none of it."""

    def __init__(self) -> None:
        from testbed.nodes import Clusters

        self.clusters: Any = Clusters()

    def create(self, request: ClusterRequest) -> ClusterEndpoint:
        """Start a kind cluster of the GKE cluster's name; takes minutes."""
        info = self.clusters.create(
            request.name,
            location=request.location,
            node_count=request.node_count,
            version=request.version,
            labels=request.labels,
            secret_manager=request.secret_manager,
            network=request.network,
            dns_cache=request.dns_cache,
            registry=request.registry,
            preloaded=request.preloaded,
            google=request.google,
            private_address=request.private_address,
        )
        return _endpoint(info)

    def configure(self, name: str, secret_manager: dict[str, str]) -> None:
        """Change the add-on in the kind cluster."""
        self.clusters.set_secret_manager(name, secret_manager)

    def delete(self, name: str) -> None:
        """Remove the kind cluster."""
        self.clusters.delete(name)

    def get(self, name: str) -> ClusterEndpoint | None:
        """The running kind cluster."""
        info = self.clusters.get(name)
        return _endpoint(info) if info else None

    def addresses(self, region: str) -> list[str]:
        """The load balancer pools of the region's clusters, last first: the clusters themselves take the first."""
        from ipaddress import IPv4Address

        from testbed.nodes import record

        known = [found for found in map(record.load, record.names()) if found]
        pools = [found.addresses.load_balancers for found in known if f"{found.location}-".startswith(f"{region}-")]
        return [str(IPv4Address(number)) for first, last in pools for number in range(int(last), int(first) - 1, -1)]

    def issuer(self, name: str) -> Issuer | None:
        """As the cluster's API server publishes it."""
        found = self.clusters.token_issuer(name)
        return Issuer(*found) if found else None

    def programs(self) -> tuple[Path, Path]:
        """As they were linked into the state folder."""
        from testbed.host import state_root

        return state_root() / "bin" / "envoy", state_root() / "bin" / "waf"

    def admit(self, place: Place, nodes: Sequence[str]) -> None:
        """Write the routes into the nodes."""
        from testbed.nodes.prepare import container_runtime

        place.admit(container_runtime(), nodes)

    def gateway(self) -> str:
        """The machine's end of the nodes' network, which comes with the first cluster."""
        from testbed.nodes.network.addresses import GATEWAY

        return str(GATEWAY)


def _endpoint(info: Any) -> ClusterEndpoint:
    """Google shows a bare address and means port 443; another port is shown with the address."""
    address = str(info.endpoint).removeprefix("https://").rstrip("/").removesuffix(":443")
    return ClusterEndpoint(address, str(info.ca_certificate), getattr(info, "version", None) or VERSION)
