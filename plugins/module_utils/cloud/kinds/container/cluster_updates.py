# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How each field of a cluster is changed. Source: ClusterUpdate and the actions in discovery document container v1.

A cluster takes one field an update and one operation at a time; each field has a name of its own in the update.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.container.base import (
    action,
    put,
    same,
    update,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Body, Context, Update
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact, get

# Field of a cluster: field of ClusterUpdate.
_DESIRED = {
    "networkConfig.gatewayApiConfig": "desiredGatewayApiConfig",
    "networkConfig.datapathProvider": "desiredDatapathProvider",
    "networkConfig.dnsConfig": "desiredDnsConfig",
    "networkConfig.enableFqdnNetworkPolicy": "desiredEnableFqdnNetworkPolicy",
    "networkConfig.enableCiliumClusterwideNetworkPolicy": "desiredEnableCiliumClusterwideNetworkPolicy",
    "networkConfig.enableMultiNetworking": "desiredEnableMultiNetworking",
    "networkConfig.defaultEnablePrivateNodes": "desiredDefaultEnablePrivateNodes",
    "networkConfig.defaultSnatStatus": "desiredDefaultSnatStatus",
    "networkConfig.inTransitEncryptionConfig": "desiredInTransitEncryptionConfig",
    "networkConfig.serviceExternalIpsConfig": "desiredServiceExternalIpsConfig",
    "networkConfig.privateIpv6GoogleAccess": "desiredPrivateIpv6GoogleAccess",
    "networkConfig.networkPerformanceConfig": "desiredNetworkPerformanceConfig",
    "networkConfig.disableL4LbFirewallReconciliation": "desiredDisableL4LbFirewallReconciliation",
    "networkConfig.ambientNetworkingConfig": "desiredAmbientNetworkingConfig",
    "ipAllocationPolicy.autoIpamConfig": "desiredAutoIpamConfig",
    "ipAllocationPolicy.networkTierConfig": "desiredNetworkTierConfig",
    "ipAllocationPolicy.stackType": "desiredStackType",
    "enterpriseConfig": "desiredEnterpriseConfig",
    "loggingService": "desiredLoggingService",
    "monitoringService": "desiredMonitoringService",
    "rollbackSafeUpgrade": "desiredRollbackSafeUpgrade",
    "privateClusterConfig.enablePrivateEndpoint": "desiredEnablePrivateEndpoint",
    "privateClusterConfig.enablePrivateNodes": "desiredDefaultEnablePrivateNodes",
    "autopilot.clusterPolicyConfig": "desiredAutopilotClusterPolicyConfig",
    "autopilot.privilegedAdmissionConfig": "desiredPrivilegedAdmissionConfig",
    "autopilot.workloadPolicyConfig": "desiredAutopilotWorkloadPolicyConfig",
    "nodePoolDefaults.nodeConfigDefaults.containerdConfig": "desiredContainerdConfig",
    "nodePoolDefaults.nodeConfigDefaults.gcfsConfig": "desiredGcfsConfig",
    "nodePoolDefaults.nodeConfigDefaults.loggingConfig": "desiredNodePoolLoggingConfig",
    "nodePoolDefaults.nodeConfigDefaults.nodeKubeletConfig": "desiredNodeKubeletConfig",
    "nodePoolAutoConfig.linuxNodeConfig": "desiredNodePoolAutoConfigLinuxNodeConfig",
    "nodePoolAutoConfig.resourceManagerTags": "desiredNodePoolAutoConfigResourceManagerTags",
    "nodePoolAutoConfig.networkTags": "desiredNodePoolAutoConfigNetworkTags",
    "nodePoolAutoConfig.nodeKubeletConfig": "desiredNodePoolAutoConfigKubeletConfig",
    "addonsConfig": "desiredAddonsConfig",
    "anonymousAuthenticationConfig": "desiredAnonymousAuthenticationConfig",
    "authenticatorGroupsConfig": "desiredAuthenticatorGroupsConfig",
    "autoscaling": "desiredClusterAutoscaling",
    "binaryAuthorization": "desiredBinaryAuthorization",
    "compliancePostureConfig": "desiredCompliancePostureConfig",
    "controlPlaneEgress": "desiredControlPlaneEgress",
    "controlPlaneEndpointsConfig": "desiredControlPlaneEndpointsConfig",
    "costManagementConfig": "desiredCostManagementConfig",
    "databaseEncryption": "desiredDatabaseEncryption",
    "enableK8sBetaApis": "desiredK8sBetaApis",
    "fleet": "desiredFleet",
    "gkeAutoUpgradeConfig": "gkeAutoUpgradeConfig",
    "identityServiceConfig": "desiredIdentityServiceConfig",
    "locations": "desiredLocations",
    "loggingConfig": "desiredLoggingConfig",
    "managedMachineLearningDiagnosticsConfig": "desiredManagedMachineLearningDiagnosticsConfig",
    "managedOpentelemetryConfig": "desiredManagedOpentelemetryConfig",
    "masterAuthorizedNetworksConfig": "desiredMasterAuthorizedNetworksConfig",
    "meshCertificates": "desiredMeshCertificates",
    "monitoringConfig": "desiredMonitoringConfig",
    "nodeCreationConfig": "desiredNodeCreationConfig",
    "notificationConfig": "desiredNotificationConfig",
    "parentProductConfig": "desiredParentProductConfig",
    "podAutoscaling": "desiredPodAutoscaling",
    "rbacBindingConfig": "desiredRbacBindingConfig",
    "releaseChannel": "desiredReleaseChannel",
    "resourceUsageExportConfig": "desiredResourceUsageExportConfig",
    "secretManagerConfig": "desiredSecretManagerConfig",
    "secretSyncConfig": "desiredSecretSyncConfig",
    "securityPostureConfig": "desiredSecurityPostureConfig",
    "shieldedNodes": "desiredShieldedNodes",
    "userManagedKeysConfig": "desiredUserManagedKeysConfig",
    "verticalPodAutoscaling": "desiredVerticalPodAutoscaling",
    "workloadIdentityConfig": "desiredWorkloadIdentityConfig",
}


def _switch(target: str) -> Callable[[Any], Body]:
    return lambda value: {"update": {target: {"enabled": bool(value)}}}


def _maintenance(context: Context) -> Body:
    """The policy with the version that was read, so that nobody else's change is undone."""
    policy = compact(context.merged["maintenancePolicy"]) or {}
    version = get(context.live, "maintenancePolicy.resourceVersion")
    return {"maintenancePolicy": {**policy, **({"resourceVersion": version} if version else {})}}


def _pod_ranges(context: Context) -> Body:
    """The names that are missing or, when none is, those that are not desired: an update adds or removes."""
    path = "ipAllocationPolicy.additionalPodRangesConfig.podRangeNames"
    desired, live = get(context.desired, path) or [], get(context.live, path) or []
    missing = [name for name in desired if name not in live]
    if missing:
        return {"update": {"additionalPodRangesConfig": {"podRangeNames": missing}}}
    extra = [name for name in live if name not in desired]
    return {"update": {"removedAdditionalPodRangesConfig": {"podRangeNames": extra}}}


def _set_labels(context: Context) -> Body:
    body: Body = {"resourceLabels": compact(context.merged.get("resourceLabels") or {})}
    if "labelFingerprint" in context.live:
        body["labelFingerprint"] = context.live["labelFingerprint"]
    return body


UPDATES: tuple[Update, ...] = (
    action("setResourceLabels", "resourceLabels", _set_labels),
    action("setMaintenancePolicy", "maintenancePolicy", _maintenance),
    action("setLegacyAbac", "legacyAbac", lambda c: {"enabled": bool(get(c.desired, "legacyAbac.enabled"))}),
    action("setNetworkPolicy", "networkPolicy", same("networkPolicy")),
    Update(("ipAllocationPolicy.additionalPodRangesConfig",), _pod_ranges, method="PUT"),
    # The one field that this message changes.
    # The whole list: what is left out of it is detached.
    put(
        "ipAllocationPolicy.additionalIpRangesConfigs",
        lambda value: {"update": {"desiredAdditionalIpRangesConfig": {"additionalIpRangesConfigs": value}}},
    ),
    put(
        "privateClusterConfig.masterGlobalAccessConfig",
        lambda value: {"update": {"desiredPrivateClusterConfig": {"masterGlobalAccessConfig": value}}},
    ),
    put("networkConfig.enableIntraNodeVisibility", _switch("desiredIntraNodeVisibilityConfig")),
    replace(
        put("networkConfig.enableL4ilbSubsetting", _switch("desiredL4ilbSubsettingConfig")),
        takes=lambda before, after: bool(after),  # it is never switched off again
    ),
    *(put(source, update(target)) for source, target in _DESIRED.items()),
)
