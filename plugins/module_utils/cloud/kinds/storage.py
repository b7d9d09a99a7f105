# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cloud Storage. Source: discovery document storage v1."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Body, Kind, patch
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get


def _bucket_ignore(desired: Body, live: Body) -> tuple[str, ...]:
    # While Autoclass is on, it chooses the class, and the bucket's own is STANDARD.
    chosen = get(desired, "autoclass.enabled")
    on = get(live, "autoclass.enabled") if chosen is None else chosen
    return ("storageClass",) if on else ()


KINDS = (
    Kind(
        "bucket",
        "storage",
        "storage/v1/b",
        "Storage bucket",
        protected=True,
        list_query={"project": "{project}"},
        create_query={"project": "{project}"},
        labels="labels",
        updates=(patch(),),
        immutable=("location", "locationType", "hierarchicalNamespace", "customPlacementConfig"),
        caseless=("location", "storageClass", "customPlacementConfig.dataLocations", "autoclass.terminalStorageClass"),
        ignore=_bucket_ignore,
        defaults={
            "iamConfiguration.publicAccessPrevention": "inherited",
            "location": "US",
            "rpo": "DEFAULT",
            "storageClass": "STANDARD",
        },
        # The discovery document says of no field that it is output only.
        output_only=(
            "autoclass.terminalStorageClassUpdateTime",
            "autoclass.toggleTime",
            "etag",
            "generation",
            "iamConfiguration.bucketPolicyOnly",
            "iamConfiguration.uniformBucketLevelAccess.lockedTime",
            "id",
            "kind",
            "metageneration",
            "owner",
            "projectNumber",
            "retentionPolicy.effectiveTime",
            "satisfiesPZI",
            "satisfiesPZS",
            "selfLink",
            "softDeletePolicy.effectiveTime",
            "timeCreated",
            "updated",
        ),
    ),
)
