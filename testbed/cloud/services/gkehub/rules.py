"""The three collections of a fleet: what each accepts, and what keeps one of its resources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.core.regions import REGIONS
from testbed.cloud.core.state.store import Resource

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


def check_location(call: Call, location: str, allowed: tuple[str, ...]) -> None:
    if location not in allowed:
        raise invalid(f"Location '{location}' is not supported for {call.method.id}.")


def fleet(call: Call, _name: str, location: str, _body: Body) -> None:
    check_location(call, location, ("global",))


def membership(call: Call, _name: str, location: str, body: Body) -> None:
    check_location(call, location, ("global", *REGIONS))
    link = str(((body.get("endpoint") or {}).get("gkeCluster") or {}).get("resourceLink") or "")
    if not link:
        raise invalid("endpoint.gke_cluster.resource_link must be set: only GKE clusters are served locally.")
    if not link.startswith("//container.googleapis.com/projects/"):
        raise invalid(f"endpoint.gke_cluster.resource_link is malformed: '{link}'.")
    # A zonal cluster's own link says zones/; both name it.
    path = link.removeprefix("//container.googleapis.com/").replace("/zones/", "/locations/")
    if call.store.get(f"container/{path}") is None:
        raise invalid(f"The cluster '{path}' does not exist.")
    for other in call.store.of_kind("gkehub.memberships"):
        if other.body["endpoint"]["gkeCluster"]["resourceLink"].endswith(path.partition("/locations/")[2]):
            raise ApiError(400, f"The cluster is already registered as '{other.path}'.", status="FAILED_PRECONDITION")
    issuer = str((body.get("authority") or {}).get("issuer") or "")
    if issuer and issuer.replace("/zones/", "/locations/") != f"https://container.googleapis.com/v1/{path}":
        raise invalid(f"authority.issuer must be the cluster's: https://container.googleapis.com/v1/{path}.")
    if issuer:
        pool = f"{call.project}.svc.id.goog"
        provider = f"https://gkehub.googleapis.com/projects/{call.project}/locations/global/memberships/{_name}"
        body["authority"] |= {"workloadIdentityPool": pool, "identityProvider": provider}


def feature(call: Call, name: str, location: str, body: Body) -> None:
    check_location(call, location, ("global",))
    if name not in FEATURES:
        raise invalid(f"Feature '{name}' does not exist.")
    ingress = ((body.get("spec") or {}).get("multiclusteringress")) or {}
    if name == "multiclusteringress":
        config_membership(call, str(ingress.get("configMembership") or ""))


def config_membership(call: Call, path: str) -> None:
    number, own = project_number(str(call.project)), f"projects/{call.project}/"
    path = path.replace(f"projects/{number}/", own, 1)
    if call.store.get(f"gkehub/{path}") is None:
        raise invalid(f"spec.multiclusteringress.config_membership '{path}' is not a membership of this fleet.")


def unused(call: Call, resource: Resource) -> None:
    for feature in call.store.of_kind("gkehub.features"):
        used = ((feature.body.get("spec") or {}).get("multiclusteringress") or {}).get("configMembership", "")
        if used.partition("/memberships/")[2] == resource.name:
            raise ApiError(
                400, f"Membership '{resource.path}' is in use by feature '{feature.name}'.",
                status="FAILED_PRECONDITION",
            )  # fmt: skip


COLLECTIONS = (
    Collection("fleets", "Fleet", "", ("state", {"code": "READY"}),
               frozenset({"displayName", "labels", "defaultClusterConfig"}), fleet),
    Collection("memberships", "Membership", "membershipId", ("state", {"code": "READY"}),
               frozenset({"labels", "description", "externalId", "endpoint", "authority", "monitoringConfig"}),
               membership, unused),
    Collection("features", "Feature", "featureId", ("resourceState", {"state": "ACTIVE"}),
               frozenset({"labels", "spec", "membershipSpecs", "fleetDefaultMemberConfig", "scopeSpecs"}), feature),
)  # fmt: skip
