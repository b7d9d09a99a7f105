# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""``gcp_leftovers``: find what controllers of deleted clusters left in a network, and remove it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.operations import Operations
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.execute import Execution, execute
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.live import Reader
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.reconcile import Reconciler
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import canonical_link, get
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.leftovers import (
    GLOBAL,
    LEVELS,
    Found,
    select,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.render import report
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource_plan import plan_absent
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.stack_plan import plan_removal
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

Live = dict[str, Any]


def sweep(client: CloudClient, project: str, options: dict[str, Any], check: bool) -> dict[str, Any]:
    """The task's result; ``options`` are those of ``gcp_leftovers``. PlatformError names what could not be removed."""
    network = f"projects/{project}/global/networks/{options['network']}"
    selection = select(_found(client, project), network, _clusters(client, project, network), options["own_prefix"])
    resources = [_resource(item) for item in selection.remove]
    live: dict[str, Live | None] = {_key(item): item.body for item in selection.remove}
    plan = plan_removal(_in_order(resources, selection.remove), live, unprotect=True)
    execution = Execution()
    reconciler = Reconciler(client, Reader(client), Operations(client), options["timeout"])
    if not check:

        def work(change: ResourceChange) -> Live | None:
            resource = change.resource
            return reconciler.reconcile(resource, live[change.key], lambda found: plan_absent(resource, found, True))

        execution = execute(plan, work, lambda change: change.action != "none", options["parallel"])
    result = report(plan.changes, execution.done, execution.failed, check)
    result |= {
        "removed": [item.path for item in selection.remove],
        "kept": [{"path": item.path, "why": why} for item, why in selection.kept],
        "foreign": [item.path for item in selection.foreign],
        "waits": reconciler.waits,
        "requests": client.counts.requests,
        "mutations": client.counts.mutations,
    }
    if execution.failed:
        raise PlatformError("; ".join(error.message for error in execution.failed.values()), result)
    return result


def _found(client: CloudClient, project: str) -> list[Found]:
    """All resources of the collections in which controllers leave some, wherever they are."""

    def listed(collection: str) -> list[Live]:
        where = "global" if collection in GLOBAL else "aggregated"
        path = f"compute/v1/projects/{project}/{where}/{collection}"
        try:
            if where == "global":
                return client.pages("compute", path, "items", {"maxResults": "500"})
            return client.aggregated("compute", path, collection, {"maxResults": "500"})
        except ApiError as error:
            # A collection that is not served has nothing in it.
            if error.missing or error.disabled or error.status == 501:
                return []
            raise

    collections = [name for names in LEVELS for name in names]
    with ThreadPoolExecutor(max_workers=len(collections)) as pool:
        answers = list(pool.map(listed, collections))
    return [
        Found(collection, canonical_link(str(body["selfLink"]), project), body)
        for collection, answer in zip(collections, answers, strict=True)
        for body in answer
    ]


def _clusters(client: CloudClient, project: str, network: str) -> list[str]:
    """The names of the clusters that stand in the network."""
    try:
        clusters = client.pages("container", f"v1/projects/{project}/locations/-/clusters", "clusters", {})
    except ApiError as error:
        if error.missing or error.disabled:
            return []
        raise
    name = network.rpartition("/")[2]
    return [
        str(cluster["name"])
        for cluster in clusters
        if str(get(cluster, "networkConfig.network") or cluster.get("network")).rpartition("/")[2] == name
    ]


def _key(item: Found) -> str:
    return item.path.split("/", 2)[2]


def _resource(item: Found) -> Resource:
    """What can be removed; it is of no kind that anybody declares."""
    collection = f"compute/v1/{item.path.rpartition('/')[0]}"
    kind = Kind(item.collection, "compute", collection, "Left by a controller", flavour="compute")
    return Resource(kind, item.name, _key(item), {"project": item.path.split("/")[1]}, {})


def _in_order(resources: list[Resource], items: tuple[Found, ...]) -> list[Resource]:
    """Each with what it may use as what it depends on, so that it goes first."""
    level = {name: number for number, names in enumerate(LEVELS) for name in names}
    keys = [(level[item.collection], _key(item)) for item in items]
    return [
        replace(resource, depends=frozenset(key for other, key in keys if other > own))
        for resource, (own, _unused) in zip(resources, keys, strict=True)
    ]
