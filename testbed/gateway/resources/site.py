"""Where a cluster's load balancers are, and what is the same in all of their resources. Pure.

Sources of the descriptions: captured forwarding rules, target proxies, URL maps, addresses and endpoint groups.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from testbed.gateway import names
from testbed.gateway.model import Object, Project

LINKS = "https://www.googleapis.com/compute/v1/projects"


@dataclass(frozen=True)
class Resource:
    """A compute resource: ``scope`` is ``global``, ``regions/<region>`` or ``zones/<zone>``."""

    scope: str
    collection: str
    name: str
    body: Object = field(hash=False, repr=False)

    @property
    def path(self) -> str:
        """The path within the project, ``regions/europe-west1/urlMaps/name``."""
        return f"{self.scope}/{self.collection}/{self.name}"


@dataclass(frozen=True)
class Site:
    """A cluster in its project. ``number`` is the project's; ``tiers`` the network tiers of the scope's addresses.

    ``project.cluster`` is the cluster's unique identifier; ``cluster`` and ``location`` name it. A fleet's site is its
    config cluster's, and has those of all ``members``.
    """

    project: Project
    number: str
    cluster: str
    location: str
    subnetwork: str
    zones: tuple[str, ...]
    tiers: Mapping[str, str] = field(default_factory=dict)
    members: tuple[Site, ...] = ()

    @property
    def scope(self) -> str:
        """The scope of the load balancers' resources."""
        return self.project.scope

    @property
    def clusters(self) -> tuple[Site, ...]:
        """The clusters that have endpoints."""
        return self.members or (self,)

    @property
    def network(self) -> str:
        """The link of the network."""
        return self.link(f"global/networks/{self.project.network}")

    @property
    def node_tag(self) -> str:
        """The network tag of the cluster's nodes, which its firewall rules are for."""
        return f"gke-{self.cluster}-{names.node_hash(self.project.cluster)}-node"

    def link(self, path: str) -> str:
        """The link of a path within the project."""
        return f"{LINKS}/{self.project.project}/{path}"

    def scoped(self, collection: str, name: str) -> str:
        """The link of a resource of the load balancers' scope."""
        return self.link(f"{self.scope}/{collection}/{name}")

    def described(self, resource: str = "") -> Object:
        """The description of what was made for an object (``namespaces/n/gateways/g``) of the cluster."""
        of_object = {"k8sResource": f"/{resource}"} if resource else {}
        cluster = f"/projects/{self.project.project}/locations/{self.location}/clusters/{self.cluster}"
        return {"description": json.dumps({**of_object, "k8sCluster": cluster}, separators=(",", ":"))}
