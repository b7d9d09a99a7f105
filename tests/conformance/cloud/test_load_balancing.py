"""The parts of a load balancer, who holds whom, and what a deleted cluster's controllers leave behind.

Sources: compute.v1.json; https://cloud.google.com/load-balancing/docs/proxy-only-subnets; names as captured from GKE.
"""

from __future__ import annotations

from typing import Any

import pytest

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.authority import Authority
from tests.support.cloud import CLUSTER, COMPUTE, CONTAINER, make, refused

REGION = f"{COMPUTE}/regions/europe-west1"
ZONE = f"{COMPUTE}/zones/europe-west1-b"
LINK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}"
NAME = "gkegw1-ab12-ingress-public-0123456789ab"
NETWORK = f"{LINK}/global/networks/net"
PROXY_ONLY = {"name": "proxies", "network": NETWORK, "ipCidrRange": "10.9.0.0/23",
              "purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE"}  # fmt: skip
RULE = {"name": NAME, "target": f"regions/europe-west1/targetHttpsProxies/{NAME}", "portRange": "443",
        "loadBalancingScheme": "EXTERNAL_MANAGED", "network": NETWORK}  # fmt: skip


def leaf() -> tuple[str, str]:
    """A certificate and its key, in PEM."""
    both = Authority("load balancers").leaf("ping.example.com", 30).decode()
    certificate, begin, key = both.partition("-----BEGIN PRIVATE KEY-----")
    return certificate, begin + key


def parts(cloud: RunningCloud) -> None:
    """Everything of a Gateway but its forwarding rule, under the names that GKE's controllers give."""
    certificate, key = leaf()
    make(cloud, f"{REGION}/subnetworks", PROXY_ONLY)
    make(cloud, f"{REGION}/addresses", {"name": "edge"})
    subnetwork = f"{LINK}/regions/europe-west1/subnetworks/sub"
    group = {"name": "k8s1-abcd-ingress", "network": NETWORK, "subnetwork": subnetwork}
    make(cloud, f"{ZONE}/networkEndpointGroups", group)
    make(cloud, f"{REGION}/healthChecks", {"name": NAME, "type": "HTTP"})
    make(cloud, f"{REGION}/backendServices", {
        "name": NAME, "protocol": "HTTPS", "loadBalancingScheme": "EXTERNAL_MANAGED",
        "healthChecks": [f"{LINK}/regions/europe-west1/healthChecks/{NAME}"],
        "backends": [{"group": f"{LINK}/zones/europe-west1-b/networkEndpointGroups/k8s1-abcd-ingress"}],
    })  # fmt: skip
    make(cloud, f"{REGION}/urlMaps", {"name": NAME, "defaultService": f"regions/europe-west1/backendServices/{NAME}"})
    make(cloud, f"{REGION}/sslCertificates", {"name": NAME, "certificate": certificate, "privateKey": key})
    make(cloud, f"{REGION}/targetHttpsProxies", {
        "name": NAME, "urlMap": f"regions/europe-west1/urlMaps/{NAME}",
        "sslCertificates": [f"regions/europe-west1/sslCertificates/{NAME}"],
    })  # fmt: skip


@pytest.fixture
def balanced(network: RunningCloud) -> RunningCloud:
    parts(network)
    make(network, f"{REGION}/forwardingRules", {**RULE, "IPAddress": f"{LINK}/regions/europe-west1/addresses/edge"})
    return network


HELD = [
    (f"{COMPUTE}/global/networks/net", ""),
    (f"{REGION}/subnetworks/sub", "networkEndpointGroups/k8s1-abcd-ingress"),
    (f"{REGION}/subnetworks/proxies", f"forwardingRules/{NAME}"),
    (f"{REGION}/addresses/edge", f"forwardingRules/{NAME}"),
    (f"{REGION}/targetHttpsProxies/{NAME}", f"forwardingRules/{NAME}"),
    (f"{REGION}/urlMaps/{NAME}", f"targetHttpsProxies/{NAME}"),
    (f"{REGION}/sslCertificates/{NAME}", f"targetHttpsProxies/{NAME}"),
    (f"{REGION}/backendServices/{NAME}", f"urlMaps/{NAME}"),
    (f"{REGION}/healthChecks/{NAME}", f"backendServices/{NAME}"),
    (f"{ZONE}/networkEndpointGroups/k8s1-abcd-ingress", f"backendServices/{NAME}"),
]


@pytest.mark.parametrize(
    ("path", "user"), HELD, ids=[path.rpartition("/")[0].rpartition("/")[2] for path, _user in HELD]
)
def test_what_is_in_use_stays(balanced: RunningCloud, path: str, user: str) -> None:
    status, reason, message = refused(balanced, "DELETE", path)
    assert (status, reason) == (400, "resourceInUseByAnotherResource")
    assert "is already being used by" in message and user in message


def test_the_address_is_in_use_and_reserved_again(balanced: RunningCloud) -> None:
    """compute.v1.json, Address.status"""
    found = balanced.request("GET", f"{REGION}/addresses/edge")[1]
    rule = balanced.request("GET", f"{REGION}/forwardingRules/{NAME}")[1]
    assert (found["status"], found["users"]) == ("IN_USE", [rule["selfLink"]])
    assert (rule["IPAddress"], rule["portRange"]) == (found["address"], "443-443")
    again = {**RULE, "name": "again", "IPAddress": found["address"]}
    assert refused(balanced, "POST", f"{REGION}/forwardingRules", again)[1] == "ipInUse"
    make(balanced, f"{REGION}/forwardingRules/{NAME}", None, verb="DELETE")
    found = balanced.request("GET", f"{REGION}/addresses/edge")[1]
    assert (found["status"], "users" in found) == ("RESERVED", False)


def test_a_deleted_cluster_leaves_what_its_controllers_made(network: RunningCloud) -> None:
    """clusters.delete in container.v1.json: load balancer resources that GKE did not know at its creation stay."""
    make(network, f"{CONTAINER}/clusters", {"cluster": CLUSTER})
    parts(network)
    make(network, f"{REGION}/forwardingRules", {**RULE, "IPAddress": f"{LINK}/regions/europe-west1/addresses/edge"})
    firewall = {"name": f"{NAME[:11]}-l7-net-europe-west1", "network": NETWORK, "allowed": [{"IPProtocol": "tcp"}]}
    make(network, f"{COMPUTE}/global/firewalls", firewall)
    make(network, f"{CONTAINER}/clusters/primary", None, verb="DELETE")
    order = [
        f"{REGION}/forwardingRules/{NAME}", f"{REGION}/targetHttpsProxies/{NAME}", f"{REGION}/urlMaps/{NAME}",
        f"{REGION}/backendServices/{NAME}", f"{REGION}/healthChecks/{NAME}", f"{REGION}/sslCertificates/{NAME}",
        f"{ZONE}/networkEndpointGroups/k8s1-abcd-ingress", f"{COMPUTE}/global/firewalls/{firewall['name']}",
        f"{REGION}/addresses/edge", f"{REGION}/subnetworks/proxies", f"{REGION}/subnetworks/sub",
    ]  # fmt: skip
    for path in order:
        assert refused(network, "DELETE", f"{COMPUTE}/global/networks/net")[1] == "resourceInUseByAnotherResource"
        make(network, path, None, verb="DELETE")
    make(network, f"{COMPUTE}/global/networks/net", None, verb="DELETE")


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("no proxy-only subnetwork", {"network": f"{LINK}/global/networks/other"}, "forwardingRules",
     "An active proxy-only subnetwork is required"),
    ("no target", {"target": None}, "forwardingRules", "Exactly one of target and backendService"),
    ("no port", {"portRange": None}, "forwardingRules", "portRange"),
    ("an address of another tier", {"networkTier": "STANDARD", "IPAddress": "edge"}, "forwardingRules",
     "must be the tier"),
    ("no such address", {"IPAddress": "regions/europe-west1/addresses/none"}, "forwardingRules", "cannot be found"),
    ("no such target", {"target": "regions/europe-west1/targetHttpsProxies/none"}, "forwardingRules",
     "cannot be found"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kind", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_rule(network: RunningCloud, change: dict[str, Any], kind: str, says: str) -> None:
    parts(network)
    make(network, f"{COMPUTE}/global/networks", {"name": "other", "autoCreateSubnetworks": False})
    body = {name: value for name, value in {**RULE, **change}.items() if value is not None}
    status, _unused, message = refused(network, "POST", f"{REGION}/{kind}", body)
    assert status == 400 and says in message


def test_certificates_are_checked_and_their_keys_not_shown(cloud: RunningCloud) -> None:
    certificate, key = leaf()
    path = f"{REGION}/sslCertificates"
    make(cloud, path, {"name": "c", "certificate": certificate, "privateKey": key})
    found = cloud.request("GET", f"{path}/c")[1]
    assert "privateKey" not in str(found) and found["type"] == "SELF_MANAGED" and found["subjectAlternativeNames"]
    _unused, other = leaf()
    for body, says in (
        ({"certificate": "none", "privateKey": key}, "certificate could not be parsed"),
        ({"certificate": certificate, "privateKey": "none"}, "key could not be parsed"),
        ({"certificate": certificate, "privateKey": other}, "do not match"),
    ):
        assert says in refused(cloud, "POST", path, {"name": "d", **body})[2]


def test_a_policy_is_attached_by_its_own_verb(network: RunningCloud) -> None:
    """compute.v1.json, BackendService.securityPolicy is output only."""
    path = f"{REGION}/backendServices"
    make(network, f"{REGION}/securityPolicies", {"name": "waf", "type": "CLOUD_ARMOR"})
    make(network, path, {"name": "b", "loadBalancingScheme": "EXTERNAL_MANAGED", "securityPolicy": "ignored"})
    assert "securityPolicy" not in network.request("GET", f"{path}/b")[1]
    policy = "regions/europe-west1/securityPolicies/waf"
    make(network, f"{path}/b/setSecurityPolicy", {"securityPolicy": policy})
    assert network.request("GET", f"{path}/b")[1]["securityPolicy"].endswith(policy)
    assert refused(network, "DELETE", f"{REGION}/securityPolicies/waf")[1] == "resourceInUseByAnotherResource"
