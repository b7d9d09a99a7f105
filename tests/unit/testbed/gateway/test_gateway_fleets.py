"""A fleet's Gateway: what leads to the exports of every cluster, what it is in the project, and what GKE refuses."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbed.gateway import envoy, status
from testbed.gateway.envoy.sources import endpoints_file
from testbed.gateway.model import Project
from testbed.gateway.multicluster import exports
from testbed.gateway.resources import desired
from testbed.gateway.resources.site import Resource, Site
from testbed.gateway.translation.snapshot import FLEET_CLASSES
from testbed.gateway.translation.translate import Translation, translate
from tests.support.gateway import FLEET, PROJECT, cluster, fleet, member, meta, snapshot

Objects = dict[str, list[dict[str, Any]]]
NOW = "2026-01-01T00:00:00Z"
KEY = "istio-ingress/istio-ingressgateway/443"
REGIONS = {"europe-west1": "198.18.0.5", "us-east1": "198.18.16.5"}
MEMBERS = {f"projects/p/locations/global/memberships/{region}": snapshot(member(address))
           for region, address in REGIONS.items()}  # fmt: skip


def made(objects: Objects, project: Project = FLEET) -> Translation:
    members = tuple((region, snapshot(member(address))) for region, address in REGIONS.items())
    found = dataclasses.replace(snapshot(objects), members=members)
    return translate(found.all("Gateway").__next__(), found, project)


def test_every_clusters_endpoints_are_behind_it_the_closest_first() -> None:
    translation = made(fleet())
    assert translation.error is None
    balancer = translation.balancer
    assert balancer is not None and balancer.address == "198.51.100.71"
    (backend,) = balancer.backends.values()
    assert backend.tiers == tuple((region, ((address, 443),)) for region, address in REGIONS.items())
    assert backend.endpoints == (("198.18.0.5", 443), ("198.18.16.5", 443))
    assert (backend.security_policy, backend.timeout) == ("armor", 12), "policies target the ServiceImport"
    assert (backend.protocol, backend.health.port) == ("HTTPS", 15021)
    assert backend.tls is not None and backend.tls.server_name == "gateway.internal"


def test_a_cluster_that_does_not_export_gets_no_request() -> None:
    silent = member("198.18.0.5")
    silent["ServiceExport"] = []
    members = (("europe-west1", snapshot(silent)), ("us-east1", snapshot(member("198.18.16.5"))))
    found = dataclasses.replace(snapshot(fleet()), members=members)
    balancer = translate(found.gateways(FLEET_CLASSES)[0], found, FLEET).balancer
    assert balancer is not None
    assert balancer.backends[KEY].endpoints == (("198.18.16.5", 443),)


def drop(kind: str) -> Callable[[Objects], None]:
    return lambda objects: objects.__setitem__(kind, [])


def to_service(objects: Objects) -> None:
    objects["HTTPRoute"][0]["spec"]["rules"] = [{"backendRefs": [{"name": "istio-ingressgateway", "port": 443}]}]


def regional_address(objects: Objects) -> None:
    objects["Gateway"][0]["spec"]["addresses"] = [{"type": "NamedAddress", "value": "edge"}]


def cached(**spec: Any) -> Objects:
    """A route with Cloud CDN, by a filter that is there where it has a spec."""
    objects = fleet()
    reference = {"group": "networking.gke.io", "kind": "GCPHTTPFilter", "name": "cdn"}
    objects["HTTPRoute"][0]["spec"]["rules"][0]["filters"] = [{"type": "ExtensionRef", "extensionRef": reference}]
    objects["GCPHTTPFilter"] = [{"metadata": meta("cdn"), "spec": {"cachePolicy": spec}}] if spec else []
    return objects


def test_a_cache_is_a_part_of_the_route_and_stands_before_the_waf() -> None:
    balancer = made(cached(cacheMode="USE_ORIGIN_HEADERS")).balancer
    assert balancer is not None
    found = desired.of_gateway(balancer, SITE)
    maps = str([item.body for item in found if item.collection == "urlMaps"])
    assert maps.count("'cachePolicy': {'cacheMode': 'USE_ORIGIN_HEADERS'}") == 1
    listeners = envoy.files([balancer], Path("/f"), "35.191.255.2", {}, 9191)["listeners.json"]["resources"]
    names = [[entry["name"] for entry in listener["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"]]
             for listener in listeners]  # fmt: skip
    assert names == [["waf/armor", "router"], ["cache", "waf/armor", "router"]]


def test_a_cache_that_is_not_there_or_not_before_this_kind_of_load_balancer_is_refused() -> None:
    assert "GCPHTTPFilter istio-ingress/cdn does not exist" in str(made(cached()).error)
    regional = cluster()
    regional["HTTPRoute"][0]["spec"]["rules"][0]["filters"] = cached()["HTTPRoute"][0]["spec"]["rules"][0]["filters"]
    assert "misconfigured: filter GCPHTTPFilter" in str(made(regional, PROJECT).error)


REFUSED: dict[str, tuple[Callable[[Objects], None], str]] = {
    "nothing is imported yet": (
        drop("ServiceImport"),
        "ServiceImport istio-ingress/istio-ingressgateway does not exist",
    ),
    "a Service": (to_service, "backend of kind Service, expected ServiceImport"),
    "a regional address": (regional_address, 'address "edge" of projects/p/global was not found'),
}


@pytest.mark.parametrize(("change", "says"), REFUSED.values(), ids=list(REFUSED))
def test_what_gke_refuses_is_refused(change: Callable[[Objects], None], says: str) -> None:
    objects = fleet()
    change(objects)
    translation = made(objects)
    assert translation.balancer is None
    assert says in str(translation.error)


def test_policies_of_a_region_are_none_of_a_global_load_balancer() -> None:
    found = made(fleet(), dataclasses.replace(FLEET, policies=frozenset()))
    assert "security policy armor of projects/p/global does not exist" in str(found.error)


def test_it_needs_no_proxy_only_subnetwork() -> None:
    assert made(fleet(), dataclasses.replace(FLEET, proxy_range="")).error is None


def test_one_clusters_gateway_does_not_lead_to_an_import() -> None:
    objects = cluster()
    objects["HTTPRoute"][0]["spec"]["rules"] = fleet()["HTTPRoute"][0]["spec"]["rules"]
    found = made(objects, PROJECT)
    assert "backend of kind ServiceImport, expected Service" in str(found.error)


def test_each_controller_has_gateways_of_its_own_and_leaves_the_others_routes_alone() -> None:
    objects = fleet()
    objects["Gateway"] += [{**cluster()["Gateway"][0], "metadata": meta("regional")}]
    found = snapshot(objects)
    ((ours,), (theirs,)) = found.gateways(FLEET_CLASSES), found.gateways()
    assert (ours["metadata"]["name"], theirs["metadata"]["name"]) == ("edge", "regional")
    route = found.get("HTTPRoute", "istio-ingress", "edge")
    assert route is not None
    written = status.route(route, [made(objects)], [theirs], NOW)["parents"]
    seen = {**route, "status": {"parents": written}}
    assert status.route(seen, [], [ours], NOW)["parents"] == written
    assert status.route(seen, [], [], NOW)["parents"] == [], "of a Gateway that is gone nothing stays"


SITES = tuple(
    Site(dataclasses.replace(PROJECT, region=name, cluster=f"id-of-{name}"), "123456789012", name, name, "nodes",
         (f"{name}-b", f"{name}-c"))
    for name in REGIONS
)  # fmt: skip
SITE = dataclasses.replace(SITES[0], project=FLEET, members=SITES)
FORMS = {
    "forwardingRules": (2, r"gkemcg1-istio-ingress-edge-[0-9a-f]{12}"),
    "urlMaps": (2, r"gkemcg1-istio-ingress-edge-[0-9a-f]{12}"),
    "backendServices": (
        2,
        r"gkemcg1-(istio-ingress-istio-ingressgateway-443|kube-system-gw-serve404-80)-[0-9a-f]{12}",
    ),
    "networkEndpointGroups": (4, r"k8s1-[0-9a-f]{8}-istio-ingress-istio-ingressgateway-443-[0-9a-f]{8}"),
    "firewalls": (1, r"gkemcg1-l7-main-global"),
}


def resources() -> list[Resource]:
    balancer = made(fleet()).balancer
    assert balancer is not None
    return desired.of_gateway(balancer, SITE)


@pytest.mark.parametrize(("collection", "form"), FORMS.items(), ids=list(FORMS))
def test_names_have_the_forms_of_captured_ones(collection: str, form: tuple[int, str]) -> None:
    found = [item for item in resources() if item.collection == collection]
    assert len(found) == form[0]
    for item in found:
        assert re.fullmatch(form[1], item.name)
        assert desired.is_of_cluster(item.name, SITE)
        assert item.scope == "global" or collection == "networkEndpointGroups"


def test_everything_but_the_endpoints_is_global() -> None:
    text = str([item.body for item in resources() if item.collection != "networkEndpointGroups"])
    assert "/regions/" not in text
    (backend,) = [item.body for item in resources() if item.collection == "backendServices" and "443" in item.name]
    assert len(backend["backends"]) == 4, "an endpoint group for each zone of each cluster"
    rules = [item.body for item in resources() if item.collection == "forwardingRules"]
    assert not any("network" in rule for rule in rules)
    (wall,) = [item.body for item in resources() if item.collection == "firewalls"]
    assert wall["sourceRanges"] == ["130.211.0.0/22", "35.191.0.0/16"]
    assert len(wall["targetTags"]) == 2


def test_envoy_gets_a_priority_for_each_region_and_spills_below_half() -> None:
    balancer = made(fleet()).balancer
    assert balancer is not None
    files = envoy.files([balancer], Path("/f"), "35.191.255.2", {KEY: frozenset({"198.18.16.5:443"})}, 9191)
    (found,) = files[endpoints_file(KEY)]["resources"]
    assert found["policy"] == {"overprovisioning_factor": 200}
    tiers = [(entry["priority"], entry["locality"]["region"], [item["health_status"] for item in entry["lb_endpoints"]])
             for entry in found["endpoints"]]  # fmt: skip
    assert tiers == [(0, "europe-west1", ["UNHEALTHY"]), (1, "us-east1", ["HEALTHY"])]


def test_what_clusters_export_is_imported_with_its_ports_and_its_clusters() -> None:
    ((name, found),) = exports.imports(MEMBERS, lambda _created: True).items()
    assert name == ("istio-ingress", "istio-ingressgateway")
    assert [port["port"] for port in found["spec"]["ports"]] == [443, 80]
    assert found["spec"]["ports"][0]["appProtocol"] == "HTTPS"
    assert found["status"]["clusters"] == [{"cluster": member_name} for member_name in MEMBERS]
    assert exports.imports(MEMBERS, lambda created: created > NOW) == {}, "not before everybody knows of it"


def test_imports_go_where_their_namespace_is_and_away_with_the_last_export() -> None:
    found = exports.imports(MEMBERS, lambda _created: True)
    (desired_import,) = found.values()
    assert exports.wanted(found, snapshot({"Namespace": [{"metadata": {"name": "other"}}]})) == {}
    has = {"ServiceImport": [{**desired_import}], "Namespace": [{"metadata": {"name": "istio-ingress"}}]}
    by_hand = {"ServiceImport": [{"metadata": meta("theirs"), "spec": {}}]}
    assert exports.wanted(found, snapshot(has)) == found
    assert not exports.differs(desired_import, snapshot(has)) and exports.differs(desired_import, snapshot({}))
    assert exports.stale(found, snapshot(has)) == [] == exports.stale({}, snapshot(by_hand))
    assert [obj["metadata"]["name"] for obj in exports.stale({}, snapshot(has))] == ["istio-ingressgateway"]


def test_an_export_says_what_is_missing() -> None:
    (export,) = member("198.18.0.5")["ServiceExport"]
    said = exports.export_status(export, snapshot({}), exported=False, now=NOW)["conditions"]
    assert [(entry["type"], entry["status"], entry["reason"]) for entry in said] == [
        ("Initialized", "False", "ServiceNotFound"), ("Exported", "False", "Pending"),
    ]  # fmt: skip
    found = next(iter(MEMBERS.values()))
    said = exports.export_status(export, found, exported=True, now=NOW)["conditions"]
    assert {entry["status"] for entry in said} == {"True"}
