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
    """A cluster in its project. ``number`` is the project's; ``tiers`` the network tiers of the region's addresses.

    ``project.cluster`` is the cluster's unique identifier; ``cluster`` and ``location`` name it.
    """

    project: Project
    number: str
    cluster: str
    location: str
    subnetwork: str
    zones: tuple[str, ...]
    tiers: Mapping[str, str] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The scope of regional resources."""
        return f"regions/{self.project.region}"

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

    def regional(self, collection: str, name: str) -> str:
        """The link of a regional resource."""
        return self.link(f"{self.region}/{collection}/{name}")

    def described(self, resource: str = "") -> Object:
        """The description of what was made for an object (``namespaces/n/gateways/g``) of the cluster."""
        of_object = {"k8sResource": f"/{resource}"} if resource else {}
        cluster = f"/projects/{self.project.project}/locations/{self.location}/clusters/{self.cluster}"
        return {"description": json.dumps({**of_object, "k8sCluster": cluster}, separators=(",", ":"))}
