"""Compute Engine: what is desired, the resource as Google answers it, one change, and the fields that then differ."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]
Answered = tuple[Body, Body, Body, list[str]]
LINK = "https://www.googleapis.com/compute/v1/projects/p"


def compute(kind: str, path: str, **body: Any) -> Body:
    """What every answer of Compute Engine has."""
    stamped = {"kind": f"compute#{kind}", "id": "42", "creationTimestamp": "2026-01-01T00:00:00.000-08:00"}
    return {**stamped, "selfLink": f"{LINK}/{path}", "name": path.rpartition("/")[2], **body}


NETWORK: Answered = (
    {
        "kind": "network",
        "name": "n",
        "autoCreateSubnetworks": False,
        "mtu": 1460,
        "routingConfig": {"routingMode": "REGIONAL"},
        "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
    },
    compute(
        "network",
        "global/networks/n",
        autoCreateSubnetworks=False,
        networkFirewallPolicyEnforcementOrder="AFTER_CLASSIC_FIREWALL",
        routingConfig={"bgpBestPathSelectionMode": "LEGACY", "routingMode": "REGIONAL"},
        selfLinkWithId=f"{LINK}/global/networks/42",
        subnetworks=[f"{LINK}/regions/r/subnetworks/s"],
    ),
    {"mtu": 1500},
    ["mtu"],
)
SUBNETWORK: Answered = (
    {
        "kind": "subnetwork",
        "name": "s",
        "region": "r",
        "network": "projects/p/global/networks/n",
        "ipCidrRange": "10.2.0.0/16",
        "purpose": "PRIVATE",
        "stackType": "IPV4_ONLY",
        "privateIpGoogleAccess": False,
        "logConfig": {"enable": False},
    },
    compute(
        "subnetwork",
        "regions/r/subnetworks/s",
        fingerprint="Zm9vYmFy",
        gatewayAddress="10.2.0.1",
        ipCidrRange="10.2.0.0/16",
        logConfig={"enable": False},
        network=f"{LINK}/global/networks/n",
        privateIpGoogleAccess=False,
        region=f"{LINK}/regions/r",
    ),
    {"privateIpGoogleAccess": True},
    ["privateIpGoogleAccess"],
)
ROUTER: Answered = (
    {
        "kind": "router",
        "name": "r",
        "region": "r",
        "network": "global/networks/n",
        "bgp": None,
        "nats": [
            {
                "name": "nat",
                "natIpAllocateOption": "AUTO_ONLY",
                "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
                "tcpTimeWaitTimeoutSec": 120,
                "type": "PUBLIC",
                "logConfig": {"enable": True, "filter": "ALL"},
            }
        ],
    },
    compute(
        "router",
        "regions/r/routers/r",
        encryptedInterconnectRouter=False,
        network=f"{LINK}/global/networks/n",
        nats=[
            {
                "name": "nat",
                "natIpAllocateOption": "AUTO_ONLY",
                "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
                "endpointTypes": ["ENDPOINT_TYPE_VM"],
                "enableEndpointIndependentMapping": False,
                "icmpIdleTimeoutSec": 30,
                "logConfig": {"enable": True},
            }
        ],
    ),
    {"description": "of the nodes"},
    ["description"],
)
FIREWALL: Answered = (
    {
        "kind": "firewall",
        "name": "f",
        "network": "projects/p/global/networks/n",
        "direction": "INGRESS",
        "priority": 1000,
        "disabled": False,
        "logConfig": {"enable": False},
        "allowed": [{"IPProtocol": "TCP", "ports": ["80", "1000-2000"]}, {"IPProtocol": "udp", "ports": ["2"]}],
    },
    compute(
        "firewall",
        "global/firewalls/f",
        allowed=[{"IPProtocol": "udp", "ports": ["2"]}, {"IPProtocol": "tcp", "ports": ["80", "1000-2000"]}],
        description="",
        direction="INGRESS",
        disabled=False,
        enableLogging=False,
        logConfig={"enable": False},
        network=f"{LINK}/global/networks/n",
        priority=1000,
        sourceRanges=["0.0.0.0/0"],
    ),
    {"disabled": True},
    ["disabled"],
)
ADDRESS: Answered = (
    {"kind": "address", "name": "a", "region": "r", "addressType": "EXTERNAL", "labels": {"team": "edge"}},
    compute(
        "address",
        "regions/r/addresses/a",
        address="198.51.100.7",
        addressType="EXTERNAL",
        description="",
        labelFingerprint="Zm9v",
        labels={"team": "edge"},
        networkTier="PREMIUM",
        region=f"{LINK}/regions/r",
        status="IN_USE",
        users=[f"{LINK}/regions/r/forwardingRules/x"],
    ),
    {"labels": {"team": "core"}},
    ["labels.team"],
)
HEALTH_CHECK: Answered = (
    {
        "kind": "health_check",
        "name": "h",
        "type": "TCP",
        "checkIntervalSec": 30,
        "timeoutSec": 10,
        "healthyThreshold": 2,
        "unhealthyThreshold": 3,
        "sourceRegions": ["us-east1", "us-west1", "us-central1"],
        "tcpHealthCheck": {"port": 80, "proxyHeader": "NONE"},
        "logConfig": {"enable": False},
    },
    compute(
        "healthCheck",
        "global/healthChecks/h",
        type="TCP",
        checkIntervalSec=30,
        timeoutSec=10,
        healthyThreshold=2,
        unhealthyThreshold=3,
        sourceRegions=["us-central1", "us-east1", "us-west1"],
        tcpHealthCheck={"port": 80, "proxyHeader": "NONE"},
    ),
    {"checkIntervalSec": 40},
    ["checkIntervalSec"],
)
EVERYONE = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}
POLICY: Answered = (
    {
        "kind": "security_policy",
        "name": "a",
        "region": "r",
        "type": "CLOUD_ARMOR",
        "rules": [{"priority": 7, "action": "deny(403)", "match": EVERYONE}],
    },
    compute(
        "securityPolicy",
        "regions/r/securityPolicies/a",
        description="",
        fingerprint="Zm9v",
        labelFingerprint="YmFy",
        region=f"{LINK}/regions/r",
        rules=[
            {
                "kind": "compute#securityPolicyRule",
                "description": "",
                "priority": 7,
                "action": "deny(403)",
                "preview": False,
                "match": EVERYONE,
            },
            {
                "kind": "compute#securityPolicyRule",
                "description": "default rule",
                "priority": 2147483647,
                "action": "allow",
                "preview": False,
                "match": EVERYONE,
            },
        ],
    ),
    {"rules": [{"priority": 7, "action": "deny(404)", "match": EVERYONE}]},
    ["rules[7].action"],
)
INSTANCE: Answered = (
    {
        "kind": "instance",
        "name": "i",
        "zone": "z",
        "machineType": "zones/z/machineTypes/e2-micro",
        "labels": {"a": "b"},
        "disks": [{"boot": True, "autoDelete": True, "initializeParams": {"diskSizeGb": 10, "sourceImage": "i"}}],
        "networkInterfaces": [{"subnetwork": "regions/r/subnetworks/s", "stackType": "IPV4_ONLY"}],
        "serviceAccounts": [{"email": "i@p.iam.gserviceaccount.com", "scopes": ["s"]}],
        "metadata": {"items": [{"key": "enable-oslogin", "value": "TRUE"}]},
        "scheduling": {"onHostMaintenance": "MIGRATE", "automaticRestart": True},
        "shieldedInstanceConfig": {"enableSecureBoot": True, "enableVtpm": True},
    },
    compute(
        "instance",
        "zones/z/instances/i",
        machineType=f"{LINK}/zones/z/machineTypes/e2-micro",
        canIpForward=False,
        cpuPlatform="Intel Broadwell",
        deletionProtection=False,
        fingerprint="Zm9v",
        labelFingerprint="YmFy",
        labels={"a": "b"},
        disks=[
            {
                "kind": "compute#attachedDisk",
                "architecture": "X86_64",
                "autoDelete": True,
                "boot": True,
                "deviceName": "persistent-disk-0",
                "diskSizeGb": "10",
                "index": 0,
                "interface": "SCSI",
                "mode": "READ_WRITE",
                "source": f"{LINK}/zones/z/disks/i",
                "type": "PERSISTENT",
            }
        ],
        metadata={
            "kind": "compute#metadata",
            "fingerprint": "YQ==",
            "items": [{"key": "enable-oslogin", "value": "TRUE"}],
        },
        networkInterfaces=[
            {
                "kind": "compute#networkInterface",
                "fingerprint": "Yg==",
                "name": "nic0",
                "network": f"{LINK}/global/networks/n",
                "networkIP": "10.2.0.2",
                "subnetwork": f"{LINK}/regions/r/subnetworks/s",
            }
        ],
        scheduling={"preemptible": False},
        serviceAccounts=[{"email": "i@p.iam.gserviceaccount.com", "scopes": ["s"]}],
        shieldedInstanceConfig={"enableIntegrityMonitoring": True, "enableSecureBoot": True, "enableVtpm": True},
        status="RUNNING",
        tags={"fingerprint": "42WmSpB8rSM="},
        zone=f"{LINK}/zones/z",
    ),
    {"tags": {"items": ["bastion"]}},
    ["tags.items"],
)

COMPUTE = (NETWORK, SUBNETWORK, ROUTER, FIREWALL, ADDRESS, HEALTH_CHECK, POLICY, INSTANCE)
