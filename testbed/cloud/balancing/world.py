"""What a cluster's Gateway controller knows of the project around it, read from the state."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from testbed.cloud.balancing import resources
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.protocol.errors import ApiError
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.core.state.store import Resource
from testbed.gateway.controller import Rules, Share
from testbed.gateway.model import LoadBalancer, Project, TranslationError
from testbed.gateway.resources import desired
from testbed.gateway.resources.site import Resource as Part
from testbed.gateway.resources.site import Site
from testbed.gateway.translation.translate import Translation

# How long the controller waits for operations of others: times, and seconds between them.
PATIENCE = (40, 0.25)


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
        """Reconcile the compute resources; a Gateway that compute refuses gets its error, and keeps what it had."""
        site = self.site()
        made, paths, failing = {}, set(), set()
        for item in translations:
            name = (item.gateway["metadata"]["namespace"], item.gateway["metadata"]["name"])
            if item.balancer is not None:
                found = desired.of_gateway(item.balancer, site)
                try:
                    await self._keep(site, found)
                except ApiError as error:
                    item.balancer, item.error = None, TranslationError("", error.message)
                else:
                    paths |= {resource.path for resource in found}
                    made[name] = desired.annotated(item.balancer, found, site)
                    item.balancer = self._addressed(item.balancer, found)
            if item.error is not None:
                failing.add(name)
        resources.sweep(self.cloud, site, paths, failing)
        return made

    async def _keep(self, site: Site, found: Sequence[Part]) -> None:
        times, seconds = PATIENCE
        for attempt in range(1, times + 1):
            try:
                resources.keep(self.cloud, site, found)
                return
            except ApiError as error:
                if error.reason != "resourceNotReady" or attempt == times:
                    raise
            await asyncio.sleep(seconds)

    def _addressed(self, balancer: LoadBalancer, found: Sequence[Part]) -> LoadBalancer:
        """With the address that the controller has reserved, where the Gateway names none."""
        own = [item for item in found if item.collection == "addresses"]
        stored = self.cloud.store.get(f"compute/projects/{self.place[0]}/{own[0].path}") if own else None
        return replace(balancer, address=stored.body["address"]) if stored else balancer

    def site(self) -> Site:
        """The cluster in its project."""
        project = self.project()
        prefix = f"compute/projects/{project.project}/{project.scope}/"
        body = self.cluster.body
        return Site(
            project,
            project_number(project.project),
            str(body["name"]),
            str(body["location"]),
            str(body["networkConfig"]["subnetwork"]).rpartition("/")[2],
            tuple(body["locations"]),
            {
                item.name: item.body.get("networkTier", "PREMIUM")
                for item in self.cloud.store.of_kind("compute.addresses", prefix)
            },
        )


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
