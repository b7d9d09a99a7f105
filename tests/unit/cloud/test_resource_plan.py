"""From desired and live to the requests that are sent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import parse
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource_plan import (
    plan_absent,
    plan_present,
)

Body = dict[str, Any]
P = "projects/p"
SUB = f"compute/v1/{P}/regions/r/subnetworks/s"
ARMOR = f"compute/v1/{P}/regions/r/securityPolicies/a"
CLUSTER = f"v1/{P}/locations/l/clusters/c"


def planned(resource: Body, live: Body | None) -> ResourceChange:
    return plan_present(parse(resource, "p", {}), live)


NETWORK: Body = {"kind": "network", "name": "n"}


def sub(**body: Any) -> Body:
    return {"kind": "subnetwork", "name": "s", "region": "r", **body}


def cluster(**body: Any) -> Body:
    return {"kind": "cluster", "name": "c", "location": "l", **body}


def pool(**body: Any) -> Body:
    return {"kind": "node_pool", "name": "n", "location": "l", "cluster": "c", **body}


def policy_of(**rule: Any) -> Body:
    return {"kind": "security_policy", "name": "a", "region": "r", "rules": [rule]}


REQUESTS: list[tuple[str, Body, Body | None, list[tuple[str, str, Body, Body | None]]]] = [
    (
        "a creation is named in the body",
        sub(ipCidrRange="10.0.0.0/24"),
        None,
        [("POST", f"compute/v1/{P}/regions/r/subnetworks", {}, {"name": "s", "ipCidrRange": "10.0.0.0/24"})],
    ),
    (
        "a creation is named in the query",
        {"kind": "repository", "name": "x", "location": "l", "format": "DOCKER"},
        None,
        [("POST", f"v1/{P}/locations/l/repositories", {"repositoryId": "x"}, {"format": "DOCKER"})],
    ),
    (
        "a creation is wrapped",
        cluster(network="n"),
        None,
        [("POST", f"v1/{P}/locations/l/clusters", {}, {"cluster": {"name": "c", "network": "n"}})],
    ),
    (
        "PATCH carries the fingerprint",
        sub(role="ACTIVE"),
        {"role": "BACKUP", "fingerprint": "f"},
        [("PATCH", SUB, {}, {"role": "ACTIVE", "fingerprint": "f"})],
    ),
    (
        "a range grows by its own request, before the rest",
        sub(role="ACTIVE", ipCidrRange="10.0.0.0/23"),
        {"role": "BACKUP", "fingerprint": "f", "ipCidrRange": "10.0.0.0/24"},
        [
            ("POST", f"{SUB}/expandIpCidrRange", {}, {"ipCidrRange": "10.0.0.0/23"}),
            ("PATCH", SUB, {}, {"role": "ACTIVE", "fingerprint": "f"}),
        ],
    ),
    (
        "labels are set whole, with their fingerprint",
        {"kind": "address", "name": "a", "region": "r", "labels": {"k": "1"}},
        {"labels": {"k": "0", "other": "x"}, "labelFingerprint": "lf"},
        [
            (
                "POST",
                f"compute/v1/{P}/regions/r/addresses/a/setLabels",
                {},
                {"labels": {"k": "1", "other": "x"}, "labelFingerprint": "lf"},
            )
        ],
    ),
    (
        "null removes",
        {"kind": "firewall", "name": "f", "sourceTags": None},
        {"sourceTags": ["x"]},
        [("PATCH", f"compute/v1/{P}/global/firewalls/f", {}, {"sourceTags": None})],
    ),
    (
        "a cluster takes one field an update",
        cluster(releaseChannel={"channel": "STABLE"}, networkConfig={"enableIntraNodeVisibility": True}),
        {"releaseChannel": {"channel": "REGULAR"}},
        [
            ("PUT", CLUSTER, {}, {"update": {"desiredIntraNodeVisibilityConfig": {"enabled": True}}}),
            ("PUT", CLUSTER, {}, {"update": {"desiredReleaseChannel": {"channel": "STABLE"}}}),
        ],
    ),
    (
        "an update of a cluster leaves out what the server fills",
        cluster(controlPlaneEndpointsConfig={"ipEndpointsConfig": {"globalAccess": True}}),
        {"controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enabled": True, "privateEndpoint": "10.0.0.2"}}},
        [
            (
                "PUT",
                CLUSTER,
                {},
                {
                    "update": {
                        "desiredControlPlaneEndpointsConfig": {
                            "ipEndpointsConfig": {"enabled": True, "globalAccess": True}
                        }
                    }
                },
            )
        ],
    ),
    (
        "a node pool's labels are wrapped",
        pool(config={"labels": {"a": "b"}}),
        {"config": {}},
        [("PUT", f"{CLUSTER}/nodePools/n", {}, {"labels": {"labels": {"a": "b"}}})],
    ),
    (
        "a node pool is resized",
        pool(initialNodeCount=3),
        {"initialNodeCount": 1},
        [("POST", f"{CLUSTER}/nodePools/n:setSize", {}, {"nodeCount": 3})],
    ),
    (
        "rules have requests of their own",
        {
            "kind": "security_policy",
            "name": "a",
            "region": "r",
            "rules": [{"priority": 1, "action": "allow"}, {"priority": 3, "action": "allow"}],
        },
        {"rules": [{"priority": 1, "action": "deny(403)"}, {"priority": 2, "action": "allow"}]},
        [
            (
                "POST",
                f"compute/v1/{P}/regions/r/securityPolicies/a/patchRule",
                {"priority": "1"},
                {"priority": 1, "action": "allow"},
            ),
            ("POST", f"compute/v1/{P}/regions/r/securityPolicies/a/addRule", {}, {"priority": 3, "action": "allow"}),
            ("POST", f"compute/v1/{P}/regions/r/securityPolicies/a/removeRule", {"priority": "2"}, None),
        ],
    ),
    (
        "a match of another form takes the place of the one that is there",
        policy_of(priority=1, match={"expr": {"expression": "e"}}),
        {"rules": [{"priority": 1, "action": "allow", "match": {"versionedExpr": "SRC_IPS_V1", "config": {}}}]},
        [
            (
                "POST",
                f"{ARMOR}/patchRule",
                {"priority": "1"},
                {"priority": 1, "action": "allow", "match": {"expr": {"expression": "e"}}},
            )
        ],
    ),
    (
        "null removes a field of a rule, which the mask names",
        policy_of(priority=1, action="allow", rateLimitOptions=None),
        {"rules": [{"priority": 1, "action": "throttle", "rateLimitOptions": {"conformAction": "allow"}}]},
        [
            (
                "POST",
                f"{ARMOR}/patchRule",
                {"priority": "1", "updateMask": "rateLimitOptions"},
                {"priority": 1, "action": "allow"},
            )
        ],
    ),
    (
        "a check of another type asks for the absence of the other protocol",
        {"kind": "health_check", "name": "h", "type": "TCP", "tcpHealthCheck": {"port": 80}},
        {"type": "HTTP", "httpHealthCheck": {"port": 80}},
        [
            (
                "PATCH",
                f"compute/v1/{P}/global/healthChecks/h",
                {},
                {"httpHealthCheck": None, "type": "TCP", "tcpHealthCheck": {"port": 80}},
            )
        ],
    ),
    (
        "flow logs are switched off without their settings",
        sub(logConfig={"enable": False, "flowSampling": 0.1}),
        {"fingerprint": "f", "logConfig": {"enable": True, "flowSampling": 0.5, "metadata": "INCLUDE_ALL_METADATA"}},
        [("PATCH", SUB, {}, {"logConfig": {"enable": False}, "fingerprint": "f"})],
    ),
    (
        "the fields of flow logs are chosen",
        sub(logConfig={"enable": True, "metadata": "CUSTOM_METADATA", "metadataFields": ["src_vpc"]}),
        {"fingerprint": "f", "logConfig": {"enable": True, "metadata": "CUSTOM_METADATA", "metadataFields": ["x"]}},
        [
            (
                "PATCH",
                SUB,
                {},
                {
                    "logConfig": {"enable": True, "metadata": "CUSTOM_METADATA", "metadataFields": ["src_vpc"]},
                    "fingerprint": "f",
                },
            )
        ],
    ),
    (
        "null in a cluster is sent as what is empty",
        cluster(workloadIdentityConfig=None),
        {"workloadIdentityConfig": {"workloadPool": "p.svc.id.goog"}},
        [("PUT", CLUSTER, {}, {"update": {"desiredWorkloadIdentityConfig": {}}})],
    ),
    (
        "null clears the maintenance policy that was read",
        cluster(maintenancePolicy=None),
        {"maintenancePolicy": {"window": {"dailyMaintenanceWindow": {}}, "resourceVersion": "v"}},
        [("POST", f"{CLUSTER}:setMaintenancePolicy", {}, {"maintenancePolicy": {"resourceVersion": "v"}})],
    ),
    (
        "a window of another form keeps the exclusions",
        cluster(maintenancePolicy={"window": {"recurringWindow": {"recurrence": "R"}}}),
        {
            "maintenancePolicy": {
                "window": {"dailyMaintenanceWindow": {"startTime": "03:00"}, "maintenanceExclusions": {"x": {}}},
                "resourceVersion": "v",
            }
        },
        [
            (
                "POST",
                f"{CLUSTER}:setMaintenancePolicy",
                {},
                {
                    "maintenancePolicy": {
                        "window": {"maintenanceExclusions": {"x": {}}, "recurringWindow": {"recurrence": "R"}},
                        "resourceVersion": "v",
                    }
                },
            )
        ],
    ),
    (
        "ranges for pods are added first",
        cluster(ipAllocationPolicy={"additionalPodRangesConfig": {"podRangeNames": ["b", "c"]}}),
        {"ipAllocationPolicy": {"additionalPodRangesConfig": {"podRangeNames": ["a", "b"], "podRangeInfo": [{}]}}},
        [("PUT", CLUSTER, {}, {"update": {"additionalPodRangesConfig": {"podRangeNames": ["c"]}}})],
    ),
    (
        "then those that are not desired go",
        cluster(ipAllocationPolicy={"additionalPodRangesConfig": {"podRangeNames": ["b"]}}),
        {"ipAllocationPolicy": {"additionalPodRangesConfig": {"podRangeNames": ["a", "b"]}}},
        [("PUT", CLUSTER, {}, {"update": {"removedAdditionalPodRangesConfig": {"podRangeNames": ["a"]}}})],
    ),
    (
        "of a private cluster's older message the global access is sent alone",
        cluster(privateClusterConfig={"masterGlobalAccessConfig": {"enabled": True}, "enablePrivateNodes": True}),
        {"privateClusterConfig": {"masterIpv4CidrBlock": "172.16.0.0/28"}},
        [
            (
                "PUT",
                CLUSTER,
                {},
                {"update": {"desiredPrivateClusterConfig": {"masterGlobalAccessConfig": {"enabled": True}}}},
            ),
            ("PUT", CLUSTER, {}, {"update": {"desiredDefaultEnablePrivateNodes": True}}),
        ],
    ),
    (
        "null in an instance's scheduling is sent as what is empty",
        {"kind": "instance", "name": "i", "zone": "z", "scheduling": None},
        {"scheduling": {"preemptible": True}},
        [("POST", f"compute/v1/{P}/zones/z/instances/i/setScheduling", {}, {})],
    ),
    (
        "accelerators of a pool",
        pool(config={"accelerators": [{"acceleratorType": "t", "acceleratorCount": "1"}]}),
        {"config": {}},
        [
            (
                "PUT",
                f"{CLUSTER}/nodePools/n",
                {},
                {"accelerators": [{"acceleratorType": "t", "acceleratorCount": "1"}]},
            )
        ],
    ),
    (
        "a pool's taints are all removed",
        pool(config={"taints": None}),
        {"config": {"taints": [{"key": "k"}]}},
        [("PUT", f"{CLUSTER}/nodePools/n", {}, {"taints": {"taints": []}})],
    ),
    (
        "where a zone forwards to",
        {"kind": "dns_zone", "name": "z", "forwardingConfig": {"targetNameServers": [{"ipv4Address": "192.0.2.1"}]}},
        {"forwardingConfig": {"targetNameServers": [{"ipv4Address": "192.0.2.2"}]}},
        [
            (
                "PATCH",
                f"dns/v1/{P}/managedZones/z",
                {},
                {"forwardingConfig": {"targetNameServers": [{"ipv4Address": "192.0.2.1"}]}},
            )
        ],
    ),
    (
        "text is sent with the quotes that keep it whole",
        {"kind": "dns_record", "name": "a.", "zone": "z", "type": "TXT", "ttl": 30, "rrdatas": ["v=spf1 -all"]},
        None,
        [
            (
                "POST",
                f"dns/v1/{P}/managedZones/z/rrsets",
                {},
                {"name": "a.", "type": "TXT", "ttl": 30, "rrdatas": ['"v=spf1 -all"']},
            )
        ],
    ),
    (
        "a cleanup policy of another form",
        {
            "kind": "repository",
            "name": "x",
            "location": "l",
            "cleanupPolicies": {"a": {"action": "KEEP", "mostRecentVersions": {"keepCount": 3}}},
        },
        {"cleanupPolicies": {"a": {"id": "a", "action": "DELETE", "condition": {"olderThan": "86400s"}}}},
        [
            (
                "PATCH",
                f"v1/{P}/locations/l/repositories/x",
                {"updateMask": "cleanupPolicies"},
                {"cleanupPolicies": {"a": {"id": "a", "action": "KEEP", "mostRecentVersions": {"keepCount": 3}}}},
            )
        ],
    ),
    (
        "PATCH with a mask",
        {"kind": "secret", "name": "s", "labels": {"a": "1"}},
        {"labels": {}, "etag": "e"},
        [("PATCH", f"v1/{P}/secrets/s", {"updateMask": "labels"}, {"labels": {"a": "1"}, "etag": "e"})],
    ),
    (
        "a record is sent whole, never merged",
        {
            "kind": "dns_record",
            "name": "a.",
            "zone": "z",
            "type": "A",
            "ttl": 30,
            "routingPolicy": {"primaryBackup": {}},
        },
        {"name": "a.", "type": "A", "ttl": 300, "rrdatas": ["1.2.3.4"]},
        [
            (
                "PATCH",
                f"dns/v1/{P}/managedZones/z/rrsets/a./A",
                {},
                {"name": "a.", "type": "A", "ttl": 30, "routingPolicy": {"primaryBackup": {}}},
            )
        ],
    ),
    (
        "a secret's other value is another version",
        {"kind": "secret_version", "name": "v", "secret": "s", "payload": "new"},
        {"payload": {"data": "b2xk"}},
        [("POST", f"v1/{P}/secrets/s:addVersion", {}, {"payload": {"data": "bmV3"}})],
    ),
    (
        "services are enabled in batches of 20",
        {"kind": "services", "name": "x", "serviceIds": [f"s{n}" for n in range(22)]},
        {"services": [{"name": "x/s0"}]},
        [
            ("POST", f"v1/{P}/services:batchEnable", {}, {"serviceIds": [f"s{n}" for n in range(1, 21)]}),
            ("POST", f"v1/{P}/services:batchEnable", {}, {"serviceIds": ["s21"]}),
        ],
    ),
    (
        "members join a policy, by its etag",
        {"kind": "project_iam", "name": "x", "bindings": [{"role": "r", "members": ["b"]}]},
        {"etag": "e", "bindings": [{"role": "r", "members": ["a"]}, {"role": "q", "members": ["c"]}]},
        [
            (
                "POST",
                f"v1/{P}:setIamPolicy",
                {},
                {
                    "policy": {
                        "etag": "e",
                        "version": 3,
                        "bindings": [{"role": "r", "members": ["a", "b"]}, {"role": "q", "members": ["c"]}],
                    }
                },
            )
        ],
    ),
    (
        "an authoritative role has no other members",
        {"kind": "project_iam", "name": "x", "mode": "authoritative", "bindings": [{"role": "r", "members": ["b"]}]},
        {"etag": "e", "bindings": [{"role": "r", "members": ["a"]}, {"role": "q", "members": ["c"]}]},
        [
            (
                "POST",
                f"v1/{P}:setIamPolicy",
                {},
                {
                    "policy": {
                        "etag": "e",
                        "version": 3,
                        "bindings": [{"role": "r", "members": ["b"]}, {"role": "q", "members": ["c"]}],
                    }
                },
            )
        ],
    ),
    (
        "totals take the place of limits a zone, in one request",
        pool(autoscaling={"enabled": True, "totalMinNodeCount": 1, "totalMaxNodeCount": 6}),
        {"autoscaling": {"enabled": True, "minNodeCount": 1, "maxNodeCount": 2, "locationPolicy": "ANY"}},
        [
            (
                "POST",
                f"{CLUSTER}/nodePools/n:setAutoscaling",
                {},
                {
                    "autoscaling": {
                        "enabled": True,
                        "locationPolicy": "ANY",
                        "totalMinNodeCount": 1,
                        "totalMaxNodeCount": 6,
                    }
                },
            )
        ],
    ),
    (
        "limits a zone take the place of totals",
        pool(autoscaling={"enabled": True, "minNodeCount": 0, "maxNodeCount": 2}),
        {"autoscaling": {"enabled": True, "totalMaxNodeCount": 6}},
        [
            (
                "POST",
                f"{CLUSTER}/nodePools/n:setAutoscaling",
                {},
                {"autoscaling": {"enabled": True, "minNodeCount": 0, "maxNodeCount": 2}},
            )
        ],
    ),
    (
        "one profile of swap takes the place of another",
        pool(config={"linuxNodeConfig": {"swapConfig": {"enabled": True, "bootDiskProfile": {"swapSizePercent": 10}}}}),
        {
            "config": {
                "linuxNodeConfig": {
                    "swapConfig": {"enabled": True, "ephemeralLocalSsdProfile": {"swapSizePercent": 10}}
                }
            }
        },
        [
            (
                "PUT",
                f"{CLUSTER}/nodePools/n",
                {},
                {"linuxNodeConfig": {"swapConfig": {"enabled": True, "bootDiskProfile": {"swapSizePercent": 10}}}},
            )
        ],
    ),
    (
        "from surge to blue-green upgrades",
        pool(upgradeSettings={"strategy": "BLUE_GREEN", "blueGreenSettings": {"nodePoolSoakDuration": "60s"}}),
        {"upgradeSettings": {"strategy": "SURGE", "maxSurge": 1, "maxUnavailable": 0}},
        [
            (
                "PUT",
                f"{CLUSTER}/nodePools/n",
                {},
                {
                    "upgradeSettings": {
                        "strategy": "BLUE_GREEN",
                        "blueGreenSettings": {"nodePoolSoakDuration": "60s"},
                    }
                },
            )
        ],
    ),
    (
        "the service that logs go to",
        cluster(loggingService="none", monitoringService="none"),
        {"loggingService": "logging.googleapis.com/kubernetes", "monitoringService": "none"},
        [("PUT", CLUSTER, {}, {"update": {"desiredLoggingService": "none"}})],
    ),
    (
        "another subnet for new pools",
        cluster(
            ipAllocationPolicy={
                "additionalIpRangesConfigs": [
                    {"subnetwork": "projects/p/regions/r/subnetworks/s", "podIpv4RangeNames": ["a"]}
                ]
            }
        ),
        {"ipAllocationPolicy": {"useIpAliases": True}},
        [
            (
                "PUT",
                CLUSTER,
                {},
                {
                    "update": {
                        "desiredAdditionalIpRangesConfig": {
                            "additionalIpRangesConfigs": [
                                {"subnetwork": "projects/p/regions/r/subnetworks/s", "podIpv4RangeNames": ["a"]}
                            ]
                        }
                    }
                },
            )
        ],
    ),
    (
        "internal IPv6 with a range of its own, in one request",
        {**NETWORK, "enableUlaInternalIpv6": True, "internalIpv6Range": "fd20:1::/48"},
        {"autoCreateSubnetworks": False},
        [
            (
                "PATCH",
                f"compute/v1/{P}/global/networks/n",
                {},
                {"enableUlaInternalIpv6": True, "internalIpv6Range": "fd20:1::/48"},
            )
        ],
    ),
    (
        "a network becomes a custom one",
        {**NETWORK, "autoCreateSubnetworks": False},
        {"autoCreateSubnetworks": True},
        [("POST", f"compute/v1/{P}/global/networks/n/switchToCustomMode", {}, {})],
    ),
    (
        "a rule that denies what it allowed",
        {"kind": "firewall", "name": "f", "denied": [{"IPProtocol": "tcp"}]},
        {"allowed": [{"IPProtocol": "tcp"}]},
        [
            (
                "PATCH",
                f"compute/v1/{P}/global/firewalls/f",
                {},
                {"denied": [{"IPProtocol": "tcp"}], "allowed": None},
            )
        ],
    ),
    (
        "a rule by accounts in place of tags",
        {"kind": "firewall", "name": "f", "targetServiceAccounts": ["a@p.iam.gserviceaccount.com"]},
        {"targetTags": ["web"], "sourceRanges": ["10.0.0.0/8"]},
        [
            (
                "PATCH",
                f"compute/v1/{P}/global/firewalls/f",
                {},
                {"targetServiceAccounts": ["a@p.iam.gserviceaccount.com"], "targetTags": None},
            )
        ],
    ),
    (
        "addresses of one's own leave with the option that needs them",
        {"kind": "router", "name": "r", "region": "r", "nats": [{"name": "n", "natIpAllocateOption": "AUTO_ONLY"}]},
        {"nats": [{"name": "n", "natIpAllocateOption": "MANUAL_ONLY", "natIps": ["a"], "minPortsPerVm": 64}]},
        [
            (
                "PATCH",
                f"compute/v1/{P}/regions/r/routers/r",
                {},
                {"nats": [{"name": "n", "natIpAllocateOption": "AUTO_ONLY", "minPortsPerVm": 64}]},
            )
        ],
    ),
    (
        "a limit of rates leaves with the action that has it",
        policy_of(priority=1, action="deny(403)"),
        {"rules": [{"priority": 1, "action": "throttle", "rateLimitOptions": {"conformAction": "allow"}}]},
        [
            (
                "POST",
                f"{ARMOR}/patchRule",
                {"priority": "1", "updateMask": "rateLimitOptions"},
                {"priority": 1, "action": "deny(403)"},
            )
        ],
    ),
    (
        "a policy's description is emptied, as its mask says",
        {"kind": "security_policy", "name": "a", "region": "r", "description": ""},
        {"description": "old", "fingerprint": "f"},
        [("PATCH", ARMOR, {"updateMask": "description"}, {"description": "", "fingerprint": "f"})],
    ),
    (
        "an account that was made anew is sent without the deleted one",
        {"kind": "project_iam", "name": "x", "bindings": [{"role": "r", "members": ["serviceAccount:A@p.iam.x"]}]},
        {
            "etag": "e",
            "bindings": [
                {"role": "r", "members": ["deleted:serviceAccount:a@p.iam.x?uid=1", "deleted:user:b@c?uid=2"]}
            ],
        },
        [
            (
                "POST",
                f"v1/{P}:setIamPolicy",
                {},
                {
                    "policy": {
                        "etag": "e",
                        "version": 3,
                        "bindings": [{"role": "r", "members": ["deleted:user:b@c?uid=2", "serviceAccount:a@p.iam.x"]}],
                    }
                },
            )
        ],
    ),
]


@pytest.mark.parametrize(
    ("resource", "live", "requests"), [row[1:] for row in REQUESTS], ids=[row[0] for row in REQUESTS]
)
def test_requests(resource: Body, live: Body | None, requests: list[tuple[str, str, Body, Body | None]]) -> None:
    found = planned(resource, live)
    assert [(request.method, request.path, request.query, request.body) for request in found.requests] == requests


def record(kind: str, *rrdatas: str) -> Body:
    return {"kind": "dns_record", "name": "a.", "zone": "z", "type": kind, "ttl": 30, "rrdatas": list(rrdatas)}


def policy(*members: str, **binding: Any) -> Body:
    return {"kind": "project_iam", "name": "x", "bindings": [{"role": "r", "members": list(members), **binding}]}


UNCHANGED: list[tuple[str, Body, Body]] = [
    ("TXT without quotes", record("TXT", "v=spf1 -all"), {**record("TXT", '"v=spf1 -all"'), "kind": "dns#rrset"}),
    ("a long IPv6 address", record("AAAA", "2001:0DB8::0001"), record("AAAA", "2001:db8::1")),
    ("names in capitals", record("MX", "10  Mail.Example.org."), record("MX", "10 mail.example.org.")),
    ("in another order", record("A", "192.0.2.1", "192.0.2.2"), record("A", "192.0.2.2", "192.0.2.1")),
    (
        "a member in capitals",
        policy("user:Me@Example.org"),
        {"bindings": [{"role": "r", "members": ["user:me@example.org"]}]},
    ),
    (
        "a condition with an empty description",
        policy("user:a@b.c", condition={"title": "t", "expression": "e"}),
        {
            "version": 3,
            "bindings": [
                {
                    "role": "r",
                    "members": ["user:a@b.c"],
                    "condition": {"title": "t", "description": "", "expression": "e"},
                    "bindingId": "x",
                }
            ],
        },
    ),
    ("a patch of the desired version", pool(version="1.33"), {"version": "1.33.5-gke.1080000"}),
    ("settings of flow logs that are off", sub(logConfig={"enable": False, "flowSampling": 0.1}), {"logConfig": {}}),
    ("what no answer has", sub(params={"resourceManagerTags": {"tagKeys/1": "tagValues/2"}}), {}),
    ("a range that was asked for anew", pool(networkConfig={"createPodRange": True}), {"networkConfig": {}}),
    (
        "a maintenance policy that was cleared",
        cluster(maintenancePolicy=None),
        {"maintenancePolicy": {"resourceVersion": "v"}},
    ),
    ("the newest version", pool(version="latest"), {"version": "1.33.5-gke.1080000"}),
    (
        "a cluster as Google fills it",
        cluster(
            network="projects/p/global/networks/main",
            releaseChannel={"channel": "REGULAR"},
            initialClusterVersion="1.33",
            resourceLabels={"a": "1"},
            addonsConfig={"httpLoadBalancing": {}, "gcePersistentDiskCsiDriverConfig": {"enabled": True}},
            ipAllocationPolicy={"useIpAliases": True, "clusterSecondaryRangeName": "pods"},
            legacyAbac={"enabled": False},
            nodePools=[{"name": "main", "initialNodeCount": 1}],
        ),
        {
            "name": "c",
            "network": "main",
            "networkConfig": {"network": "projects/p/global/networks/main", "serviceExternalIpsConfig": {}},
            "selfLink": "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c",
            "releaseChannel": {"channel": "REGULAR", "upgradeTarget": "new"},
            "initialClusterVersion": "1.33.4-gke.1",
            "currentMasterVersion": "1.34.1-gke.9",
            "currentNodeVersion": "1.33.4-gke.1 *",
            "autopilot": {},
            "nodeConfig": {"machineType": "e2-medium", "diskSizeGb": 100},
            "resourceLabels": {"a": "1", "goog-terraform-provisioned": "true"},
            "addonsConfig": {
                "httpLoadBalancing": {},
                "kubernetesDashboard": {"disabled": True},
                "gcePersistentDiskCsiDriverConfig": {"enabled": True},
                "gkeBackupAgentConfig": {},
            },
            "ipAllocationPolicy": {
                "useIpAliases": True,
                "clusterIpv4Cidr": "10.4.0.0/16",
                "clusterIpv4CidrBlock": "10.4.0.0/16",
                "clusterSecondaryRangeName": "pods",
                "defaultPodIpv4RangeUtilization": 0.0012,
                "stackType": "IPV4",
            },
            "legacyAbac": {},
            "nodePools": [{"name": "main", "initialNodeCount": 3}, {"name": "another"}],
            "status": "A_STATE_THAT_NOBODY_KNOWS",
            "etag": "e",
        },
    ),
]


@pytest.mark.parametrize(("resource", "live"), [row[1:] for row in UNCHANGED], ids=[row[0] for row in UNCHANGED])
def test_equal_form_is_no_change(resource: Body, live: Body) -> None:
    found = planned(resource, live)
    assert (found.action, found.diffs) == ("none", ())


DIFFERENT: list[tuple[str, Body, Body, list[str]]] = [
    ("TXT in capitals", record("TXT", "key=A"), record("TXT", '"key=a"'), ["rrdatas"]),
    ("TXT in two parts", record("TXT", '"a b"'), record("TXT", '"a" "b"'), ["rrdatas"]),
    ("another IPv6 address", record("AAAA", "2001:db8::2"), record("AAAA", "2001:db8::1"), ["rrdatas"]),
    (
        "a principal in capitals",
        policy("principal://pool/Subject"),
        {"bindings": [{"role": "r", "members": ["principal://pool/subject"]}]},
        ["bindings[r]"],
    ),
    ("another minor version", pool(version="1.34"), {"version": "1.33.5-gke.1080000"}, ["version"]),
    ("a version whose digits begin alike", pool(version="1.3"), {"version": "1.33.5-gke.1080000"}, ["version"]),
]


@pytest.mark.parametrize(
    ("resource", "live", "fields"), [row[1:] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT]
)
def test_difference_is_named(resource: Body, live: Body, fields: list[str]) -> None:
    assert [diff.path for diff in planned(resource, live).diffs] == fields


ADDED = ["https://www.googleapis.com/auth/monitoring"]
IMPOSED: list[tuple[str, Body, Body, str]] = [
    (
        "scopes that Google adds to pools to come",
        cluster(autoscaling={"autoprovisioningNodePoolDefaults": {"oauthScopes": ["a"]}}),
        {"autoscaling": {"autoprovisioningNodePoolDefaults": {"oauthScopes": ["a", *ADDED]}}},
        "autoscaling.autoprovisioningNodePoolDefaults.oauthScopes stays",
    ),
    (
        "scopes that Google adds to a pool",
        pool(config={"oauthScopes": ["a"]}),
        {"config": {"oauthScopes": ["a", *ADDED]}},
        "config.oauthScopes stays",
    ),
    (
        "a driver that Google keeps",
        cluster(addonsConfig={"gcePersistentDiskCsiDriverConfig": {"enabled": False}}),
        {"addonsConfig": {"gcePersistentDiskCsiDriverConfig": {"enabled": True}}},
        "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled stays True: Google keeps this driver on",
    ),
    (
        "an add-on that is gone",
        cluster(addonsConfig={"kubernetesDashboard": {"disabled": False}}),
        {"addonsConfig": {"kubernetesDashboard": {"disabled": True}}},
        "addonsConfig.kubernetesDashboard.disabled stays True: Google offers this add-on no more",
    ),
]


@pytest.mark.parametrize(("resource", "live", "warning"), [row[1:] for row in IMPOSED], ids=[row[0] for row in IMPOSED])
def test_what_google_keeps_is_a_warning_and_no_change(resource: Body, live: Body, warning: str) -> None:
    found = planned(resource, live)
    assert (found.action, found.diffs, found.requests) == ("none", (), ())
    assert len(found.warnings) == 1 and warning in found.warnings[0]


def test_scopes_that_nobody_adds_are_a_difference() -> None:
    live = {"autoscaling": {"autoprovisioningNodePoolDefaults": {"oauthScopes": ["a", "b"]}}}
    desired = cluster(autoscaling={"autoprovisioningNodePoolDefaults": {"oauthScopes": ["a"]}})
    assert (planned(desired, live).action, planned(desired, live).warnings) == ("update", ())


def test_a_change_goes_to_the_key_that_google_uses() -> None:
    number = "projects/123/locations/l/memberships/m"
    desired = {f"{P}/locations/l/memberships/m": {"mesh": {"management": "B"}}}
    feature = {"kind": "feature", "name": "f", "location": "l", "membershipSpecs": desired}
    (request,) = planned(feature, {"membershipSpecs": {number: {"mesh": {"management": "A"}}}}).requests
    assert request.body == {"membershipSpecs": {number: {"mesh": {"management": "B"}}}}


BLOCKED: list[tuple[str, Body, Body, str]] = [
    ("a subnet's network", sub(network="global/networks/b"), {"network": "global/networks/a"}, "give it a new name"),
    (
        "a node pool's account",
        pool(config={"serviceAccount": "b"}),
        {"config": {"serviceAccount": "a"}},
        "pods move over",
    ),
    (
        "a control plane's range",
        cluster(privateClusterConfig={"masterIpv4CidrBlock": "a"}),
        {"privateClusterConfig": {"masterIpv4CidrBlock": "b"}},
        "give it a new name",
    ),
    ("a range that shrinks", sub(ipCidrRange="10.0.0.0/24"), {"ipCidrRange": "10.0.0.0/20"}, "give it a new name"),
    ("a range elsewhere", sub(ipCidrRange="10.1.0.0/20"), {"ipCidrRange": "10.0.0.0/20"}, "give it a new name"),
    (
        "a switch that stays on",
        cluster(networkConfig={"enableL4ilbSubsetting": False}),
        {"networkConfig": {"enableL4ilbSubsetting": True}},
        "give it a new name",
    ),
    ("a cluster's subnet", cluster(subnetwork="b"), {"subnetwork": "a"}, "give it a new name"),
    ("a zone's domain", {"kind": "dns_zone", "name": "z", "dnsName": "b."}, {"dnsName": "a."}, "give it a new name"),
    (
        "a machine's type",
        {"kind": "instance", "name": "i", "zone": "z", "machineType": "b"},
        {"machineType": "a"},
        "delete it",
    ),
]


@pytest.mark.parametrize(("resource", "live", "advice"), [row[1:] for row in BLOCKED], ids=[row[0] for row in BLOCKED])
def test_an_immutable_field_says_so_and_what_to_do(resource: Body, live: Body, advice: str) -> None:
    found = planned(resource, live)
    assert found.action == "blocked"
    assert found.requests == ()
    assert "cannot be changed once it exists" in found.why
    assert advice in found.why
    assert found.diffs[0].path in found.why and repr(found.diffs[0].before) in found.why


def test_sensitive_value_is_not_in_a_refusal() -> None:
    found = planned(cluster(masterAuth={"password": "hidden"}), {"masterAuth": {"password": "former"}})
    assert "masterAuth.password" in found.why
    assert "hidden" not in found.why and "former" not in found.why


def test_an_autoscaled_pool_keeps_its_count() -> None:
    desired = pool(initialNodeCount=1, autoscaling={"enabled": True})
    assert planned(desired, {"initialNodeCount": 4, "autoscaling": {"enabled": True}}).action == "none"


def test_a_cluster_that_never_ran_is_made_anew() -> None:
    found = planned(cluster(), {"status": "ERROR", "statusMessage": "quota"})
    assert found.action == "replace"
    assert [request.method for request in found.requests] == ["DELETE", "POST"]
    assert "quota" in found.why


def test_a_cluster_that_ran_is_not_deleted_for_an_error() -> None:
    assert planned(cluster(), {"status": "ERROR", "endpoint": "192.0.2.1"}).action == "none"


@pytest.mark.parametrize(
    ("resource", "live", "unprotect", "action"),
    [
        (sub(), None, False, "none"),
        (sub(), {"name": "s"}, False, "delete"),
        (sub(protection=True), {"name": "s"}, False, "blocked"),
        (sub(protection=True), {"name": "s"}, True, "delete"),
        ({"kind": "instance", "name": "i", "zone": "z"}, {"deletionProtection": True}, False, "blocked"),
        ({"kind": "instance", "name": "i", "zone": "z"}, {"deletionProtection": True}, True, "delete"),
        ({"kind": "services", "name": "x", "serviceIds": ["a"]}, {"services": [{"name": "x/a"}]}, False, "none"),
    ],
)
def test_removal(resource: Body, live: Body | None, unprotect: bool, action: str) -> None:
    assert plan_absent(parse(resource, "p", {}), live, unprotect).action == action
