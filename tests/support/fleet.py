"""Two clusters in two regions of one network, and the fleet that they are in, by the local cloud's APIs."""

from __future__ import annotations

from typing import Any

from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, COMPUTE, CONTAINER, CRM_POLICY, SUBNETWORK, make

HUB = f"/gkehub/v1/projects/{PROJECT}/locations/global"
REGIONS = {"primary": "europe-west1", "secondary": "us-east1"}
NAMES = {host: f"projects/{PROJECT}/locations/global/memberships/{host}" for host in REGIONS}
ACCOUNT = f"serviceAccount:service-{project_number(PROJECT)}@gcp-sa-multiclusteringress.iam.gserviceaccount.com"


def two_clusters(cloud: RunningCloud) -> None:
    """The clusters; there is a network ``net`` with a subnetwork for the first."""
    ranges = [{"rangeName": "pods", "ipCidrRange": "10.20.0.0/16"},
              {"rangeName": "services", "ipCidrRange": "10.21.0.0/20"}]  # fmt: skip
    second = {**SUBNETWORK, "ipCidrRange": "10.19.0.0/24", "secondaryIpRanges": ranges}
    make(cloud, f"{COMPUTE}/regions/us-east1/subnetworks", second)
    for host, region in REGIONS.items():
        make(cloud, f"{CONTAINER.replace('europe-west1', region)}/clusters", {"cluster": {**CLUSTER, "name": host}})


def register(cloud: RunningCloud, host: str) -> None:
    link = f"//container.googleapis.com/projects/{PROJECT}/locations/{REGIONS[host]}/clusters/{host}"
    make(cloud, f"{HUB}/memberships?membershipId={host}", {"endpoint": {"gkeCluster": {"resourceLink": link}}})


def enable(cloud: RunningCloud, feature: str, **spec: Any) -> None:
    make(cloud, f"{HUB}/features?featureId={feature}", {"spec": spec} if spec else {})


def allow(cloud: RunningCloud, *members: str) -> None:
    bindings = [{"role": "roles/container.admin", "members": list(members)}]
    make(cloud, CRM_POLICY.replace("getIam", "setIam"), {"policy": {"bindings": bindings}})


def whole_fleet(cloud: RunningCloud) -> None:
    """Both are members, the first is the config cluster, and the controllers may do what they have to."""
    for host in REGIONS:
        register(cloud, host)
    enable(cloud, "multiclusterservicediscovery")
    enable(cloud, "multiclusteringress", multiclusteringress={"configMembership": NAMES["primary"]})
    allow(cloud, ACCOUNT)
