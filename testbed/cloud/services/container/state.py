"""Clusters and node pools as they are kept: pools beside their cluster, put together when shown."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.lateness import late
from testbed.cloud.core.protocol.errors import not_found
from testbed.cloud.core.protocol.values import fingerprint
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.container.paths import shown

CLUSTER = "container.cluster"
POOL = "container.nodePool"


def cluster(call: Call, name: str | None = None) -> Resource:
    """The cluster that the request (or `name`, a path) means; raises 404 as GKE does."""
    path = name or call.path.get("name") or call.path["parent"]
    path = path.partition("/nodePools/")[0]
    found = call.store.get(f"container/{path}")
    if found is None:
        raise not_found(f"Not found: {shown(path)}.")
    return found


def pool(call: Call) -> Resource:
    """The node pool that the request means; raises 404."""
    cluster(call)
    found = call.store.get(f"container/{call.path['name']}")
    if found is None:
        raise not_found(f"Not found: node pool {call.path['name'].rpartition('/')[2]}.")
    return found


def pools(call: Call, owner: Resource) -> list[Resource]:
    """A cluster's node pools, by name."""
    return call.store.children(f"{owner.key}/nodePools")


def working(call: Call, key: str) -> str:
    """The name of the operation that a cluster is busy with, or still settles from; empty for none."""
    running = call.operations.pending_on(key)
    if running:
        return running.name
    found = call.store.get(key)
    settles = (found.meta if found else {}).get("settles") or {}
    return str(settles["operation"]) if late(call.cloud, settles.get("until")) else ""


def settle(call: Call, key: str, operation: str, until: float) -> None:
    """Remember until when a cluster settles from an operation."""
    found = call.store.get(key)
    if found is not None:
        found.meta["settles"] = {"operation": operation, "until": until}
        call.store.put(found)


def references(owner: Body) -> set[str]:
    """Keys of the network and subnetwork that a cluster uses."""
    config = owner["networkConfig"]
    return {f"compute/{config[name]}" for name in ("network", "subnetwork") if config.get(name)}


def stamp(body: Body) -> Body:
    """The body with its etag (and label fingerprint) as it now is."""
    fresh: Body = {name: value for name, value in body.items() if name != "etag"}
    if "resourceLabels" in body or "labelFingerprint" in body:
        fresh["labelFingerprint"] = fingerprint(fresh.get("resourceLabels") or {})[:8]
    fresh["etag"] = fingerprint(fresh)
    return fresh


def with_status(resource: Resource, status: str, message: str = "") -> Resource:
    """A copy of a resource in another status."""
    body = {**resource.body, "status": status}
    body.pop("statusMessage", None)
    if message:
        body["statusMessage"] = message
    meta = {name: value for name, value in resource.meta.items() if name != "pending"}
    return Resource(resource.key, resource.kind, stamp(body), meta)


def show(call: Call, owner: Resource) -> Body:
    """The cluster as GKE shows it, with its node pools."""
    found = [item.body for item in pools(call, owner)]
    count = sum(int(item.get("initialNodeCount", 0)) * len(item["locations"]) for item in found)
    body = {**owner.body, "nodePools": found, "currentNodeCount": count}
    if body["status"] == "RUNNING" and working(call, owner.key):
        body["status"] = "RECONCILING"
    if found:
        body["nodeConfig"] = found[0]["config"]
        body["instanceGroupUrls"] = [url for item in found for url in item["instanceGroupUrls"]]
    return body
