"""The compute resources of a cluster's load balancers, reconciled in the project's state.

Each is checked by its kind's own rules, as if GKE's controllers had sent it; what is as desired is not written again.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator

from testbed.cloud.core.call import Call, Cloud
from testbed.cloud.core.protocol.discovery import load
from testbed.cloud.core.protocol.schema import Checker
from testbed.cloud.core.protocol.values import numeric_id
from testbed.cloud.core.state.store import Resource as Stored
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import KINDS, complete
from testbed.cloud.services.compute.urls import references, require_ready
from testbed.gateway.resources.desired import COLLECTIONS, gateway_of, is_of_cluster
from testbed.gateway.resources.site import Resource, Site

Name = tuple[str, str]


def keep(cloud: Cloud, site: Site, desired: Iterable[Resource]) -> None:
    """Create and change what one Gateway needs, all or nothing.

    Raises ApiError where compute refuses; with the reason resourceNotReady while somebody's operation is under way.
    """
    with cloud.store.transaction():
        for resource in desired:
            _put(cloud, site, resource)


def _put(cloud: Cloud, site: Site, resource: Resource) -> None:
    call, kind = _call(cloud, site, resource.path)
    path = f"projects/{site.project.project}/{resource.path}"
    key = f"compute/{path}"
    old = call.store.get(key)
    if old is not None and resource.collection == "addresses":
        return
    body = call.checker.body(call.method, copy.deepcopy(resource.body))
    kind.prepare(call, body)
    known = old.body if old is not None else {}
    body["id"] = known.get("id") or numeric_id()
    complete(call, kind, path, body, known.get("creationTimestamp"))
    if body != known:
        require_ready(call, key)
        call.store.put(Stored(key, f"compute.{kind.plural}", body, old.meta if old else {}), references(body))


def sweep(cloud: Cloud, site: Site, desired: Collection[str], failing: Collection[Name]) -> None:
    """Delete what the cluster's controllers made and no Gateway needs, users before what they use.

    ``desired`` are paths within the project. What is of a ``failing`` Gateway, or still used, stays.
    """
    with cloud.store.transaction():
        for kind, found in _made(cloud, site):
            path = found.path.removeprefix(f"projects/{site.project.project}/")
            shared = kind.segment == "firewalls" and bool(failing)
            if path in desired or shared or gateway_of(found.body) in failing or found.meta.get("pending"):
                continue
            call, _kind = _call(cloud, site, path)
            if not set(cloud.store.users(found.key)) - {found.key} and not kind.users(call, found):
                cloud.store.delete(found.key)


def _made(cloud: Cloud, site: Site) -> Iterator[tuple[Kind, Stored]]:
    """All that the cluster's controllers made, users first."""
    prefix = f"compute/projects/{site.project.project}/"
    for collection in reversed(COLLECTIONS):
        for kind in [item for item in KINDS.values() if item.segment == collection]:
            for found in cloud.store.of_kind(f"compute.{kind.plural}", prefix):
                if is_of_cluster(found.name, site):
                    yield kind, found


def _call(cloud: Cloud, site: Site, path: str) -> tuple[Call, Kind]:
    """The request by which a resource of this path is made."""
    service = load("compute")
    matched = service.match("POST", f"compute/v1/projects/{site.project.project}/{path.rpartition('/')[0]}")
    if matched is None:
        raise ValueError(f"{path}: found no collection of compute, expected one")
    method, parameters = matched
    kind = KINDS[method.id.split(".")[1]]
    return Call(cloud, service, method, Checker(service), parameters, {}, {}, user=_account(site)), kind


def _account(site: Site) -> str:
    """https://cloud.google.com/iam/docs/service-agents: GKE's own."""
    return f"service-{site.number}@container-engine-robot.iam.gserviceaccount.com"
