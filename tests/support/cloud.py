"""Requests and bodies that tests of the local cloud share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testbed.cloud.testing import PROJECT, RunningCloud

APIS = (
    "artifactregistry",
    "binaryauthorization",
    "compute",
    "container",
    "dns",
    "gkehub",
    "iam",
    "pubsub",
    "secretmanager",
)
COMPUTE = f"/compute/compute/v1/projects/{PROJECT}"
CONTAINER = f"/container/v1/projects/{PROJECT}/locations/europe-west1"
DNS = f"/dns/dns/v1/projects/{PROJECT}"
CRM_POLICY = f"/cloudresourcemanager/v1/projects/{PROJECT}:getIamPolicy"

SUBNETWORK: dict[str, Any] = {
    "name": "sub",
    "network": "global/networks/net",
    "ipCidrRange": "10.0.0.0/24",
    "secondaryIpRanges": [
        {"rangeName": "pods", "ipCidrRange": "10.4.0.0/16"},
        {"rangeName": "services", "ipCidrRange": "10.5.0.0/20"},
    ],
}
CLUSTER: dict[str, Any] = {
    "name": "primary",
    "network": "net",
    "subnetwork": "sub",
    "ipAllocationPolicy": {
        "useIpAliases": True,
        "clusterSecondaryRangeName": "pods",
        "servicesSecondaryRangeName": "services",
    },
    "nodePools": [{"name": "default", "initialNodeCount": 1}],
}


def make(cloud: RunningCloud, path: str, body: Any, verb: str = "POST") -> Any:
    """A request that must be accepted; waits for its operation."""
    status, answer = cloud.request(verb, path, body)
    assert status in (200, 204), answer
    cloud.settle()
    return answer


def refused(cloud: RunningCloud, verb: str, path: str, body: Any = None) -> tuple[int, str, str]:
    """A request that must be refused: its status, its reason or canonical status, its message."""
    status, answer = cloud.request(verb, path, body)
    assert status >= 400, answer
    error = answer["error"]
    assert error["code"] == status
    both = path.startswith(("/container/", "/iam/"))
    word = error["errors"][0]["reason"] if "errors" in error and not both else error["status"]
    return status, word, error["message"]


@dataclass(frozen=True)
class Rule:
    """A request that Google refuses: why (with the source of the rule) and how it says so."""

    name: str
    source: str
    verb: str
    path: str
    body: Any
    status: int
    reason: str
    says: str

    def check(self, cloud: RunningCloud) -> None:
        """Send it and compare the refusal."""
        status, reason, message = refused(cloud, self.verb, self.path, self.body)
        assert (status, reason) == (self.status, self.reason), message
        assert self.says in message


def changed(body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A body with other values; None takes a field out."""
    merged = {**body, **fields}
    return {name: value for name, value in merged.items() if value is not None}
