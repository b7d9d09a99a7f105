# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kubernetes Engine: clusters. Source: discovery document container v1."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.container.base import (
    BUSY,
    CLUSTERS,
    added_scopes,
    kubelet_defaults,
    linux_unions,
    upgrade_unions,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.container.cluster_updates import UPDATES
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Body, Kind, one_of
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get

_NEW_POOLS = "autoscaling.autoprovisioningNodePoolDefaults"


def _never_ran(live: Body) -> bool:
    return not live.get("endpoint")


def _cluster_ignore(desired: Body, live: Body) -> tuple[str, ...]:
    # A false one is not sent apart from one that is not there, and stands for GKE's own choice: VPC-native.
    chosen = not get(desired, "ipAllocationPolicy.useIpAliases")
    # The fleet's project may be given by its number, and never changes once the cluster is registered.
    numbered = str(get(live, "fleet.project")).isdigit()
    return (*(["ipAllocationPolicy.useIpAliases"] if chosen else []), *(["fleet.project"] if numbered else []))


def _kept_on(desired: Any, live: Any) -> str | None:
    return "Google keeps this driver on" if live and not desired else None


def _kept_off(desired: Any, live: Any) -> str | None:
    return "Google offers this add-on no more" if live and not desired else None


def _as_encrypted(cluster: Body) -> Body:
    """An answer whose state of encryption is the one that it has come to, which says more than ``state`` does."""
    current = str(get(cluster, "databaseEncryption.currentState"))
    if not current.startswith("CURRENT_STATE_ALL_OBJECTS_ENCRYPTION") or current.endswith("_ERROR"):
        return cluster
    return {
        **cluster,
        "databaseEncryption": {**cluster["databaseEncryption"], "state": "ALL_OBJECTS_ENCRYPTION_ENABLED"},
    }


KINDS = (
    Kind(
        "cluster",
        "container",
        CLUSTERS,
        "Kubernetes cluster",
        protected=True,
        items="clusters",
        flavour="container",
        wrap=lambda name, body: {"cluster": body},
        labels="resourceLabels",
        serial="{item}",
        pending=BUSY,
        failed=("ERROR",),
        never_ran=_never_ran,
        ignore=_cluster_ignore,
        updates=UPDATES,
        # The pools are resources of their own; here they say what the cluster is created with.
        create_only=(
            "nodePools",
            "initialNodeCount",
            "nodeConfig",
            "initialClusterVersion",
            "ipAllocationPolicy.createSubnetwork",
            "ipAllocationPolicy.subnetworkName",
        ),
        short_links=("network", "subnetwork", "ipAllocationPolicy.additionalIpRangesConfigs.subnetwork"),
        defaults={
            **kubelet_defaults("nodePoolAutoConfig.nodeKubeletConfig"),
            f"{_NEW_POOLS}.diskSizeGb": 100,
            f"{_NEW_POOLS}.diskType": "pd-standard",
            "anonymousAuthenticationConfig.mode": "ENABLED",
            "autoscaling.autoprovisioningNodePoolDefaults.minCpuPlatform": "automatic",
            "autoscaling.autoprovisioningNodePoolDefaults.upgradeSettings.strategy": "SURGE",
            "autoscaling.autoscalingProfile": "BALANCED",
            "binaryAuthorization.evaluationMode": "DISABLED",
            "databaseEncryption.state": "DECRYPTED",
            "ipAllocationPolicy.stackType": "IPV4",
            "networkConfig.datapathProvider": "LEGACY_DATAPATH",
            "networkConfig.gatewayApiConfig.channel": "CHANNEL_DISABLED",
            "networkConfig.inTransitEncryptionConfig": "IN_TRANSIT_ENCRYPTION_DISABLED",
        },
        objects=("maintenancePolicy",),
        unions=(
            one_of("maintenancePolicy.window", "dailyMaintenanceWindow", "recurringWindow"),
            *upgrade_unions(f"{_NEW_POOLS}.upgradeSettings"),
            *linux_unions("nodePoolAutoConfig.linuxNodeConfig"),
        ),
        requires={
            "databaseEncryption.keyName": ("state", ("ENCRYPTED", "ALL_OBJECTS_ENCRYPTION_ENABLED")),
            f"{_NEW_POOLS}.upgradeSettings.blueGreenSettings": ("strategy", ("BLUE_GREEN",)),
            f"{_NEW_POOLS}.upgradeSettings.maxSurge": ("strategy", ("SURGE", None)),
            f"{_NEW_POOLS}.upgradeSettings.maxUnavailable": ("strategy", ("SURGE", None)),
        },
        imposed={
            f"{_NEW_POOLS}.oauthScopes": added_scopes,
            "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled": _kept_on,
            "addonsConfig.kubernetesDashboard.disabled": _kept_off,
        },
        caseless=(f"{_NEW_POOLS}.imageType",),
        canonical=_as_encrypted,
        output_only=(
            "conditions",
            "etag",
            "ipAllocationPolicy.additionalPodRangesConfig.podRangeInfo",
            "labelFingerprint",
            "maintenancePolicy.resourceVersion",
        ),
        sensitive=("masterAuth",),
    ),
)
