"""Fleets, memberships and features: one shape, three collections, all long-running."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from ...core.call import Body, Call, serves
from ...core.errors import ApiError, invalid, not_found
from ...core.operations import drop, put
from ...core.pages import page
from ...core.store import Resource
from ...core.values import project_number, utc_time
from .. import longrunning, masks, policies
from ..compute.catalog import REGIONS

PREFIX = "gkehub.projects.locations"
METADATA = "type.googleapis.com/google.cloud.gkehub.v1.OperationMetadata"
# https://cloud.google.com/kubernetes-engine/fleet-management/docs/fleet-creation
FEATURES = frozenset(
    {
        "configmanagement", "fleetobservability", "identityservice", "multiclusteringress",
        "multiclusterservicediscovery", "policycontroller", "rbacrolebindingactuation", "servicemesh",
        "workloadcertificate", "clusterupgrade", "dataplanev2",
    }
)  # fmt: skip
MEMBER_ID = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"


@dataclass(frozen=True)
class Collection:
    """One of the three: how its resources are named, checked and shown."""

    name: str
    schema: str
    id_parameter: str
    state: tuple[str, Body]
    mutable: frozenset[str]
    check: Callable[[Call, str, str, Body], None]
    removable: Callable[[Call, Resource], None] = lambda *_: None


def _location(call: Call, location: str, allowed: tuple[str, ...]) -> None:
    if location not in allowed:
        raise invalid(f"Location '{location}' is not supported for {call.method.id}.")


def _fleet(call: Call, _name: str, location: str, _body: Body) -> None:
    _location(call, location, ("global",))


def _membership(call: Call, _name: str, location: str, body: Body) -> None:
    _location(call, location, ("global", *REGIONS))
    link = str(((body.get("endpoint") or {}).get("gkeCluster") or {}).get("resourceLink") or "")
    if not link:
        raise invalid("endpoint.gke_cluster.resource_link must be set: only GKE clusters are served locally.")
    if not link.startswith("//container.googleapis.com/projects/"):
        raise invalid(f"endpoint.gke_cluster.resource_link is malformed: '{link}'.")
    path = link.removeprefix("//container.googleapis.com/")
    if call.store.get(f"container/{path}") is None:
        raise invalid(f"The cluster '{path}' does not exist.")
    for other in call.store.of_kind("gkehub.memberships"):
        if other.body["endpoint"]["gkeCluster"]["resourceLink"] == link:
            raise ApiError(400, f"The cluster is already registered as '{other.path}'.", status="FAILED_PRECONDITION")
    issuer = str((body.get("authority") or {}).get("issuer") or "")
    if issuer and issuer != f"https://container.googleapis.com/v1/{path}":
        raise invalid(f"authority.issuer must be the cluster's: https://container.googleapis.com/v1/{path}.")
    if issuer:
        pool = f"{call.project}.svc.id.goog"
        provider = f"https://gkehub.googleapis.com/projects/{call.project}/locations/global/memberships/{_name}"
        body["authority"] |= {"workloadIdentityPool": pool, "identityProvider": provider}


def _feature(call: Call, name: str, location: str, body: Body) -> None:
    _location(call, location, ("global",))
    if name not in FEATURES:
        raise invalid(f"Feature '{name}' does not exist.")
    ingress = ((body.get("spec") or {}).get("multiclusteringress")) or {}
    if name == "multiclusteringress":
        _config_membership(call, str(ingress.get("configMembership") or ""))


def _config_membership(call: Call, path: str) -> None:
    number, own = project_number(str(call.project)), f"projects/{call.project}/"
    path = path.replace(f"projects/{number}/", own, 1)
    if call.store.get(f"gkehub/{path}") is None:
        raise invalid(f"spec.multiclusteringress.config_membership '{path}' is not a membership of this fleet.")


def _unused(call: Call, resource: Resource) -> None:
    for feature in call.store.of_kind("gkehub.features"):
        used = ((feature.body.get("spec") or {}).get("multiclusteringress") or {}).get("configMembership", "")
        if used.partition("/memberships/")[2] == resource.name:
            raise ApiError(
                400, f"Membership '{resource.path}' is in use by feature '{feature.name}'.",
                status="FAILED_PRECONDITION",
            )  # fmt: skip


COLLECTIONS = (
    Collection("fleets", "Fleet", "", ("state", {"code": "READY"}),
               frozenset({"displayName", "labels", "defaultClusterConfig"}), _fleet),
    Collection("memberships", "Membership", "membershipId", ("state", {"code": "READY"}),
               frozenset({"labels", "description", "externalId", "endpoint", "authority", "monitoringConfig"}),
               _membership, _unused),
    Collection("features", "Feature", "featureId", ("resourceState", {"state": "ACTIVE"}),
               frozenset({"labels", "spec", "membershipSpecs", "fleetDefaultMemberConfig", "scopeSpecs"}), _feature),
)  # fmt: skip


def _find(call: Call, kind: Collection) -> Resource:
    path = call.path.get("name") or call.path["resource"]
    found = call.store.get(f"gkehub/{path}")
    if found is None:
        raise not_found(f"Resource '{path}' was not found")
    return found


def _metadata(call: Call, verb: str, target: str) -> Body:
    return {"@type": METADATA, "createTime": utc_time(call.now), "target": target, "verb": verb, "apiVersion": "v1"}


def _create(call: Call, kind: Collection) -> Body:
    parent = call.path["parent"]
    name = "default"
    if kind.id_parameter:
        name = masks.check_id(kind.id_parameter, call.query.get(kind.id_parameter), MEMBER_ID)
    sent = call.checker.writable(kind.schema, call.body)
    masks.check_labels(sent.get("labels"))
    path = f"{parent}/{kind.name}/{name}"
    key = f"gkehub/{path}"
    if call.store.get(key):
        raise ApiError(409, f"Resource '{path}' already exists")
    body = {field: value for field, value in sent.items() if value is not None}
    kind.check(call, name, parent.rpartition("/")[2], body)
    now = utc_time(call.now)
    field, ready = kind.state
    body |= {"name": path, "createTime": now, "updateTime": now, "uid": secrets.token_hex(16)}
    done = Resource(key, f"gkehub.{kind.name}", {**body, field: ready})
    pending = {"code": "CREATING"} if field == "state" else {"state": "ENABLING"}
    call.store.put(Resource(key, done.kind, {**body, field: pending}))
    return longrunning.start(
        call,
        parent,
        key,
        metadata=_metadata(call, "create", path),
        response={"@type": f"type.googleapis.com/google.cloud.gkehub.v1.{kind.schema}", **done.body},
        commit=[put(done)],
        rollback=[drop(key)],
    )


def _refuse_busy(call: Call, resource: Resource) -> None:
    if call.operations.pending_on(resource.key):
        raise ApiError(409, f"Resource '{resource.path}' has an operation in progress: please retry.", status="ABORTED")


def _patch(call: Call, kind: Collection) -> Body:
    resource = _find(call, kind)
    _refuse_busy(call, resource)
    sent = call.checker.writable(kind.schema, call.body)
    sent.pop("name", None)
    masks.check_labels(sent.get("labels"))
    new = masks.apply(resource.body, sent, call.query.get("updateMask"), kind.mutable)
    if kind.name == "features":
        kind.check(call, resource.name, "global", new)
    new["updateTime"] = utc_time(call.now)
    return longrunning.start(
        call,
        resource.path.partition(f"/{kind.name}/")[0],
        resource.key,
        metadata=_metadata(call, "update", resource.path),
        response={"@type": f"type.googleapis.com/google.cloud.gkehub.v1.{kind.schema}", **new},
        commit=[put(Resource(resource.key, resource.kind, new))],
    )


def _delete(call: Call, kind: Collection) -> Body:
    resource = _find(call, kind)
    _refuse_busy(call, resource)
    if not call.query.get("force"):
        kind.removable(call, resource)
    return longrunning.start(
        call,
        resource.path.partition(f"/{kind.name}/")[0],
        resource.key,
        metadata=_metadata(call, "delete", resource.path),
        response={"@type": "type.googleapis.com/google.protobuf.Empty"},
        commit=[drop(resource.key), drop(policies.key(resource.key))],
    )


def _list(call: Call, kind: Collection) -> Body:
    parent = call.path["parent"]
    prefix = f"gkehub/{parent.removesuffix('-')}" if parent.endswith("/-") else f"gkehub/{parent}/"
    found = [item.body for item in call.store.of_kind(f"gkehub.{kind.name}", prefix)]
    items, following = page(found, call.query.get("pageSize"), call.query.get("pageToken"), default=500)
    body: Body = {"resources" if kind.name != "fleets" else "fleets": items} if items else {}
    return body | ({"nextPageToken": following} if following else {})


def _register(kind: Collection) -> None:
    base = f"{PREFIX}.{kind.name}"
    serves.add(f"{base}.create", lambda call: _create(call, kind))
    serves.add(f"{base}.get", lambda call: _find(call, kind).body)
    serves.add(f"{base}.list", lambda call: _list(call, kind))
    serves.add(f"{base}.patch", lambda call: _patch(call, kind))
    serves.add(f"{base}.delete", lambda call: _delete(call, kind))
    if kind.name != "fleets":
        policies.register(base, lambda call: _find(call, kind))


for _kind in COLLECTIONS:
    _register(_kind)


@serves(f"{PREFIX}.operations.get")
def operation(call: Call) -> Body:
    """An operation of this API."""
    return longrunning.get(call, call.path["name"])


@serves(f"{PREFIX}.operations.list")
def operations(call: Call) -> Body:
    """The operations of a location."""
    return longrunning.listing(call, f"{call.path['name']}/operations")
