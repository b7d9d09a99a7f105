# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cloud Storage. Source: discovery document storage v1."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind, patch

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
        immutable=("location", "locationType", "hierarchicalNamespace"),
        caseless=("location", "storageClass"),
        defaults={
            "iamConfiguration.publicAccessPrevention": "inherited",
            "location": "US",
            "rpo": "DEFAULT",
            "storageClass": "STANDARD",
        },
        output_only=(
            "iamConfiguration.bucketPolicyOnly",
            "iamConfiguration.uniformBucketLevelAccess.lockedTime",
            "softDeletePolicy.effectiveTime",
        ),
    ),
)
