# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The fleet. Source: discovery document gkehub v1."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind, masked_patch, one_of

KINDS = (
    Kind(
        "membership",
        "gkehub",
        "v1/projects/{project}/locations/{location}/memberships",
        "Membership of a cluster in the fleet",
        items="resources",
        flavour="longrunning",
        named=False,
        create_query={"membershipId": "{name}"},
        labels="labels",
        updates=(masked_patch("labels", "externalId", "authority", "monitoringConfig"),),
        immutable=("endpoint",),
    ),
    Kind(
        "feature",
        "gkehub",
        "v1/projects/{project}/locations/{location}/features",
        "Feature of the fleet (multi-cluster Gateway, multi-cluster Services)",
        items="resources",
        flavour="longrunning",
        named=False,
        create_query={"featureId": "{name}"},
        labels="labels",
        updates=(masked_patch("labels", "spec", "membershipSpecs", "scopeSpecs", "fleetDefaultMemberConfig"),),
        defaults={
            f"{config}.configmanagement.configSync.sourceFormat": "hierarchy"
            for config in ("membershipSpecs.*", "fleetDefaultMemberConfig")
        },
        unions=tuple(
            one_of(f"{config}.configmanagement.configSync", "git", "oci")
            for config in ("membershipSpecs.*", "fleetDefaultMemberConfig")
        ),
    ),
)
