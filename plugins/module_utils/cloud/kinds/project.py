# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a project as a whole has: enabled APIs and a fleet. Facts: serviceusage v1, gkehub v1."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import (
    Body,
    Kind,
    masked_patch,
    only,
)


def _services(values: Body) -> Body:
    only(values, "serviceIds")
    names = values.get("serviceIds")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"serviceIds must be a list of names as in compute.googleapis.com (found {names!r})")
    return {"serviceIds": names}


KINDS = (
    Kind(
        "services",
        "serviceusage",
        "v1/projects/{project}/services",
        "APIs that are enabled in the project (serviceIds)",
        items="services",
        item="{collection}",
        list_query={"filter": "state:ENABLED", "pageSize": "200"},
        flavour="longrunning",
        planner="services",
        prepare=_services,
    ),
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
        updates=(masked_patch("labels", "externalId", "authority"),),
        immutable=("endpoint",),
        output_only=("endpoint.kubernetesMetadata", "endpoint.gkeCluster.clusterMissing", "authority.identityProvider"),
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
        updates=(masked_patch("labels", "spec", "membershipSpecs", "fleetDefaultMemberConfig"),),
    ),
)
