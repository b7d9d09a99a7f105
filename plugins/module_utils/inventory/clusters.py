# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A GKE cluster's node pools and optional fields, from the variables of role cluster.

Field names are those of Google's API: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Body = dict[str, Any]

# GKE labels spot nodes and taints none by itself; with this, only who tolerates being taken away is put there.
# https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms#scheduling-workloads
SPOT = {"key": "cloud.google.com/gke-spot", "value": "true", "effect": "NO_SCHEDULE"}


def node_pools(
    pools: Sequence[Mapping[str, Any]], common: Mapping[str, Any], locations: Sequence[str] = ()
) -> list[Body]:
    """Each pool in the API's words.

    pools: as ``cluster_node_pools`` declares them.
    common: the fields of a pool that all of them share; ``config.tags`` come before a pool's own.
    locations: the zones of a pool that names none; GKE chooses where there are none either.
    """
    return [_pool(pool, common, locations) for pool in pools]


def _pool(pool: Mapping[str, Any], common: Mapping[str, Any], locations: Sequence[str]) -> Body:
    smallest = pool.get("min", 1)
    zones = pool.get("locations") or locations
    shared = common.get("config", {})
    return {
        **common,
        "name": pool["name"],
        "initialNodeCount": pool.get("count", smallest),
        **({"locations": list(zones)} if zones else {}),
        "autoscaling": (
            {"enabled": True, "minNodeCount": smallest, "maxNodeCount": pool["max"]}
            if "max" in pool
            else {"enabled": False}
        ),
        "upgradeSettings": {"maxSurge": pool.get("max_surge", 1), "maxUnavailable": 0},
        "config": {
            **shared,
            "machineType": pool["machine_type"],
            "diskSizeGb": pool.get("disk_gb", 100),
            "diskType": pool.get("disk_type", "pd-balanced"),
            "tags": [*shared.get("tags", []), *pool.get("tags", [])],
            "labels": dict(pool.get("labels", {})),
            "taints": [*pool.get("taints", []), *([SPOT] if pool.get("spot") else [])],
            "spot": pool.get("spot", False),
        },
        **({"maxPodsConstraint": {"maxPodsPerNode": pool["max_pods"]}} if "max_pods" in pool else {}),
    }


def cluster_options(options: Mapping[str, Any]) -> Body:
    """The fields of a cluster that are there only where an inventory asks for them.

    options: locations (list), binary_authorization (bool), secrets_key (a KMS key's path), rbac_group (a Google group),
    confidential_nodes (bool), fleet_project (a project's id), secret_manager (bool), secret_rotation (such as 120s),
    maintenance (as ``cluster_maintenance`` declares it), notifications (types of events), notifications_topic (the path
    of a Pub/Sub topic).
    """
    fields: dict[str, tuple[Any, Body]] = {
        "locations": (options["locations"], options["locations"]),
        "binaryAuthorization": (
            options["binary_authorization"],
            {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"},
        ),
        "databaseEncryption": (options["secrets_key"], {"state": "ENCRYPTED", "keyName": options["secrets_key"]}),
        "authenticatorGroupsConfig": (
            options["rbac_group"],
            {"enabled": True, "securityGroup": options["rbac_group"]},
        ),
        "confidentialNodes": (options["confidential_nodes"], {"enabled": True}),
        "fleet": (options["fleet_project"], {"project": options["fleet_project"]}),
    }
    rotation = {"enabled": True, "rotationInterval": options["secret_rotation"]}
    return {
        **{name: field for name, (asked, field) in fields.items() if asked},
        "maintenancePolicy": {"window": _window(options["maintenance"])},
        "notificationConfig": {"pubsub": _notified(options["notifications_topic"], options["notifications"])},
        "secretManagerConfig": (
            {"enabled": True, "rotationConfig": rotation} if options["secret_manager"] else {"enabled": False}
        ),
    }


def _notified(topic: str, events: Sequence[str]) -> Body:
    """Which events go to a topic. An empty filter would let all of them through."""
    return {"enabled": True, "topic": topic, "filter": {"eventType": events}} if events else {"enabled": False}


def _window(maintenance: Mapping[str, Any]) -> Body:
    """When upgrades may happen, and when not; None, where there are no exclusions, orders live ones to be removed."""
    return {
        "recurringWindow": {
            "recurrence": maintenance["recurrence"],
            "window": {"startTime": maintenance["start"], "endTime": maintenance["end"]},
        },
        "maintenanceExclusions": None
        if not maintenance.get("exclusions")
        else {
            exclusion["name"]: {
                "startTime": exclusion["start"],
                "endTime": exclusion["end"],
                "maintenanceExclusionOptions": {"scope": exclusion.get("scope", "NO_UPGRADES")},
            }
            for exclusion in maintenance["exclusions"]
        },
    }
