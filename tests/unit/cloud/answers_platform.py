"""All but Compute Engine: what is desired, the resource as Google answers it, one change, and what then differs."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]
Answered = tuple[Body, Body, Body, list[str]]
NUMBER = "123456789012"

CLUSTER: Answered = (
    {
        "kind": "cluster",
        "name": "c",
        "location": "r",
        "autopilot": {"enabled": False},
        "autoscaling": {"enableNodeAutoprovisioning": False, "autoscalingProfile": "BALANCED"},
        "binaryAuthorization": {"evaluationMode": "DISABLED"},
        "controlPlaneEndpointsConfig": {
            "dnsEndpointConfig": {"allowExternalTraffic": True},
            "ipEndpointsConfig": {
                "authorizedNetworksConfig": {},
                "enablePublicEndpoint": True,
                "enabled": True,
                "globalAccess": False,
                "privateEndpointSubnetwork": "",
            },
        },
        "fleet": {"project": "p"},
        "initialNodeCount": 1,
        "ipAllocationPolicy": {"stackType": "IPV4", "useIpAliases": False},
        "legacyAbac": {"enabled": False},
        "maintenancePolicy": {"window": {}},
        "network": "projects/p/global/networks/n",
        "networkConfig": {"datapathProvider": "LEGACY_DATAPATH"},
        "networkPolicy": {},
        "nodeConfig": {"oauthScopes": ["s"]},
        "notificationConfig": {"pubsub": {}},
        "releaseChannel": {"channel": "UNSPECIFIED"},
        "securityPostureConfig": {"mode": "BASIC", "vulnerabilityMode": "VULNERABILITY_MODE_UNSPECIFIED"},
        "shieldedNodes": {"enabled": True},
        "subnetwork": "projects/p/regions/r/subnetworks/s",
    },
    {
        "name": "c",
        "addonsConfig": {"kubernetesDashboard": {"disabled": True}},
        "anonymousAuthenticationConfig": {"mode": "ENABLED"},
        "autopilot": {},
        "autoscaling": {"autoscalingProfile": "BALANCED"},
        "binaryAuthorization": {},
        "clusterIpv4Cidr": "10.112.0.0/14",
        "controlPlaneEndpointsConfig": {
            "dnsEndpointConfig": {"allowExternalTraffic": True, "endpoint": "gke-1a2b-123456789012.r.gke.goog"},
            "ipEndpointsConfig": {
                "authorizedNetworksConfig": {"gcpPublicCidrsAccessEnabled": True},
                "enablePublicEndpoint": True,
                "enabled": True,
                "globalAccess": False,
                "privateEndpoint": "10.2.0.2",
                "publicEndpoint": "198.51.100.8",
            },
        },
        "currentMasterVersion": "1.34.1-gke.1",
        "endpoint": "198.51.100.8",
        "etag": "0b5c9c2d",
        "fleet": {"project": NUMBER, "membership": f"//gkehub.googleapis.com/projects/{NUMBER}/locations/r/m/c"},
        "initialNodeCount": 1,
        "ipAllocationPolicy": {
            "clusterIpv4Cidr": "10.112.0.0/14",
            "podCidrOverprovisionConfig": {},
            "servicesIpv4CidrBlock": "34.118.224.0/20",
            "stackType": "IPV4",
            "useIpAliases": True,
        },
        "legacyAbac": {},
        "location": "r",
        "maintenancePolicy": {"resourceVersion": "e3b0c442"},
        "masterAuthorizedNetworksConfig": {"gcpPublicCidrsAccessEnabled": True},
        "network": "n",
        "networkConfig": {"network": "projects/p/global/networks/n", "serviceExternalIpsConfig": {}},
        "nodePools": [{"name": "default-pool", "status": "RUNNING"}],
        "notificationConfig": {"pubsub": {}},
        "securityPostureConfig": {"mode": "BASIC", "vulnerabilityMode": "VULNERABILITY_MODE_UNSPECIFIED"},
        "shieldedNodes": {"enabled": True},
        "status": "RUNNING",
        "subnetwork": "s",
    },
    {"releaseChannel": {"channel": "STABLE"}},
    ["releaseChannel.channel"],
)
POOL: Answered = (
    {
        "kind": "node_pool",
        "name": "main",
        "location": "r",
        "cluster": "c",
        "initialNodeCount": 1,
        "autoscaling": {"enabled": True, "minNodeCount": 1, "maxNodeCount": 5, "locationPolicy": "BALANCED"},
        "config": {"diskSizeGb": 100, "labels": {"a": "b"}, "resourceLabels": {"team": "t"}, "spot": False},
        "management": {"autoRepair": True, "autoUpgrade": True},
        "maxPodsConstraint": {"maxPodsPerNode": 110},
        "networkConfig": {"enablePrivateNodes": True},
        "upgradeSettings": {"maxSurge": 1, "maxUnavailable": 0, "strategy": "SURGE"},
    },
    {
        "name": "main",
        "autoscaling": {"enabled": True, "minNodeCount": 1, "maxNodeCount": 5},
        "config": {
            "bootDisk": {"diskType": "pd-balanced", "sizeGb": "100"},
            "diskSizeGb": 100,
            "diskType": "pd-balanced",
            "labels": {"a": "b"},
            "resourceLabels": {"goog-gke-node-pool-provisioning-model": "on-demand", "team": "t"},
            "windowsNodeConfig": {},
        },
        "etag": "f00",
        "initialNodeCount": 3,
        "management": {"autoRepair": True, "autoUpgrade": True},
        "maxPodsConstraint": {"maxPodsPerNode": "110"},
        "networkConfig": {"enablePrivateNodes": True, "podIpv4RangeUtilization": 0.001},
        "podIpv4CidrSize": 24,
        "status": "RUNNING",
        "upgradeSettings": {"maxSurge": 1},
        "version": "1.34.1-gke.1",
    },
    {"networkConfig": {"enablePrivateNodes": False}},
    ["networkConfig.enablePrivateNodes"],
)
ZONE: Answered = (
    {
        "kind": "dns_zone",
        "name": "z",
        "dnsName": "example.com.",
        "description": "d",
        "visibility": "public",
        "dnssecConfig": {"state": "off"},
        "privateVisibilityConfig": {"networks": []},
    },
    {
        "kind": "dns#managedZone",
        "id": "42",
        "cloudLoggingConfig": {"kind": "dns#managedZoneCloudLoggingConfig"},
        "creationTime": "2026-01-01T00:00:00.000Z",
        "description": "d",
        "dnsName": "example.com.",
        "name": "z",
        "nameServers": ["ns-cloud-a1.googledomains.com."],
        "privateVisibilityConfig": {},
    },
    {"dnssecConfig": {"state": "on"}},
    ["dnssecConfig.state"],
)
REPOSITORY: Answered = (
    {
        "kind": "repository",
        "name": "r",
        "location": "l",
        "format": "DOCKER",
        "mode": "STANDARD_REPOSITORY",
        "cleanupPolicies": {},
        "cleanupPolicyDryRun": False,
    },
    {
        "name": "projects/p/locations/l/repositories/r",
        "createTime": "2026-01-01T00:00:00.123456Z",
        "format": "DOCKER",
        "satisfiesPzi": True,
        "sizeBytes": "12",
        "updateTime": "2026-01-01T00:00:00.123456Z",
        "vulnerabilityScanningConfig": {"enablementState": "SCANNING_DISABLED"},
    },
    {"dockerConfig": {"immutableTags": True}},
    ["dockerConfig.immutableTags"],
)
SECRET: Answered = (
    {
        "kind": "secret",
        "name": "s",
        "labels": {"a": "b"},
        "replication": {"userManaged": {"replicas": [{"location": "l1"}, {"location": "l2"}]}},
        "ttl": "3600s",
    },
    {
        "name": f"projects/{NUMBER}/secrets/s",
        "createTime": "2026-01-01T00:00:00.123456Z",
        "etag": '"16"',
        "expireTime": "2026-01-01T01:00:00Z",
        "labels": {"a": "b"},
        "replication": {"userManaged": {"replicas": [{"location": "l2"}, {"location": "l1"}]}},
    },
    {"replication": {"automatic": {}}},
    ["replication"],
)
BUCKET: Answered = (
    {
        "kind": "bucket",
        "name": "b",
        "location": "us",
        "storageClass": "STANDARD",
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "inherited"},
        "lifecycle": {"rule": []},
        "softDeletePolicy": {"retentionDurationSeconds": 604800},
        "versioning": {"enabled": False},
    },
    {
        "kind": "storage#bucket",
        "etag": "CAE=",
        "iamConfiguration": {
            "bucketPolicyOnly": {"enabled": True, "lockedTime": "2026-04-01T00:00:00.000Z"},
            "publicAccessPrevention": "inherited",
            "uniformBucketLevelAccess": {"enabled": True, "lockedTime": "2026-04-01T00:00:00.000Z"},
        },
        "id": "b",
        "location": "US",
        "locationType": "multi-region",
        "metageneration": "1",
        "name": "b",
        "projectNumber": NUMBER,
        "rpo": "DEFAULT",
        "softDeletePolicy": {"effectiveTime": "2026-01-01T00:00:00.000Z", "retentionDurationSeconds": "604800"},
        "storageClass": "STANDARD",
    },
    {"versioning": {"enabled": True}},
    ["versioning.enabled"],
)
ACCOUNT: Answered = (
    {"kind": "service_account", "name": "nodes", "displayName": "Nodes", "description": ""},
    {
        "name": "projects/p/serviceAccounts/nodes@p.iam.gserviceaccount.com",
        "displayName": "Nodes",
        "email": "nodes@p.iam.gserviceaccount.com",
        "etag": "MDEwMjE5MjA=",
        "oauth2ClientId": "1",
        "projectId": "p",
        "uniqueId": "1",
    },
    {"description": "of the clusters"},
    ["description"],
)
MEMBERSHIP: Answered = (
    {
        "kind": "membership",
        "name": "c",
        "location": "r",
        "endpoint": {
            "gkeCluster": {"resourceLink": "//container.googleapis.com/projects/p/locations/r/clusters/c"},
        },
        "authority": {"issuer": "https://container.googleapis.com/v1/projects/p/locations/r/clusters/c"},
    },
    {
        "name": "projects/p/locations/r/memberships/c",
        "authority": {
            "identityProvider": "https://container.googleapis.com/v1/projects/p/locations/r/clusters/c",
            "issuer": "https://container.googleapis.com/v1/projects/p/locations/r/clusters/c",
            "workloadIdentityPool": "p.svc.id.goog",
        },
        "endpoint": {
            "gkeCluster": {
                "resourceLink": f"//container.googleapis.com/projects/{NUMBER}/locations/r/clusters/c",
            },
            "kubernetesMetadata": {"kubernetesApiServerVersion": "v1.34.1-gke.1"},
        },
        "state": {"code": "READY"},
        "uniqueId": "u",
    },
    {"externalId": "7"},
    ["externalId"],
)

PLATFORM = (CLUSTER, POOL, ZONE, REPOSITORY, SECRET, BUCKET, ACCOUNT, MEMBERSHIP)
