"""The fleets of projects: which clusters are in one, what its features make of them, and its Gateways' world.

Sources: https://cloud.google.com/kubernetes-engine/docs/how-to/enabling-multi-cluster-gateways (the feature, the config
cluster, the role that its controller's account needs), /multi-cluster-services (the feature).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from testbed.cloud.balancing.world import ClusterWorld, place_of
from testbed.cloud.core import policies
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.lateness import effective, late
from testbed.cloud.core.protocol.values import moment, project_number
from testbed.cloud.core.state.store import Resource
from testbed.cloud.resolver.routing import distance
from testbed.gateway.controller import Rules
from testbed.gateway.model import Project
from testbed.gateway.resources.site import Site

GLOBAL = "global"
# Where Google's front ends call from, which are its health checkers' ranges too: the end of one of them.
FRONT_ENDS = "35.191.255.0/24"
ROLES = ("roles/container.admin", "roles/owner", "roles/editor")


@dataclass(frozen=True)
class Fleet:
    """A project's: its clusters by their memberships' names, the closest to clients first.

    ``services`` and ``gateways`` say whether the controllers of these features are at work; ``config`` is the name of
    the membership that has the Gateways.
    """

    project: str
    clusters: tuple[tuple[str, Resource], ...]
    services: bool
    gateways: bool
    config: str

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes it another fleet: a cluster more, a feature less."""
        return tuple(name for name, _cluster in self.clusters), self.services, self.gateways, self.config

    @property
    def config_cluster(self) -> Resource | None:
        """The cluster that has the Gateways, while it is a member and runs."""
        return dict(self.clusters).get(self.config)


def fleets(cloud: Cloud, running: dict[str, Resource]) -> list[Fleet]:
    """The fleets that have features, of the clusters that run (by key)."""
    features = cloud.store.of_kind("gkehub.features")
    return [_fleet(cloud, project, running) for project in dict.fromkeys(item.path.split("/")[1] for item in features)]


def _fleet(cloud: Cloud, project: str, running: dict[str, Resource]) -> Fleet:
    members = {}
    for item in cloud.store.of_kind("gkehub.memberships", f"gkehub/projects/{project}/"):
        link = str(item.body["endpoint"]["gkeCluster"]["resourceLink"]).replace("/zones/", "/locations/")
        cluster = running.get(f"container/{link.removeprefix('//container.googleapis.com/')}")
        if cluster is not None:
            members[item.path] = cluster
    near = cloud.settings.default_client_region
    ordered = sorted(members.items(), key=lambda item: (distance(near, place_of(item[1])[1]), item[0]))
    ingress = _feature(cloud, project, "multiclusteringress")
    number = project_number(project)
    spec = (ingress.body.get("spec") or {}).get("multiclusteringress") or {} if ingress else {}
    config = str(spec.get("configMembership") or "").replace(f"projects/{number}/", f"projects/{project}/", 1)
    account = f"serviceAccount:service-{number}@gcp-sa-multiclusteringress.iam.gserviceaccount.com"
    allowed = policies.grants(cloud, f"cloudresourcemanager/projects/{project}", [account], ROLES)
    return Fleet(
        project,
        tuple(ordered),
        services=_feature(cloud, project, "multiclusterservicediscovery") is not None,
        gateways=ingress is not None and allowed,
        config=config,
    )


def _feature(cloud: Cloud, project: str, name: str) -> Resource | None:
    """A feature whose controllers are there by now."""
    found = cloud.store.get(f"gkehub/projects/{project}/locations/global/features/{name}")
    if found is None or (found.body.get("resourceState") or {}).get("state") != "ACTIVE":
        return None
    return None if late(cloud, effective(cloud, "fleet", moment(found.body["createTime"]))) else found


@dataclass(frozen=True)
class FleetWorld(ClusterWorld):
    """The world of a fleet's Gateways, seen from its config cluster: everything is global."""

    members: tuple[Resource, ...] = ()

    @property
    def place(self) -> tuple[str, str, str]:
        """Project, ``global`` and the config cluster's network."""
        project, _region, network = place_of(self.cluster)
        return project, GLOBAL, network

    def project(self) -> Project:
        """The project as it is now."""
        project, _global, network = self.place
        store, prefix = self.cloud.store, f"compute/projects/{project}/global/"
        reserved = store.of_kind("compute.globalAddresses", prefix)
        return Project(
            project=project,
            region="",
            network=network,
            cluster="",
            proxy_range=FRONT_ENDS,
            addresses={
                item.name: item.body["address"] for item in reserved if item.body["addressType"] == "EXTERNAL"
            },
            policies=frozenset(item.name for item in store.of_kind("compute.securityPolicies", prefix)),
            ssl_policies={
                item.name: item.body.get("minTlsVersion", "TLS_1_0")
                for item in store.of_kind("compute.sslPolicies", prefix)
            },
        )  # fmt: skip

    def rules(self, policy: str) -> Rules:
        """The rules of a global security policy."""
        found = self.cloud.store.get(f"compute/projects/{self.place[0]}/global/securityPolicies/{policy}")
        return list(found.body["rules"]) if found else []

    def site(self) -> Site:
        """The config cluster, with all that have endpoints."""
        others = tuple(ClusterWorld(self.cloud, member, self.offer).site() for member in self.members)
        return replace(super().site(), members=others)
