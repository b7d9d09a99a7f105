# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""See what is live in a project: a LIST of each collection that a stack declares something in, and of the ways in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.live import Reader
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import locate
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import Declared
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.cloud import Project

_WAYS_IN = ("forwardingRules", "addresses")


def observe(
    client: CloudClient, project: str, declared: Declared, proxy_ranges: Sequence[str] = ()
) -> tuple[Project, list[str]]:
    """The project, and what could not be looked at."""
    located = {resource.item: (resource, change) for place, change in declared.resources
               for resource in [locate(place, project)]}  # fmt: skip
    reader = Reader(client)
    listed = [resource for resource, _unused in located.values() if resource.kind.listed and not resource.kind.planner]
    reader.read_all(listed)
    notes: list[str] = []
    rules, addresses = (list(_everywhere(client, project, kind, notes)) for kind in _WAYS_IN)
    services = {f"{key.namespace}/{key.name}" for key in declared.keys if (key.group, key.kind) == ("", "Service")}
    found = Project(
        list(located.values()), reader.listings, rules, addresses, services, frozenset(located), declared.gaps,
        proxy_ranges,
    )  # fmt: skip
    return found, notes


def _everywhere(client: CloudClient, project: str, kind: str, notes: list[str]) -> Iterator[dict[str, Any]]:
    path = f"compute/v1/projects/{project}/aggregated/{kind}"
    try:
        yield from client.aggregated("compute", path, kind, {"maxResults": "500"})
    except ApiError as error:
        notes.append(f"{kind}: {error.message}")
