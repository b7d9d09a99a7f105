"""What a cluster's Gateway controller knows of the project around it, read from the state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbed.cloud.core.call import Cloud
from testbed.cloud.core.state.store import Resource
from testbed.gateway.controller import Rules, Share
from testbed.gateway.model import Project
from testbed.gateway.translation.translate import Translation


@dataclass(frozen=True)
class ClusterWorld:
    """The world of one cluster; ``offer`` gives its share to the fleet of its region."""

    cloud: Cloud
    cluster: Resource
    offer: Callable[[Share], Awaitable[None]]

    @property
    def place(self) -> tuple[str, str, str]:
        """Project, region and network of the cluster."""
        return place_of(self.cluster)

    def project(self) -> Project:
        """The project as it is now."""
        project, region, network = self.place
        prefix = f"compute/projects/{project}/regions/{region}/"
        reserved = self.cloud.store.of_kind("compute.addresses", prefix)
        policies = self.cloud.store.of_kind("compute.regionSecurityPolicies", prefix)
        ssl_policies = self.cloud.store.of_kind("compute.regionSslPolicies", prefix)
        return Project(
            project=project,
            region=region,
            network=network,
            cluster=str(self.cluster.body["id"]),
            proxy_range=proxy_range(self.cloud, project, region, network),
            addresses={
                item.name: item.body["address"] for item in reserved if item.body["addressType"] == "EXTERNAL"
            },
            policies=frozenset(item.name for item in policies),
            ssl_policies={item.name: item.body.get("minTlsVersion", "TLS_1_0") for item in ssl_policies},
        )  # fmt: skip

    def rules(self, policy: str) -> Rules:
        """The rules of a security policy of the region."""
        project, region, _network = self.place
        found = self.cloud.store.get(f"compute/projects/{project}/regions/{region}/securityPolicies/{policy}")
        return list(found.body["rules"]) if found else []

    def delay(self) -> float:
        """Seconds until a new load balancer is programmed."""
        return self.cloud.settings.pending("gateway")

    async def serve(self, share: Share) -> None:
        """Have the region's fleet serve what this cluster has."""
        await self.offer(share)

    async def record(self, translations: Sequence[Translation]) -> Mapping[tuple[str, str], Mapping[str, list[str]]]:
        """The addresses in use."""
        project, region, _network = self.place
        made = {}
        for item in translations:
            if item.balancer is not None and item.balancer.address_name:
                path = f"/projects/{project}/regions/{region}/addresses/{item.balancer.address_name}"
                made[item.balancer.namespace, item.balancer.name] = {"addresses": [path]}
        return made


def place_of(cluster: Resource) -> tuple[str, str, str]:
    """Project, region and network (its name) of a cluster."""
    project = cluster.path.split("/")[1]
    location = str(cluster.body["location"])
    region = location if location.count("-") == 1 else location.rpartition("-")[0]
    return project, region, str(cluster.body["networkConfig"]["network"]).rpartition("/")[2]


def proxy_range(cloud: Cloud, project: str, region: str, network: str) -> str:
    """The range of the active proxy-only subnetwork; empty for none."""
    for item in cloud.store.of_kind("compute.subnetworks", f"compute/projects/{project}/regions/{region}/"):
        body: Mapping[str, Any] = item.body
        own = str(body["network"]).endswith(f"/networks/{network}")
        if own and body.get("purpose") == "REGIONAL_MANAGED_PROXY" and body.get("role") == "ACTIVE":
            return str(body["ipCidrRange"])
    return ""
