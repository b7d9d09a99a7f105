# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""APIs of a project. Source: discovery document serviceusage v1."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Body, Kind, only


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
)
