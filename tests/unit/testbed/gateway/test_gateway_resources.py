"""The compute resources of a Gateway: their kinds, names, descriptions and what each says, as captured ones do."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from testbed.gateway.model import LoadBalancer
from testbed.gateway.resources import desired
from testbed.gateway.resources.site import Resource, Site
from testbed.gateway.translation.translate import translate
from tests.support.gateway import PROJECT, cluster, snapshot

Objects = dict[str, list[dict[str, Any]]]
SITE = Site(PROJECT, "123456789012", "primary", "europe-west1", "nodes", ("europe-west1-b", "europe-west1-c"))
LINK = "https://www.googleapis.com/compute/v1/projects/p"
HERE = f"{LINK}/regions/europe-west1"


def balancer_of(objects: Objects) -> LoadBalancer:
    found = snapshot(objects)
    balancer = translate(found.gateways()[0], found, PROJECT).balancer
    assert balancer is not None
    return balancer


def resources(objects: Objects | None = None, site: Site = SITE) -> list[Resource]:
    return desired.of_gateway(balancer_of(objects or cluster()), site)


def of(collection: str, found: list[Resource], mark: str = "") -> list[Resource]:
    return [item for item in found if item.collection == collection and mark in item.name]


def body(collection: str, found: list[Resource], mark: str = "") -> dict[str, Any]:
    (item,) = of(collection, found, mark)
    return item.body


def test_a_gateway_has_each_part_once_in_the_order_in_which_compute_can_make_them() -> None:
    found = resources()
    count = {name: len(of(name, found)) for name in dict.fromkeys(item.collection for item in found)}
    assert list(count.items()) == [
        ("healthChecks", 2), ("networkEndpointGroups", 4), ("backendServices", 2), ("urlMaps", 2),
        ("sslCertificates", 1), ("targetHttpProxies", 1), ("targetHttpsProxies", 1), ("forwardingRules", 2),
        ("firewalls", 1),
    ]  # fmt: skip
    assert len({item.path for item in found}) == len(found)


FORMS = {
    "forwardingRules": r"gkegw1-[0-9a-f]{4}-istio-ingress-edge-[0-9a-f]{12}",
    "targetHttpsProxies": r"gkegw1-[0-9a-f]{4}-istio-ingress-edge-[0-9a-f]{12}",
    "urlMaps": r"gkegw1-[0-9a-f]{4}-istio-ingress-edge-[0-9a-f]{12}",
    "sslCertificates": r"gkegw1-[0-9a-f]{4}-istio-ingress-edge-[0-9a-f]{12}",
    "backendServices": r"gkegw1-[0-9a-f]{4}-istio-ingress-(istio-ingressgateway-443|gw-serve404-80)-[0-9a-f]{12}",
    "healthChecks": r"gkegw1-[0-9a-f]{4}-istio-ingress-(istio-ingressgateway-443|gw-serve404-80)-[0-9a-f]{12}",
    "networkEndpointGroups": r"k8s1-[0-9a-f]{8}-istio-ingress-(istio-ingressgateway-443|gw-serve404-80)-[0-9a-f]{8}",
    "firewalls": r"gkegw1-[0-9a-f]{4}-l7-main-europe-west1",
}


@pytest.mark.parametrize(("collection", "form"), FORMS.items(), ids=list(FORMS))
def test_names_have_googles_forms(collection: str, form: str) -> None:
    for item in of(collection, resources()):
        assert re.fullmatch(form, item.name) and item.body["name"] == item.name
        assert desired.is_of_cluster(item.name, SITE)


def test_a_proxy_and_its_url_map_share_a_name_and_its_rule_has_its_own() -> None:
    found = resources()
    assert of("urlMaps", found, body("targetHttpsProxies", found)["name"])
    names = [item.name for kind in ("forwardingRules", "urlMaps", "sslCertificates") for item in of(kind, found)]
    assert len(set(names)) == len(names)


def test_descriptions_name_the_object_and_the_cluster() -> None:
    """Captured: backend services and health checks have none, endpoint groups name their Service."""
    found = resources()
    gateway = {"k8sResource": "/namespaces/istio-ingress/gateways/edge"}
    of_cluster = {"k8sCluster": "/projects/p/locations/europe-west1/clusters/primary"}
    for kind in ("urlMaps", "sslCertificates", "targetHttpProxies", "targetHttpsProxies", "forwardingRules"):
        assert [json.loads(item.body["description"]) for item in of(kind, found)] == [gateway | of_cluster] * len(
            of(kind, found)
        )
        assert desired.gateway_of(of(kind, found)[0].body) == ("istio-ingress", "edge")
    assert json.loads(body("firewalls", found)["description"]) == of_cluster
    assert desired.gateway_of(body("firewalls", found)) is None
    group = of("networkEndpointGroups", found, "ingressgateway")[0]
    assert json.loads(group.body["description"]) == {
        "cluster-uid": "cluster-id",
        "namespace": "istio-ingress",
        "service-name": "istio-ingressgateway",
        "port": "443",
    }
    silent = [*of("backendServices", found), *of("healthChecks", found)]
    assert not any("description" in item.body for item in silent)


def test_forwarding_rules_publish_the_address_on_each_port() -> None:
    found = resources()
    proxies = {
        kind: f"{HERE}/{kind}/{body(kind, found)['name']}" for kind in ("targetHttpProxies", "targetHttpsProxies")
    }
    rules = {item.body["portRange"]: item.body for item in of("forwardingRules", found)}
    assert {port: rule["target"] for port, rule in rules.items()} == {
        "80-80": proxies["targetHttpProxies"], "443-443": proxies["targetHttpsProxies"],
    }  # fmt: skip
    for rule in rules.values():
        assert (rule["IPAddress"], rule["network"]) == (f"{HERE}/addresses/edge", f"{LINK}/global/networks/main")
        assert (rule["loadBalancingScheme"], rule["networkTier"]) == ("EXTERNAL_MANAGED", "PREMIUM")


def test_a_rule_has_the_tier_of_its_address() -> None:
    found = resources(site=dataclasses.replace(SITE, tiers={"edge": "STANDARD"}))
    assert {item.body["networkTier"] for item in of("forwardingRules", found)} == {"STANDARD"}


def test_a_gateway_without_an_address_gets_one_of_the_controllers() -> None:
    objects = cluster()
    del objects["Gateway"][0]["spec"]["addresses"]
    found = resources(objects)
    (address,) = of("addresses", found)
    assert found[0] == address
    assert {item.body["IPAddress"] for item in of("forwardingRules", found)} == {f"{HERE}/addresses/{address.name}"}


def test_the_backend_has_what_its_policies_say() -> None:
    found = resources()
    service = body("backendServices", found, "ingressgateway")
    groups = of("networkEndpointGroups", found, "ingressgateway")
    assert (service["protocol"], service["timeoutSec"]) == ("HTTPS", 12)
    assert service["securityPolicy"] == f"{HERE}/securityPolicies/armor"
    assert service["tlsSettings"] == {"sni": "gateway.internal", "subjectAltNames": [{"dnsName": "gateway.internal"}]}
    assert [entry["group"] for entry in service["backends"]] == [f"{LINK}/{item.path}" for item in groups]
    assert [item.scope for item in groups] == ["zones/europe-west1-b", "zones/europe-west1-c"]
    check = body("healthChecks", found, "ingressgateway")
    assert service["healthChecks"] == [f"{HERE}/healthChecks/{check['name']}"]
    assert check["httpHealthCheck"] == {"port": 15021, "requestPath": "/healthz/ready"}
    proxy = body("targetHttpsProxies", found)
    assert proxy["sslPolicy"] == f"{HERE}/sslPolicies/modern"


def test_without_policies_a_backend_has_googles_defaults() -> None:
    objects = cluster()
    for kind in ("GCPBackendPolicy", "HealthCheckPolicy", "BackendTLSPolicy", "GCPGatewayPolicy"):
        objects[kind] = []
    found = resources(objects)
    service = body("backendServices", found, "ingressgateway")
    assert service["timeoutSec"] == 30 and not {"securityPolicy", "tlsSettings"} & set(service)
    check = body("healthChecks", found, "ingressgateway")
    assert (check["type"], check["httpsHealthCheck"]) == (
        "HTTPS", {"portSpecification": "USE_SERVING_PORT", "requestPath": "/"},
    )  # fmt: skip
    assert "sslPolicy" not in body("targetHttpsProxies", found)


def test_the_redirect_and_the_route_have_a_url_map_each() -> None:
    found = resources()
    main = body("urlMaps", found, body("targetHttpsProxies", found)["name"])
    redirect = body("urlMaps", found, body("targetHttpProxies", found)["name"])
    service = f"{HERE}/backendServices/{body('backendServices', found, 'ingressgateway')['name']}"
    absent = f"{HERE}/backendServices/{body('backendServices', found, 'serve404')['name']}"
    assert [entry["hosts"] for entry in main["hostRules"]] == [["ping.example.com"]]
    assert (main["defaultService"], main["pathMatchers"][0]["defaultService"]) == (absent, absent)
    assert main["pathMatchers"][0]["routeRules"] == [
        {"priority": 1, "matchRules": [{"prefixMatch": "/"}], "service": service}
    ]
    assert redirect["hostRules"][0]["hosts"] == ["*"]
    assert redirect["pathMatchers"][0]["routeRules"][0]["urlRedirect"] == {
        "httpsRedirect": True, "redirectResponseCode": "MOVED_PERMANENTLY_DEFAULT", "stripQuery": False,
    }  # fmt: skip


RULES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "a prefix is two rules": (
        {"matches": [{"path": {"type": "PathPrefix", "value": "/a"}}]},
        [{"matchRules": [{"prefixMatch": "/a/"}]}, {"matchRules": [{"fullPathMatch": "/a"}]}],
    ),
    "an exact path comes before a prefix": (
        {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}, {"path": {"type": "Exact", "value": "/a"}}]},
        [{"matchRules": [{"fullPathMatch": "/a"}]}, {"matchRules": [{"prefixMatch": "/"}]}],
    ),
    "headers": (
        {"matches": [{"headers": [{"name": "x", "value": "1"}]}]},
        [{"matchRules": [{"prefixMatch": "/", "headerMatches": [{"headerName": "x", "exactMatch": "1"}]}]}],
    ),
    "a header that is set": (
        {"filters": [{"type": "ResponseHeaderModifier",
                      "responseHeaderModifier": {"set": [{"name": "a", "value": "b"}]}}]},
        [{"headerAction": {"responseHeadersToAdd": [{"headerName": "a", "headerValue": "b", "replace": True}]}}],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "says"), RULES.values(), ids=list(RULES))
def test_rules(change: dict[str, Any], says: list[dict[str, Any]]) -> None:
    objects = cluster()
    objects["HTTPRoute"][0]["spec"]["rules"][0].update(change)
    found = resources(objects)
    rules = body("urlMaps", found, body("targetHttpsProxies", found)["name"])["pathMatchers"][0]["routeRules"]
    assert [entry["priority"] for entry in rules] == list(range(1, len(rules) + 1))
    assert len(rules) == len(says)
    assert [{name: rule.get(name) for name in entry} for rule, entry in zip(rules, says, strict=True)] == says


def test_weights() -> None:
    objects = cluster()
    ref = {"name": "istio-ingressgateway"}
    refs = [{**ref, "port": 443, "weight": 3}, {**ref, "port": 80, "weight": 1}]
    objects["HTTPRoute"][0]["spec"]["rules"][0]["backendRefs"] = refs
    found = resources(objects)
    rules = body("urlMaps", found, body("targetHttpsProxies", found)["name"])["pathMatchers"][0]["routeRules"]
    shares = rules[0]["routeAction"]["weightedBackendServices"]
    assert [(entry["backendService"].split("ingressgateway-")[1][:3], entry["weight"]) for entry in shares] == [
        ("443", 3), ("80-", 1),
    ]  # fmt: skip


def test_the_firewall_rule_admits_health_checks_and_the_proxy_only_range_to_the_clusters_nodes() -> None:
    rule = body("firewalls", resources())
    assert rule["sourceRanges"] == ["130.211.0.0/22", "35.191.0.0/16", "10.177.0.0/23"]
    assert rule["allowed"] == [{"IPProtocol": "tcp", "ports": ["0-65535"]}]
    (tag,) = rule["targetTags"]
    assert re.fullmatch(r"gke-primary-[0-9a-f]{8}-node", tag)


def change_certificate(objects: Objects) -> None:
    objects["Secret"][0]["data"]["tls.crt"] = "TkVX"


def change_endpoints(objects: Objects) -> None:
    objects["EndpointSlice"][0]["endpoints"] = []


@pytest.mark.parametrize(
    ("change", "differ"),
    [(change_certificate, ["sslCertificates", "targetHttpsProxies"]), (change_endpoints, [])],
    ids=["another certificate is another resource", "endpoints are no resource"],
)
def test_what_a_change_touches(change: Callable[[Objects], None], differ: list[str]) -> None:
    objects = cluster()
    change(objects)
    before = {item.path: item.body for item in resources()}
    after = resources(objects)
    assert [item.collection for item in after if before.get(item.path) != item.body] == differ


def test_annotations_list_the_paths_by_the_projects_number_and_each_kind() -> None:
    balancer = balancer_of(cluster())
    found = desired.annotated(balancer, resources(), SITE)
    assert {kind: len(paths) for kind, paths in found.items()} == {
        "addresses": 1, "backend-services": 2, "firewalls": 1, "forwarding-rules": 2, "health-checks": 2,
        "ssl-certificates": 1, "target-http-proxies": 1, "target-https-proxies": 1, "url-maps": 2,
    }  # fmt: skip
    assert found["addresses"] == ["/projects/123456789012/regions/europe-west1/addresses/edge"]
    assert found["firewalls"][0].startswith("/projects/123456789012/global/firewalls/gkegw1-")
