# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Artifact Registry. Source: discovery document artifactregistry v1."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind, masked_patch, one_of

_UPSTREAMS = (
    "aptRepository",
    "dockerRepository",
    "mavenRepository",
    "npmRepository",
    "pythonRepository",
    "yumRepository",
)

KINDS = (
    Kind(
        "repository",
        "artifactregistry",
        "v1/projects/{project}/locations/{location}/repositories",
        "Artifact Registry repository",
        protected=True,
        items="repositories",
        flavour="longrunning",
        named=False,
        create_query={"repositoryId": "{name}"},
        labels="labels",
        updates=(
            masked_patch(
                "description",
                "labels",
                "dockerConfig",
                "platformLogsConfig",
                "cleanupPolicies",
                "cleanupPolicyDryRun",
                "remoteRepositoryConfig",
                "virtualRepositoryConfig",
                "vulnerabilityScanningConfig",
            ),
        ),
        immutable=("format", "mode", "kmsKeyName"),
        create_only=("disallowUnspecifiedMode", "remoteRepositoryConfig.disableUpstreamValidation"),
        caseless=("format",),
        unions=(
            one_of("cleanupPolicies.*", "condition", "mostRecentVersions"),
            one_of("remoteRepositoryConfig", *_UPSTREAMS, "commonRepository"),
            *(one_of(f"remoteRepositoryConfig.{name}", "publicRepository", "customRepository") for name in _UPSTREAMS),
        ),
        defaults={"mode": "STANDARD_REPOSITORY", "vulnerabilityScanningConfig.enablementConfig": "INHERITED"},
    ),
)
