# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kubernetes Engine: node pools. Source: discovery document container v1."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.container.base import (
    BUSY,
    CLUSTERS,
    action,
    added_scopes,
    kubelet_defaults,
    linux_unions,
    put,
    same,
    upgrade_unions,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Body, Kind, one_of
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get

# Field of a node pool: (field of UpdateNodePoolRequest, key to wrap the value in).
UPDATES = {
    "config.machineType": ("machineType", None),
    "config.diskSizeGb": ("diskSizeGb", None),
    "config.diskType": ("diskType", None),
    "config.imageType": ("imageType", None),
    "config.labels": ("labels", "labels"),
    "config.taints": ("taints", "taints"),
    "config.tags": ("tags", "tags"),
    "config.resourceLabels": ("resourceLabels", "labels"),
    "config.workloadMetadataConfig": ("workloadMetadataConfig", None),
    "config.kubeletConfig": ("kubeletConfig", None),
    "config.linuxNodeConfig": ("linuxNodeConfig", None),
    "config.containerdConfig": ("containerdConfig", None),
    "config.confidentialNodes": ("confidentialNodes", None),
    "config.gcfsConfig": ("gcfsConfig", None),
    "config.gvnic": ("gvnic", None),
    "config.accelerators": ("accelerators", None),
    "config.bootDisk": ("bootDisk", None),
    "config.consolidationDelay": ("consolidationDelay", None),
    "config.fastSocket": ("fastSocket", None),
    "config.flexStart": ("flexStart", None),
    "config.maxRunDuration": ("maxRunDuration", None),
    "config.storagePools": ("storagePools", None),
    "config.taintConfig": ("taintConfig", None),
    "config.windowsNodeConfig": ("windowsNodeConfig", None),
    "config.loggingConfig": ("loggingConfig", None),
    "config.resourceManagerTags": ("resourceManagerTags", None),
    "locations": ("locations", None),
    "maintenancePolicy": ("maintenancePolicy", None),
    "networkConfig.enablePrivateNodes": ("nodeNetworkConfig", "enablePrivateNodes"),
    "nodeDrainConfig": ("nodeDrainConfig", None),
    "queuedProvisioning": ("queuedProvisioning", None),
    "upgradeSettings": ("upgradeSettings", None),
    "version": ("nodeVersion", None),
}


def _pool_update(target: str, wrap: str | None) -> Callable[[Any], Body]:
    return lambda value: {target: {wrap: value} if wrap else value}


def _numbers(version: str) -> tuple[int, ...]:
    """``1.33.5-gke.1080000`` as numbers that can be compared."""
    return tuple(map(int, re.findall(r"\d+", version)))


def _pool_ignore(desired: Body, live: Body) -> tuple[str, ...]:
    # An autoscaler moves the count: then the desired one is only where it begins.
    scaled = get(live, "autoscaling.enabled") or get(desired, "autoscaling.enabled")
    asked, found = str(desired.get("version")), str(live.get("version"))
    # "1.33" asks for the newest of these, and "latest" and "-" for what the server takes at the time.
    served = asked in ("latest", "-") or found.startswith((f"{asked}.", f"{asked}-"))
    # Google upgrades a pool whose upgrades are on: then the desired one is the least.
    upgraded = get(live, "management.autoUpgrade") and _numbers(found) >= _numbers(asked)
    return (*(["initialNodeCount"] if scaled else []), *(["version"] if served or upgraded else []))


KINDS = (
    Kind(
        "node_pool",
        "container",
        CLUSTERS + "/{cluster}/nodePools",
        "Pool of a cluster's nodes",
        items="nodePools",
        flavour="container",
        wrap=lambda name, body: {"nodePool": body},
        serial=CLUSTERS + "/{cluster}",
        part_of=("cluster", "nodePools"),
        pending=BUSY,
        failed=("ERROR",),
        updates=(
            action("setAutoscaling", "autoscaling", same("autoscaling")),
            action("setManagement", "management", same("management")),
            action("setSize", "initialNodeCount", lambda c: {"nodeCount": c.desired["initialNodeCount"]}),
            *(put(source, _pool_update(target, wrap)) for source, (target, wrap) in UPDATES.items()),
        ),
        ignore=_pool_ignore,
        create_only=("networkConfig.createPodRange",),
        unions=(
            one_of("autoscaling", ("minNodeCount", "maxNodeCount"), ("totalMinNodeCount", "totalMaxNodeCount")),
            *upgrade_unions("upgradeSettings"),
            *linux_unions("config.linuxNodeConfig"),
        ),
        requires={
            "upgradeSettings.blueGreenSettings": ("strategy", ("BLUE_GREEN",)),
            "upgradeSettings.maxSurge": ("strategy", ("SURGE", None)),
            "upgradeSettings.maxUnavailable": ("strategy", ("SURGE", None)),
        },
        imposed={"config.oauthScopes": added_scopes},
        caseless=("config.imageType",),
        short_links=("networkConfig.network", "networkConfig.subnetwork"),
        defaults={
            **kubelet_defaults("config.kubeletConfig"),
            "autoscaling.locationPolicy": "BALANCED",
            "config.machineType": "e2-medium",
            "config.localSsdEncryptionMode": "STANDARD_ENCRYPTION",
            "config.minCpuPlatform": "automatic",
            "config.workloadMetadataConfig.mode": "GCE_METADATA",
            "upgradeSettings.strategy": "SURGE",
        },
        advice="give the pool a new name, so that its nodes are made anew and pods move over, and remove the old one",
        output_only=("management.upgradeOptions",),
    ),
)
