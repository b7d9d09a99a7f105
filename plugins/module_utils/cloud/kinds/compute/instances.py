# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compute Engine: virtual machines. Source: discovery document compute v1."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.compute.base import LABELS, compute
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Body, Context, Update, one_of


def _metadata(context: Context) -> Body:
    return {
        "items": (context.desired.get("metadata") or {}).get("items", []),
        "fingerprint": (context.live.get("metadata") or {}).get("fingerprint"),
    }


def _tags(context: Context) -> Body:
    return {
        "items": (context.desired.get("tags") or {}).get("items", []),
        "fingerprint": (context.live.get("tags") or {}).get("fingerprint"),
    }


def _key_of_disk(disk: Body) -> Body:
    """Without the key's version: a disk is asked for by its key, and answers with the version that encrypts it."""
    key = disk.get("diskEncryptionKey") or {}
    if "kmsKeyName" not in key:
        return disk
    return {**disk, "diskEncryptionKey": {**key, "kmsKeyName": key["kmsKeyName"].partition("/cryptoKeyVersions/")[0]}}


def _as_asked(instance: Body) -> Body:
    disks = instance.get("disks")
    return {**instance, "disks": [_key_of_disk(disk) for disk in disks]} if disks else instance


# What Compute Engine takes a field for that it does not answer: what is older than a field lacks it for ever.
_INSTANCE = {
    "disks.mode": "READ_WRITE",
    "keyRevocationActionType": "NONE",
    "minCpuPlatform": "automatic",
    "disks.type": "PERSISTENT",
    "networkInterfaces.stackType": "IPV4_ONLY",
    "scheduling.automaticRestart": True,
    "scheduling.onHostMaintenance": "MIGRATE",
    "scheduling.provisioningModel": "STANDARD",
    "shieldedInstanceIntegrityPolicy.updateAutoLearnPolicy": True,
}

KINDS = (
    compute(
        "instance",
        "zones/{zone}",
        "instances",
        "Virtual machine (the bastion)",
        labels="labels",
        updates=(
            LABELS,
            Update(("metadata",), _metadata, method="POST", path="{item}/setMetadata"),
            Update(("tags",), _tags, method="POST", path="{item}/setTags"),
            Update(
                ("deletionProtection",),
                lambda context: {},
                method="POST",
                path="{item}/setDeletionProtection",
                query=lambda context: {"deletionProtection": str(bool(context.desired["deletionProtection"])).lower()},
            ),
            Update(
                ("scheduling",),
                lambda context: dict(context.merged["scheduling"] or {}),
                method="POST",
                path="{item}/setScheduling",
            ),
            Update(
                ("shieldedInstanceIntegrityPolicy",),
                lambda context: dict(context.merged["shieldedInstanceIntegrityPolicy"] or {}),
                path="{item}/setShieldedInstanceIntegrityPolicy",
            ),
        ),
        advice="delete it (state: absent) and run again: it is made anew",
        # What a disk was made from is not answered by the server.
        create_only=("disks.initializeParams", "disks.forceAttach", "description"),
        objects=("metadata", "tags", "scheduling", "shieldedInstanceIntegrityPolicy"),
        keyed={"metadata.items": "key"},
        output_only=("metadata.fingerprint", "tags.fingerprint"),
        unions=(one_of("scheduling", "maxRunDuration", "terminationTime"),),
        caseless=("minCpuPlatform",),
        defaults=_INSTANCE,
        canonical=_as_asked,
        pending=("PROVISIONING", "STAGING", "STOPPING"),
    ),
)
