# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is live: one LIST a collection, in parallel, however many resources are in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource

Live = dict[str, Any]


class Reader:
    """Reads resources; an API that is not enabled, or a parent that does not exist, has nothing in it."""

    def __init__(self, client: CloudClient, parallel: int = 8) -> None:
        self._client = client
        self._parallel = parallel
        self.listings: dict[tuple[str, str], list[Live]] = {}

    def read_all(self, resources: list[Resource]) -> dict[str, Live | None]:
        """By key what is live, None where there is nothing."""
        lists = {(r.kind.name, r.collection): r for r in resources if r.kind.listed and not r.kind.planner}
        alone = {r.key: r for r in resources if not r.kind.listed or r.kind.planner}
        with ThreadPoolExecutor(max_workers=max(1, min(self._parallel, len(lists) + len(alone)))) as pool:
            listed = {place: pool.submit(self._list, resource) for place, resource in lists.items()}
            single = {key: pool.submit(self.read_one, resource) for key, resource in alone.items()}
            self.listings = {place: future.result() for place, future in listed.items()}
            live = {key: future.result() for key, future in single.items()}
        for resource in resources:
            if resource.key not in live:
                live[resource.key] = self._find(resource)
        return live

    def read_one(self, resource: Resource) -> Live | None:
        """One resource, read afresh."""
        kind = resource.kind
        if kind.planner == "services":
            return {"services": self._list(resource)}
        try:
            return self._client.read(
                kind.service,
                resource.format(kind.read),
                dict(kind.read_query),
                method=kind.read_method,
                body=kind.read_body if kind.read_method == "GET" else (kind.read_body or {}),
            )
        except ApiError as error:
            if _nothing(error) or (kind.name == "secret_version" and error.status == 400):
                return None
            raise

    def _list(self, resource: Resource) -> list[Live]:
        query = {name: resource.format(value) for name, value in resource.kind.list_query.items()}
        try:
            return self._client.pages(resource.kind.service, resource.collection, resource.kind.items, query)
        except ApiError as error:
            if _nothing(error):
                return []
            raise

    def _find(self, resource: Resource) -> Live | None:
        wanted = resource.format(resource.kind.identity_key)
        items = self.listings[(resource.kind.name, resource.collection)]
        return next((item for item in items if resource.kind.identity(item) == wanted), None)


def _nothing(error: ApiError) -> bool:
    return error.missing or error.disabled
