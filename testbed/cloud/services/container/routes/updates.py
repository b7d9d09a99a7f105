"""clusters.update: one desired field an update, one operation at a time."""

from __future__ import annotations

import copy
from typing import Any

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.state.operations import put
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.container import state
from testbed.cloud.services.container.routes import operations
from testbed.cloud.services.container.rules import addons, checks, defaults, endpoints, notifications

# Where a desired field ends up in the cluster; None: handled by a function of its own below.
FIELDS: dict[str, str] = {
    "desiredAddonsConfig": "addonsConfig",
    "desiredAnonymousAuthenticationConfig": "anonymousAuthenticationConfig",
    "desiredAuthenticatorGroupsConfig": "authenticatorGroupsConfig",
    "desiredBinaryAuthorization": "binaryAuthorization",
    "desiredClusterAutoscaling": "autoscaling",
    "desiredCompliancePostureConfig": "compliancePostureConfig",
    "desiredControlPlaneEgress": "controlPlaneEgress",
    "desiredControlPlaneEndpointsConfig": "controlPlaneEndpointsConfig",
    "desiredCostManagementConfig": "costManagementConfig",
    "desiredDatabaseEncryption": "databaseEncryption",
    "desiredDatapathProvider": "networkConfig.datapathProvider",
    "desiredDefaultEnablePrivateNodes": "networkConfig.defaultEnablePrivateNodes",
    "desiredDefaultSnatStatus": "networkConfig.defaultSnatStatus",
    "desiredDisableL4LbFirewallReconciliation": "networkConfig.disableL4LbFirewallReconciliation",
    "desiredDnsConfig": "networkConfig.dnsConfig",
    "desiredEnableCiliumClusterwideNetworkPolicy": "networkConfig.enableCiliumClusterwideNetworkPolicy",
    "desiredEnableFqdnNetworkPolicy": "networkConfig.enableFqdnNetworkPolicy",
    "desiredEnableMultiNetworking": "networkConfig.enableMultiNetworking",
    "desiredEnablePrivateEndpoint": "privateClusterConfig.enablePrivateEndpoint",
    "desiredFleet": "fleet",
    "desiredGatewayApiConfig": "networkConfig.gatewayApiConfig",
    "desiredIdentityServiceConfig": "identityServiceConfig",
    "desiredInTransitEncryptionConfig": "networkConfig.inTransitEncryptionConfig",
    "desiredK8sBetaApis": "enableK8sBetaApis",
    "desiredLoggingConfig": "loggingConfig",
    "desiredLoggingService": "loggingService",
    "desiredMasterAuthorizedNetworksConfig": "masterAuthorizedNetworksConfig",
    "desiredMeshCertificates": "meshCertificates",
    "desiredMonitoringConfig": "monitoringConfig",
    "desiredMonitoringService": "monitoringService",
    "desiredNetworkPerformanceConfig": "networkConfig.networkPerformanceConfig",
    "desiredNodePoolAutoConfigKubeletConfig": "nodePoolAutoConfig.nodeKubeletConfig",
    "desiredNodePoolAutoConfigLinuxNodeConfig": "nodePoolAutoConfig.linuxNodeConfig",
    "desiredNodePoolAutoConfigNetworkTags": "nodePoolAutoConfig.networkTags",
    "desiredNodePoolLoggingConfig": "nodePoolDefaults.nodeConfigDefaults.loggingConfig",
    "desiredNotificationConfig": "notificationConfig",
    "desiredPodAutoscaling": "podAutoscaling",
    "desiredPrivateClusterConfig": "privateClusterConfig",
    "desiredPrivateIpv6GoogleAccess": "networkConfig.privateIpv6GoogleAccess",
    "desiredRbacBindingConfig": "rbacBindingConfig",
    "desiredReleaseChannel": "releaseChannel",
    "desiredResourceUsageExportConfig": "resourceUsageExportConfig",
    "desiredSecretManagerConfig": "secretManagerConfig",
    "desiredSecretSyncConfig": "secretSyncConfig",
    "desiredSecurityPostureConfig": "securityPostureConfig",
    "desiredServiceExternalIpsConfig": "networkConfig.serviceExternalIpsConfig",
    "desiredShieldedNodes": "shieldedNodes",
    "desiredVerticalPodAutoscaling": "verticalPodAutoscaling",
    "desiredWorkloadIdentityConfig": "workloadIdentityConfig",
    "gkeAutoUpgradeConfig": "gkeAutoUpgradeConfig",
}
# Fields that say how, not what: they may stand beside the one that says what.
COMPANIONS = frozenset({"etag", "desiredNodePoolId"})
# The pair that GKE takes together: the legacy names of one setting.
PAIR = {"desiredLoggingService", "desiredMonitoringService"}
# Merged into what is there; every other message replaces it whole.
MERGED = frozenset({"desiredAddonsConfig", "desiredControlPlaneEndpointsConfig", "desiredPrivateClusterConfig",
                    "desiredMonitoringConfig"})  # fmt: skip


@serves("container.projects.locations.clusters.update")
def update(call: Call) -> Body:
    """Start one update."""
    resource = state.cluster(call)
    desired = {name: value for name, value in (call.body.get("update") or {}).items() if value is not None}
    chosen = sorted(set(desired) - COMPANIONS)
    if not chosen:
        raise invalid("Must specify a field to update.")
    if len(chosen) > 1 and set(chosen) != PAIR:
        raise invalid(f"Must specify exactly one field to update, found {len(chosen)}: {', '.join(chosen)}.")
    if desired.get("etag") and desired["etag"] != resource.body["etag"]:
        raise ApiError(409, "The etag does not match the cluster's current etag.", status="ABORTED")
    operations.refuse_busy(call, resource.key)
    new = copy.deepcopy(resource.body)
    pools: list[Resource] = []
    for field in chosen:
        pools += _set(call, resource, new, field, desired)
    checks.private(new)
    defaults.computed(new)
    for field in chosen:
        endpoints.changed(new, FIELDS.get(field, ""))
    checks.consistent(call, new)
    if "desiredNotificationConfig" in chosen:
        notifications.check(call, new)
    return begin(call, "UPGRADE_MASTER" if "desiredMasterVersion" in chosen else "UPDATE_CLUSTER", resource, new, pools)


def begin(call: Call, operation_type: str, resource: Resource, new: Body, pools: list[Resource] | None = None) -> Body:
    """Start the operation at whose end the cluster is `new` and each of `pools` is what it says."""
    before = Resource(resource.key, resource.kind, resource.body, resource.meta)
    after = Resource(resource.key, resource.kind, state.stamp({**new, "status": "RUNNING"}), resource.meta)
    call.store.put(state.with_status(resource, "RECONCILING"))
    effects: list[dict[str, Any]] = [put(after), *(put(item) for item in pools or [])]
    addon = addons.secret_manager(call, resource.key, new)
    inside = addon != addons.secret_manager(call, resource.key, resource.body)
    operation = operations.start(
        call, operation_type, resource.key, commit=effects, rollback=[put(before)], worker=inside
    )
    if inside:
        return operations.launch(call, operation, {"name": resource.name, "secret_manager": addon})
    return operations.show(call, operation)


def _set(call: Call, cluster: Resource, new: Body, field: str, desired: Body) -> list[Resource]:
    """Write one desired field into the cluster; returns the node pools that change with it."""
    value = desired[field]
    if field == "desiredPrivateClusterConfig":
        checks.global_access_alone(cluster.body, value)
    if field in FIELDS:
        if isinstance(value, dict):
            value = call.checker.writable(_schema(call, field), value)
        _write(new, FIELDS[field].split("."), value, merge=field in MERGED)
    elif field == "desiredMasterVersion":
        new["currentMasterVersion"] = defaults.version(value)
    elif field == "desiredLocations":
        new["locations"] = checks.zones(new["location"], list(value))
    elif field == "desiredIntraNodeVisibilityConfig":
        new["networkConfig"]["enableIntraNodeVisibility"] = bool(value.get("enabled"))
    elif field == "desiredL4ilbSubsettingConfig":
        if new["networkConfig"].get("enableL4ilbSubsetting") and not value.get("enabled"):
            raise invalid("L4 ILB subsetting can't be disabled once it is enabled.")
        new["networkConfig"]["enableL4ilbSubsetting"] = bool(value.get("enabled"))
    elif field in ("additionalPodRangesConfig", "removedAdditionalPodRangesConfig"):
        checks.pod_ranges(call, new, list(value.get("podRangeNames") or []), added=field.startswith("additional"))
    elif field in ("desiredNodeVersion", "desiredImageType", "desiredNodePoolAutoscaling"):
        return _pools(call, cluster, field, desired)
    else:
        raise ApiError(501, f"ClusterUpdate.{field} is not served locally.")
    return []


def _schema(call: Call, field: str) -> str:
    return str(call.checker.schemas["ClusterUpdate"]["properties"][field]["$ref"])


def _write(body: Body, path: list[str], value: Any, merge: bool) -> None:
    for name in path[:-1]:
        body = body.setdefault(name, {})
    known = body.get(path[-1])
    if merge and isinstance(known, dict) and isinstance(value, dict):
        value = defaults.filled(known, value)
    body[path[-1]] = value


def _pools(call: Call, cluster: Resource, field: str, desired: Body) -> list[Resource]:
    chosen = desired.get("desiredNodePoolId")
    found = [item for item in state.pools(call, cluster) if chosen in (None, item.name)]
    if not found:
        raise ApiError(404, f'Node pool "{chosen}" not found.')
    changed = []
    for item in found:
        body = copy.deepcopy(item.body)
        if field == "desiredNodeVersion":
            body["version"] = defaults.version(desired[field])
        elif field == "desiredImageType":
            body["config"]["imageType"] = desired[field]
        else:
            body["autoscaling"] = desired[field]
        changed.append(Resource(item.key, item.kind, state.stamp(body), item.meta))
    return changed
