"""Which fields of a message are there when they hold nothing: pure, over the discovery documents.

Google's newer APIs write their messages as proto3 does: a scalar that is false, zero or empty, an enumeration's zero
value and an empty list are left out, unless the field is `optional` in the protocol; and a client that sends such a
value says nothing by it. https://protobuf.dev/programming-guides/json/
The discovery documents list an enumeration's names in the protocol's order, the zero value first; which fields are
`optional` they do not say, so that OPTIONAL lists them (a test holds it against Google's own client library).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testbed.cloud.core.protocol.discovery import Service

# Of container.v1, by message: fields with presence, read from google-cloud-container's descriptors.
OPTIONAL: Mapping[str, frozenset[str]] = {
    "container": frozenset({
        "AccurateTimeConfig.enablePtpKvmTimeSync", "AdvancedDatapathObservabilityConfig.enableRelay",
        "AdvancedMachineFeatures.enableNestedVirtualization", "AdvancedMachineFeatures.performanceMonitoringUnit",
        "AdvancedMachineFeatures.threadsPerCore", "AutoIpamConfig.enabled",
        "AutoprovisioningNodePoolDefaults.insecureKubeletReadonlyPortEnabled", "Cluster.satisfiesPzi",
        "Cluster.satisfiesPzs", "ClusterNetworkPerformanceConfig.totalEgressBandwidthTier",
        "ClusterPolicyConfig.noStandardNodePools", "ClusterPolicyConfig.noSystemImpersonation",
        "ClusterPolicyConfig.noSystemMutation", "ClusterPolicyConfig.noUnsafeWebhooks",
        "ClusterUpdate.desiredDefaultEnablePrivateNodes", "ClusterUpdate.desiredDisableL4LbFirewallReconciliation",
        "ClusterUpdate.desiredEmulatedVersion", "ClusterUpdate.desiredEnableCiliumClusterwideNetworkPolicy",
        "ClusterUpdate.desiredEnableFqdnNetworkPolicy", "ClusterUpdate.desiredEnableMultiNetworking",
        "ClusterUpdate.desiredEnablePrivateEndpoint", "ClusterUpdate.desiredInTransitEncryptionConfig",
        "ClusterUpgradeInfo.endOfExtendedSupportTimestamp", "ClusterUpgradeInfo.endOfStandardSupportTimestamp",
        "ClusterUpgradeInfo.minorTargetVersion", "ClusterUpgradeInfo.patchTargetVersion",
        "CompliancePostureConfig.mode", "ComplianceStandard.standard", "DNSEndpointConfig.allowExternalTraffic",
        "DNSEndpointConfig.enableK8sCertsViaDns", "DNSEndpointConfig.enableK8sTokensViaDns",
        "DataplaneV2Config.scalabilityMode", "DatabaseEncryption.currentState", "EncryptionConfig.disabled",
        "GPUDirectConfig.gpuDirectStrategy", "GPUDriverInstallationConfig.gpuDriverVersion",
        "GPUSharingConfig.gpuSharingStrategy", "HugepagesConfig.hugepageSize1g", "HugepagesConfig.hugepageSize2m",
        "IPEndpointsConfig.enablePublicEndpoint", "IPEndpointsConfig.enabled", "IPEndpointsConfig.globalAccess",
        "ManagedMachineLearningDiagnosticsConfig.enabled", "ManagedOpenTelemetryConfig.scope",
        "MasterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled",
        "MasterAuthorizedNetworksConfig.privateEndpointEnforcementEnabled", "MeshCertificates.enableCertificates",
        "NetworkConfig.defaultEnablePrivateNodes", "NetworkConfig.disableL4LbFirewallReconciliation",
        "NetworkConfig.enableCiliumClusterwideNetworkPolicy", "NetworkConfig.enableFqdnNetworkPolicy",
        "NetworkConfig.inTransitEncryptionConfig", "NetworkPerformanceConfig.totalEgressBandwidthTier",
        "NodeConfig.flexStart", "NodeConfig.localSsdEncryptionMode",
        "NodeDrainConfig.respectPdbDuringNodePoolDeletion", "NodeKubeletConfig.cpuCfsQuota",
        "NodeKubeletConfig.insecureKubeletReadonlyPortEnabled",
        "NodeKubeletConfig.shutdownGracePeriodCriticalPodsSeconds",
        "NodeKubeletConfig.shutdownGracePeriodSeconds", "NodeKubeletConfig.singleProcessOomKill",
        "NodeNetworkConfig.enablePrivateNodes", "NodePoolUpgradeInfo.endOfExtendedSupportTimestamp",
        "NodePoolUpgradeInfo.endOfStandardSupportTimestamp", "NodePoolUpgradeInfo.minorTargetVersion",
        "NodePoolUpgradeInfo.patchTargetVersion", "NodeVfioConfig.dmaEntryLimit", "PodAutoscaling.hpaProfile",
        "RBACBindingConfig.enableInsecureBindingSystemAuthenticated",
        "RBACBindingConfig.enableInsecureBindingSystemUnauthenticated", "RotationConfig.enabled",
        "SecretManagerConfig.enabled", "SecretSyncConfig.enabled", "SecurityPostureConfig.mode",
        "SecurityPostureConfig.vulnerabilityMode", "SoleTenantConfig.minNodeCpus", "SwapConfig.enabled",
        "SyncRotationConfig.enabled", "TaintConfig.architectureTaintBehavior", "UpdateNodePoolRequest.flexStart",
        "UpgradeSettings.strategy", "WorkloadPolicyConfig.allowNetAdmin",
        "WorkloadPolicyConfig.autopilotCompatibilityAuditingEnabled",
    }),
}  # fmt: skip


def shown(service: Service, schema: str | None, value: Any) -> Any:
    """An answer of this message type as the API writes it; what the older APIs answer is left as it is."""
    if service.style == "legacy" or schema is None:
        return value
    # Only of container is it known which fields are optional: the other APIs' false and zero stay as they are kept.
    return _message(service, schema, value, empty=service.name in OPTIONAL)


def heard(service: Service, schema: str | None, value: Any) -> Any:
    """A request's body without the enumerations whose value says nothing."""
    if service.style == "legacy" or schema is None:
        return value
    return _message(service, schema, value, empty=False)


def _message(service: Service, schema: str, value: Any, empty: bool) -> Any:
    properties = service.schemas[schema].get("properties")
    if not isinstance(value, dict) or properties is None:
        return value
    optional = OPTIONAL.get(service.name, frozenset())
    kept = {}
    for name, item in value.items():
        prop = properties.get(name, {})
        if f"{schema}.{name}" not in optional and _nothing(prop, item, empty):
            continue
        kept[name] = _field(service, prop, item, empty)
    return kept


def _nothing(prop: Mapping[str, Any], item: Any, empty: bool) -> bool:
    if "enum" in prop and item == prop["enum"][0]:
        return True
    if not empty or item is None or isinstance(item, dict):
        return False
    return not item or (item == "0" and str(prop.get("format", "")).endswith("64"))


def _field(service: Service, prop: Mapping[str, Any], item: Any, empty: bool) -> Any:
    if "$ref" in prop:
        return _message(service, prop["$ref"], item, empty)
    if isinstance(item, list) and "items" in prop:
        return [_field(service, prop["items"], element, empty) for element in item]
    if isinstance(item, dict) and "additionalProperties" in prop:
        return {key: _field(service, prop["additionalProperties"], inner, empty) for key, inner in item.items()}
    return item
