"""Node pools."""

from __future__ import annotations

import copy

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.state.operations import drop, put
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.container import paths, state
from testbed.cloud.services.container.routes import operations
from testbed.cloud.services.container.rules import defaults

PREFIX = "container.projects.locations.clusters.nodePools"
# UpdateNodePoolRequest's fields and where they end up in the pool.
FIELDS = {
    "accelerators": "config.accelerators",
    "confidentialNodes": "config.confidentialNodes",
    "diskSizeGb": "config.diskSizeGb",
    "diskType": "config.diskType",
    "fastSocket": "config.fastSocket",
    "gcfsConfig": "config.gcfsConfig",
    "gvnic": "config.gvnic",
    "imageType": "config.imageType",
    "kubeletConfig": "config.kubeletConfig",
    "linuxNodeConfig": "config.linuxNodeConfig",
    "locations": "locations",
    "loggingConfig": "config.loggingConfig",
    "machineType": "config.machineType",
    "nodeNetworkConfig": "networkConfig",
    "nodeVersion": "version",
    "resourceManagerTags": "config.resourceManagerTags",
    "upgradeSettings": "upgradeSettings",
    "workloadMetadataConfig": "config.workloadMetadataConfig",
    "windowsNodeConfig": "config.windowsNodeConfig",
}
# Wrapped in a message of their own in the request.
WRAPPED = {"labels": "labels", "taints": "taints", "tags": "tags", "resourceLabels": "labels"}
ADDRESSING = frozenset({"name", "projectId", "zone", "clusterId", "nodePoolId", "etag"})


@serves(f"{PREFIX}.create")
def create(call: Call) -> Body:
    """Add a pool to a running cluster."""
    cluster = state.cluster(call)
    given = call.body.get("nodePool")
    if not given:
        raise invalid("node_pool must be specified.")
    body = defaults.pool(call, cluster.body, call.checker.writable("NodePool", given))
    key = f"{cluster.key}/nodePools/{body['name']}"
    if call.store.get(key):
        raise ApiError(409, f"Already exists: {paths.shown(key.removeprefix('container/'))}.")
    operations.refuse_busy(call, cluster.key)
    body |= {"selfLink": f"{cluster.body['selfLink']}/nodePools/{body['name']}", "status": "PROVISIONING"}
    resource = Resource(key, state.POOL, state.stamp(body))
    call.store.put(resource)
    operation = operations.start(
        call,
        "CREATE_NODE_POOL",
        key,
        commit=[put(state.with_status(resource, "RUNNING"))],
        rollback=[put(state.with_status(resource, "ERROR", "The node pool's instances did not come up."))],
    )
    return operations.show(call, operation)


@serves(f"{PREFIX}.get")
def get(call: Call) -> Body:
    """One pool."""
    return state.pool(call).body


@serves(f"{PREFIX}.list")
def listing(call: Call) -> Body:
    """A cluster's pools."""
    return {"nodePools": [item.body for item in state.pools(call, state.cluster(call))]}


@serves(f"{PREFIX}.delete")
def delete(call: Call) -> Body:
    """Remove a pool."""
    resource = state.pool(call)
    operations.refuse_busy(call, resource.key)
    call.store.put(state.with_status(resource, "STOPPING"))
    rollback = [put(state.with_status(resource, "RUNNING"))]
    operation = operations.start(call, "DELETE_NODE_POOL", resource.key, commit=[drop(resource.key)], rollback=rollback)
    return operations.show(call, operation)


def _begin(call: Call, operation_type: str, resource: Resource, new: Body) -> Body:
    operations.refuse_busy(call, resource.key)
    after = Resource(resource.key, resource.kind, state.stamp({**new, "status": "RUNNING"}))
    before = Resource(resource.key, resource.kind, resource.body)
    call.store.put(state.with_status(resource, "RECONCILING"))
    operation = operations.start(call, operation_type, resource.key, commit=[put(after)], rollback=[put(before)])
    return operations.show(call, operation)


@serves(f"{PREFIX}.setAutoscaling")
def set_autoscaling(call: Call) -> Body:
    """Replace the autoscaling settings."""
    resource = state.pool(call)
    scaling = call.body.get("autoscaling")
    if scaling is None:
        raise invalid("autoscaling must be specified.")
    new = {**resource.body, "autoscaling": scaling}
    defaults.check_autoscaling(resource.name, new)
    if not scaling.get("enabled"):
        del new["autoscaling"]
    return _begin(call, "UPDATE_CLUSTER", resource, new)


@serves(f"{PREFIX}.setManagement")
def set_management(call: Call) -> Body:
    """Replace auto-repair and auto-upgrade; clusters in a release channel keep auto-upgrade."""
    resource, cluster = state.pool(call), state.cluster(call)
    management = call.body.get("management")
    if management is None:
        raise invalid("management must be specified.")
    channel = (cluster.body.get("releaseChannel") or {}).get("channel")
    if channel in ("RAPID", "REGULAR", "STABLE", "EXTENDED") and not management.get("autoUpgrade"):
        raise invalid(f"Auto_upgrade must be true when release_channel {channel} is set.")
    return _begin(call, "SET_NODE_POOL_MANAGEMENT", resource, {**resource.body, "management": management})


@serves(f"{PREFIX}.setSize")
def set_size(call: Call) -> Body:
    """Change the nodes a zone."""
    resource = state.pool(call)
    count = call.body.get("nodeCount")
    if count is None or int(count) < 0:
        raise invalid(f"node_count must be zero or more, found {count}.")
    return _begin(call, "SET_NODE_POOL_SIZE", resource, {**resource.body, "initialNodeCount": int(count)})


@serves(f"{PREFIX}.update")
def update(call: Call) -> Body:
    """Change version, image, labels and their like; several fields may go together."""
    resource = state.pool(call)
    if call.body.get("etag") and call.body["etag"] != resource.body["etag"]:
        raise ApiError(409, "The etag does not match the node pool's current etag.", status="ABORTED")
    desired = {name: value for name, value in call.body.items() if name not in ADDRESSING and value is not None}
    if not desired:
        raise invalid("Must specify a field to update.")
    new = copy.deepcopy(resource.body)
    for name, value in desired.items():
        if name in WRAPPED:
            new["config"][name] = value.get(WRAPPED[name]) or ([] if name in ("taints", "tags") else {})
        elif name in FIELDS:
            target = new
            *parents, last = FIELDS[name].split(".")
            for parent in parents:
                target = target.setdefault(parent, {})
            known = target.get(last)
            if name == "diskSizeGb":
                value = int(value)
            if isinstance(known, dict) and isinstance(value, dict):
                # The fields that were sent take the others' place whole: a union inside changes sides that way.
                value = {**known, **value}
            target[last] = value
        else:
            raise ApiError(501, f"UpdateNodePoolRequest.{name} is not served locally.")
    if "nodeVersion" in desired:
        new["version"] = defaults.version(desired["nodeVersion"])
    return _begin(call, "UPGRADE_NODES" if "nodeVersion" in desired else "UPDATE_CLUSTER", resource, new)
