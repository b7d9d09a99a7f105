"""Clusters: create, get, list, delete."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from testbed.cloud.backend import ClusterRequest
from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.values import project_number, utc_time
from testbed.cloud.core.state.operations import Operation
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.container import paths, state
from testbed.cloud.services.container.routes import operations
from testbed.cloud.services.container.rules import addons, checks, defaults, endpoints, notifications, pods


def _pools_of(body: Body) -> list[Body]:
    """The node pools asked for: a list, or the older pair of fields that means one default pool."""
    given = body.pop("nodePools", None)
    count, config = body.pop("initialNodeCount", None), body.pop("nodeConfig", None)
    if given and (count or config):
        raise invalid("Cluster.initial_node_count and node_config must not be specified together with node_pools.")
    if not given:
        if not count:
            raise invalid("Cluster.initial_node_count must be greater than zero.")
        body["initialNodeCount"] = count
        given = [{"name": "default-pool", "initialNodeCount": count, "config": config or {}}]
    names = [item.get("name") for item in given]
    if len(set(names)) != len(names):
        raise invalid(f"Node pool names must be unique, found {names}.")
    return list(given)


@serves("container.projects.locations.clusters.create")
def create(call: Call) -> Body:
    """Start a cluster: PROVISIONING at once, RUNNING when the backend has it, ERROR when it failed."""
    parent = call.path["parent"]
    location = parent.rpartition("/")[2]
    given = call.body.get("cluster")
    if not given:
        raise invalid("Cluster must be specified.")
    sent = call.checker.writable("Cluster", given)
    name = str(sent.get("name") or "")
    if not checks.CLUSTER_NAME.fullmatch(name):
        raise invalid(
            f'Invalid value for field "cluster.name": "{name}". Must be a match of regex '
            f"'{checks.CLUSTER_NAME.pattern}'"
        )
    key = f"container/{parent}/clusters/{name}"
    if call.store.get(key):
        raise ApiError(409, f"Already exists: {paths.shown(key.removeprefix('container/'))}.")
    pools = _pools_of(sent)
    checks.region(location)
    body = _complete(call, sent, key, location)
    complete = [defaults.pool(call, body, item) for item in pools]
    return _start(call, key, body, complete)


def _complete(call: Call, sent: Body, key: str, location: str) -> Body:
    version = defaults.version(sent.get("initialClusterVersion"))
    body = defaults.filled(defaults.CLUSTER, sent)
    body["releaseChannel"] = sent.get("releaseChannel", defaults.channel(sent.get("initialClusterVersion")))
    body["location"] = body["zone"] = location
    body["locations"] = checks.zones(location, list(sent.get("locations") or []))
    checks.network(call, body, location)
    checks.private(body)
    endpoints.complete(body, sent, str(call.project))
    checks.consistent(call, body)
    notifications.check(call, body)
    defaults.computed(body)
    body |= {
        "id": secrets.token_hex(32),
        "selfLink": paths.BASE + paths.shown(key.removeprefix("container/")),
        "createTime": utc_time(call.now),
        "initialClusterVersion": version,
        "currentMasterVersion": version,
        "currentNodeVersion": version,
        "nodeIpv4CidrSize": pods.pod_size(body["defaultMaxPodsConstraint"]),
        "status": "PROVISIONING",
        "labelFingerprint": "",
        "masterAuth": {"clientCertificateConfig": {}} | (sent.get("masterAuth") or {}),
    }
    if body.get("fleet", {}).get("project"):
        number = project_number(body["fleet"]["project"])
        body["fleet"]["membership"] = (
            f"//gkehub.googleapis.com/projects/{number}/locations/{location}/memberships/{body['name']}"
        )
    return state.stamp(body)


def _start(call: Call, key: str, body: Body, pools: list[Body]) -> Body:
    policy = body.get("ipAllocationPolicy") or {}
    named = [str(policy.get(f"{kind}SecondaryRangeName") or "") for kind in ("cluster", "services")]
    made = [name for name in named if name.startswith(f"gke-{body['name']}-")]
    call.store.put(Resource(key, state.CLUSTER, body, {"ranges": made}), state.references(body))
    for item in pools:
        item |= {
            "selfLink": f"{body['selfLink']}/nodePools/{item['name']}",
            "status": "PROVISIONING",
        }
        call.store.put(Resource(f"{key}/nodePools/{item['name']}", state.POOL, state.stamp(item)))
    operation = operations.start(call, "CREATE_CLUSTER", key, commit=[], worker=True)
    request = ClusterRequest(
        name=body["name"],
        location=body["location"],
        node_count=max(1, sum(int(item["initialNodeCount"]) for item in pools)),
        version=body["initialClusterVersion"],
        labels=dict(body.get("resourceLabels") or {}),
        secret_manager=addons.secret_manager(call, key, body),
        network=body["networkConfig"]["network"],
        dns_cache=addons.dns_cache(call, body),
        registry=addons.registry(call, pools),
        preloaded=call.cloud.settings.preloaded_images,
        google=addons.google(call, key, body),
        private_address=endpoints.private_address(call, body),
    )
    return _launch(call, operation, request)


def _launch(call: Call, operation: Operation, request: ClusterRequest) -> Body:
    return operations.launch(call, operation, asdict(request))


@serves("container.projects.locations.clusters.get")
def get(call: Call) -> Body:
    """One cluster."""
    return state.show(call, state.cluster(call))


@serves("container.projects.locations.clusters.list")
def listing(call: Call) -> Body:
    """A location's clusters; `-` means every location."""
    parent = call.path["parent"]
    prefix = f"container/{parent.removesuffix('-')}" if parent.endswith("/-") else f"container/{parent}/"
    found = call.store.of_kind(state.CLUSTER, prefix)
    return {"clusters": [state.show(call, item) for item in found]} if found else {}


@serves("container.projects.locations.clusters.delete")
def delete(call: Call) -> Body:
    """Stop a cluster; refused while another operation runs on it."""
    resource = state.cluster(call)
    operations.refuse_busy(call, resource.key)
    call.store.put(state.with_status(resource, "STOPPING"))
    operation = operations.start(call, "DELETE_CLUSTER", resource.key, commit=[], worker=True)
    request = ClusterRequest(resource.name, resource.body["location"], 0, None)
    return _launch(call, operation, request)


@serves("container.projects.locations.getServerConfig")
def server_config(call: Call) -> Body:
    """The versions on offer."""
    checks.region(call.path["name"].rpartition("/")[2])
    channels = [
        {"channel": channel, "defaultVersion": defaults.VERSION, "validVersions": list(defaults.LATEST)}
        for channel in ("RAPID", "REGULAR", "STABLE")
    ]
    return {
        "defaultClusterVersion": defaults.VERSION,
        "validMasterVersions": list(defaults.LATEST),
        "validNodeVersions": list(defaults.LATEST),
        "defaultImageType": "COS_CONTAINERD",
        "validImageTypes": ["COS_CONTAINERD", "UBUNTU_CONTAINERD"],
        "channels": channels,
    }
