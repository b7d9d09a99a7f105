"""What GKE fills in where a request says nothing: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1"""

from __future__ import annotations

import copy

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.services.compute.catalog import MACHINE_TYPES
from testbed.cloud.services.container.rules import checks, pods

VERSION = "1.34.4-gke.1000000"
LATEST = ("1.34.4-gke.1000000", "1.33.9-gke.1020000", "1.32.13-gke.1005000")
SCOPES = [
    "https://www.googleapis.com/auth/devstorage.read_only",
    "https://www.googleapis.com/auth/logging.write",
    "https://www.googleapis.com/auth/monitoring",
    "https://www.googleapis.com/auth/service.management.readonly",
    "https://www.googleapis.com/auth/servicecontrol",
    "https://www.googleapis.com/auth/trace.append",
]
KUBELET: Body = {"insecureKubeletReadonlyPortEnabled": False}
CLUSTER: Body = {
    "loggingService": "logging.googleapis.com/kubernetes",
    "monitoringService": "monitoring.googleapis.com/kubernetes",
    "addonsConfig": {
        "kubernetesDashboard": {"disabled": True},
        "networkPolicyConfig": {"disabled": True},
        "gcePersistentDiskCsiDriverConfig": {"enabled": True},
    },
    "anonymousAuthenticationConfig": {"mode": "ENABLED"},
    "autopilot": {},
    "legacyAbac": {},
    "networkConfig": {"serviceExternalIpsConfig": {}},
    "defaultMaxPodsConstraint": {"maxPodsPerNode": "110"},
    "authenticatorGroupsConfig": {},
    "databaseEncryption": {"state": "DECRYPTED"},
    "shieldedNodes": {"enabled": True},
    "autoscaling": {"autoscalingProfile": "BALANCED"},
    "loggingConfig": {"componentConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "WORKLOADS"]}},
    "monitoringConfig": {
        "advancedDatapathObservabilityConfig": {},
        "componentConfig": {
            "enableComponents": [
                "SYSTEM_COMPONENTS",
                "DAEMONSET",
                "DEPLOYMENT",
                "STATEFULSET",
                "JOBSET",
                "STORAGE",
                "HPA",
                "POD",
                "CADVISOR",
                "KUBELET",
                "DCGM",
            ]
        },
        "managedPrometheusConfig": {"enabled": True},
    },
    "securityPostureConfig": {"mode": "BASIC", "vulnerabilityMode": "VULNERABILITY_MODE_UNSPECIFIED"},
    "notificationConfig": {"pubsub": {}},
    "nodePoolAutoConfig": {"nodeKubeletConfig": KUBELET},
    "nodePoolDefaults": {
        "nodeConfigDefaults": {
            "loggingConfig": {"variantConfig": {"variant": "DEFAULT"}},
            "nodeKubeletConfig": KUBELET,
        }
    },
    "podAutoscaling": {"hpaProfile": "PERFORMANCE"},
    "rbacBindingConfig": {
        "enableInsecureBindingSystemAuthenticated": True,
        "enableInsecureBindingSystemUnauthenticated": True,
    },
    "userManagedKeysConfig": {},
    "enterpriseConfig": {"clusterTier": "STANDARD"},
}
POOL: Body = {
    "management": {"autoUpgrade": True, "autoRepair": True},
    "upgradeSettings": {"maxSurge": 1, "strategy": "SURGE"},
    "networkConfig": {},
}
NODE: Body = {
    "machineType": "e2-medium",
    "diskSizeGb": 100,
    "diskType": "pd-balanced",
    "imageType": "COS_CONTAINERD",
    "serviceAccount": "default",
    "oauthScopes": SCOPES,
    "kubeletConfig": {**KUBELET, "maxParallelImagePulls": 2},
    "metadata": {"disable-legacy-endpoints": "true"},
    "resourceLabels": {"goog-gke-node-pool-provisioning-model": "on-demand"},
    "shieldedInstanceConfig": {"enableIntegrityMonitoring": True},
    "windowsNodeConfig": {},
    "effectiveCgroupMode": "EFFECTIVE_CGROUP_MODE_V2",
}


def filled(defaults: Body, given: Body) -> Body:
    """`given` over `defaults`, objects merged; lists and scalars replaced."""
    merged = copy.deepcopy(defaults)
    for name, value in given.items():
        if value is None:
            continue
        known = merged.get(name)
        merged[name] = filled(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


# Of the node pools that autoprovisioning makes.
AUTOPROVISIONED: Body = {
    "imageType": "COS_CONTAINERD",
    "management": {"autoUpgrade": True, "autoRepair": True},
    "oauthScopes": SCOPES,
    "serviceAccount": "default",
    "upgradeSettings": {"maxSurge": 1, "strategy": "SURGE"},
}
MONITORING = "https://www.googleapis.com/auth/monitoring"
# The smallest window that four hours of maintenance a day fit in: container.v1.json, DailyMaintenanceWindow.duration
DAILY = "PT4H0M0S"


def computed(body: Body) -> None:
    """What GKE answers instead of, or beside, what a cluster was asked to have; each is recorded from Google."""
    window = (body.get("maintenancePolicy") or {}).get("window") or {}
    if window.get("dailyMaintenanceWindow"):
        window["dailyMaintenanceWindow"]["duration"] = DAILY
    provisioning = body.get("autoscaling") or {}
    if provisioning.get("autoprovisioningNodePoolDefaults") is not None:
        made = filled(AUTOPROVISIONED, _any_platform(provisioning["autoprovisioningNodePoolDefaults"]))
        if body.get("monitoringService") != "none" and MONITORING not in made["oauthScopes"]:
            made["oauthScopes"] = [*made["oauthScopes"], MONITORING]
        provisioning["autoprovisioningNodePoolDefaults"] = made
    _encryption(body["databaseEncryption"])


def _any_platform(config: Body) -> Body:
    """`automatic` unsets the minimum: container.v1.json, minCpuPlatform."""
    if str(config.get("minCpuPlatform", "")).lower() == "automatic":
        return {name: value for name, value in config.items() if name != "minCpuPlatform"}
    return config


def _encryption(config: Body) -> None:
    """The state that etcd's encryption has reached, and the keys that decrypt what was written before."""
    key = config.get("keyName")
    if key and key not in config.get("decryptionKeys", []):
        config["decryptionKeys"] = [*config.get("decryptionKeys", []), key]
    config["currentState"] = f"CURRENT_STATE_{config.get('state') or 'DECRYPTED'}"


def channel(asked: str | None) -> Body:
    """The channel of a cluster that named none: a version that was asked for decides, as recorded; else REGULAR."""
    return {"channel": "STABLE" if asked and asked not in ("-", "latest") else "REGULAR"}


def version(asked: str | None) -> str:
    """The version that an alias or prefix means; raises 400 for one that is not offered."""
    if not asked or asked in ("-", "latest"):
        return VERSION
    for offered in LATEST:
        if offered == asked or offered.startswith((f"{asked}.", f"{asked}-")):
            return offered
    raise invalid(
        f'Master version "{asked}" is unsupported. Valid versions: {", ".join(LATEST)}.',
    )


def pool(call: Call, cluster: Body, given: Body) -> Body:
    """A node pool complete: its config checked against the cluster's."""
    name = str(given.get("name") or "")
    if not checks.CLUSTER_NAME.fullmatch(name):
        raise invalid(
            f'Invalid value for field "node_pool.name": "{name}". Must be a match of regex '
            f"'{checks.CLUSTER_NAME.pattern}'"
        )
    body = filled({**POOL, "maxPodsConstraint": cluster["defaultMaxPodsConstraint"]}, given)
    body["podIpv4CidrSize"] = pods.pod_size(body["maxPodsConstraint"])
    config = filled(NODE, _any_platform(body.get("config") or {}))
    if (cluster.get("workloadIdentityConfig") or {}).get("workloadPool"):
        config.setdefault("workloadMetadataConfig", {"mode": "GKE_METADATA"})
    elif (config.get("workloadMetadataConfig") or {}).get("mode") == "GKE_METADATA":
        raise invalid(f'Node pool "{name}": GKE_METADATA needs Workload Identity to be enabled on the cluster.')
    _node(call, name, config)
    config["bootDisk"] = {
        "diskType": config["diskType"],
        "sizeGb": str(config["diskSizeGb"]),
        **(config.get("bootDisk") or {}),
    }
    body["config"] = config
    check_autoscaling(name, body)
    locations = checks.zones(cluster["location"], list(body.get("locations") or []))
    body["locations"] = locations if given.get("locations") else cluster["locations"]
    body.setdefault("initialNodeCount", 0)
    body["networkConfig"].setdefault(
        "enablePrivateNodes", bool((cluster.get("privateClusterConfig") or {}).get("enablePrivateNodes"))
    )
    body["networkConfig"].setdefault("subnetwork", cluster["networkConfig"]["subnetwork"])
    policy = cluster.get("ipAllocationPolicy") or {}
    if policy.get("clusterSecondaryRangeName"):
        body["networkConfig"].setdefault("podRange", policy["clusterSecondaryRangeName"])
        body["networkConfig"].setdefault("podIpv4CidrBlock", policy["clusterIpv4CidrBlock"])
    body["version"] = version(body.get("version"))
    body["instanceGroupUrls"] = [
        f"https://www.googleapis.com/compute/v1/projects/{call.project}/zones/{zone}/instanceGroupManagers/"
        f"gke-{cluster['name'][:20]}-{name[:20]}-grp"
        for zone in body["locations"]
    ]
    return body


def _node(call: Call, name: str, config: Body) -> None:
    if config["machineType"] not in MACHINE_TYPES:
        raise invalid(f'Node pool "{name}": machine type "{config["machineType"]}" does not exist.')
    if int(config["diskSizeGb"]) < 10:
        raise invalid(f'Node pool "{name}": disk_size_gb {config["diskSizeGb"]} is below the minimum of 10.')
    account = config["serviceAccount"]
    if account == "default":
        return
    if call.store.get(f"iam/projects/{call.project}/serviceAccounts/{account}") is None:
        raise ApiError(400, f'Service account "{account}" does not exist.', status="INVALID_ARGUMENT")


def check_autoscaling(name: str, body: Body) -> None:
    """400 for limits that contradict each other; fills in the location policy."""
    scaling = body.get("autoscaling") or {}
    if not scaling.get("enabled"):
        return
    low, high = int(scaling.get("minNodeCount", 0)), int(scaling.get("maxNodeCount", 0))
    total = int(scaling.get("totalMaxNodeCount", 0))
    if total and high:
        raise invalid(f'Node pool "{name}": total_max_node_count and max_node_count can\'t both be set.')
    if not total and (high < 1 or low > high):
        raise invalid(
            f'Node pool "{name}": autoscaling needs 0 <= min_node_count <= max_node_count and max_node_count >= 1, '
            f"found {low} and {high}."
        )
    scaling.setdefault("locationPolicy", "BALANCED")
    body["autoscaling"] = scaling
