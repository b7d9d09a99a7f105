"""What GKE makes of a Gateway, and what it refuses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from testbed.gateway import status
from testbed.gateway.model import BackendTls, HealthCheck, Project, Redirect
from testbed.gateway.translation.translate import Translation, translate
from tests.support.gateway import PROJECT, cluster, meta, snapshot

Objects = dict[str, list[dict[str, Any]]]
NOW = "2026-01-01T00:00:00Z"


def made(objects: Objects, project: Project = PROJECT) -> Translation:
    found = snapshot(objects)
    return translate(found.gateways()[0], found, project)


def test_a_gateway_that_works_is_a_load_balancer() -> None:
    translation = made(cluster())
    assert translation.error is None
    balancer = translation.balancer
    assert balancer is not None
    assert (balancer.address, balancer.min_tls) == ("198.51.100.70", "TLS_1_2")
    http, https = balancer.listeners
    assert not http.secure
    assert http.routes[0].rules[0].redirect == Redirect(scheme="https", code=301)
    assert [certificate.name for certificate in https.certificates] == ["edge-tls"]
    backend = balancer.backends["istio-ingress/istio-ingressgateway/443"]
    assert backend.endpoints == (("198.18.0.5", 443),)
    assert (backend.protocol, backend.security_policy, backend.timeout) == ("HTTPS", "armor", 12)
    assert backend.health == HealthCheck("HTTP", port=15021, path="/healthz/ready")
    assert backend.tls == BackendTls("gateway.internal", ("gateway.internal",), "-----BEGIN CERTIFICATE-----\n")
    assert translation.attached == {"https": 1, "http": 1}


def test_without_policies_a_backend_has_googles_defaults() -> None:
    objects = cluster()
    for kind in ("GCPBackendPolicy", "HealthCheckPolicy", "BackendTLSPolicy", "GCPGatewayPolicy"):
        objects[kind] = []
    balancer = made(objects).balancer
    assert balancer is not None
    (backend,) = balancer.backends.values()
    assert (backend.tls, backend.security_policy, backend.timeout) == (None, "", 30)
    assert backend.health == HealthCheck("HTTPS", port=0, path="/")
    assert balancer.min_tls == "TLS_1_0"


def change(kind: str, field: str, value: Any) -> Callable[[Objects], None]:
    def apply(objects: Objects) -> None:
        objects[kind][0]["spec"][field] = value

    return apply


def drop(kind: str) -> Callable[[Objects], None]:
    return lambda objects: objects.__setitem__(kind, [])


def rule(**more: Any) -> Callable[[Objects], None]:
    return lambda objects: objects["HTTPRoute"][0]["spec"]["rules"][0].update(more)


REFUSED: dict[str, tuple[Callable[[Objects], None], str, str]] = {
    "a missing Secret stops all of it": (drop("Secret"), "GWCER102", "Secret istio-ingress/edge-tls does not exist"),
    "a missing Service": (drop("Service"), "GWCER104", "Service istio-ingress/istio-ingressgateway does not exist"),
    "a port that the Service lacks": (
        rule(backendRefs=[{"name": "istio-ingressgateway", "port": 8443}]), "GWCER104", "has no port 8443",
    ),
    "an address by value": (
        change("Gateway", "addresses", [{"type": "IPAddress", "value": "198.51.100.70"}]), "GWCER106",
        'address type "IPAddress" is not supported',
    ),
    "an address without a type": (
        change("Gateway", "addresses", [{"value": "198.51.100.70"}]), "GWCER106", "is not supported",
    ),
    "an address of another name": (
        change("Gateway", "addresses", [{"type": "NamedAddress", "value": "other"}]), "GWCER106",
        'address "other" of projects/p/regions/europe-west1 was not found',
    ),
    "timeouts of a rule": (rule(timeouts={"request": "5s"}), "GWCER104", "timeouts"),
    "a match by method": (rule(matches=[{"method": "GET"}]), "GWCER104", "match by method or query"),
    "a match by query": (rule(matches=[{"queryParams": [{"name": "a", "value": "b"}]}]), "GWCER104", "query"),
    "a match by expression": (
        rule(matches=[{"path": {"type": "RegularExpression", "value": "/p.*"}}]), "GWCER104", "match by expression",
    ),
    "a security policy of another region": (
        lambda objects: objects["GCPBackendPolicy"][0]["spec"]["default"].update(securityPolicy="elsewhere"),
        "GWCER102", "security policy elsewhere",
    ),
    "an SSL policy that is missing": (
        lambda objects: objects["GCPGatewayPolicy"][0]["spec"]["default"].update(sslPolicy="none"),
        "GWCER102", "SSL policy none",
    ),
    "an authority under another key": (
        lambda objects: objects["ConfigMap"][0].update(data={"root.pem": "-----BEGIN CERTIFICATE-----"}),
        "GWCER102", "with a key ca.crt does not exist",
    ),
    "an application protocol that Google lacks": (
        lambda objects: objects["Service"][0]["spec"]["ports"][0].update(appProtocol="tls"),
        "GWCER104", "appProtocol tls is not supported",
    ),
    "a route for another host": (
        change("HTTPRoute", "hostnames", ["other.example.com"]), "GWCER104", "matches no listener",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_gke_refuses_is_refused(case: str) -> None:
    apply, code, message = REFUSED[case]
    objects = cluster()
    apply(objects)
    translation = made(objects)
    assert translation.balancer is None
    assert translation.error is not None
    assert translation.error.code == code
    assert message in str(translation.error)


def test_without_a_proxy_only_subnetwork_nothing_is_made() -> None:
    translation = made(cluster(), dataclasses.replace(PROJECT, proxy_range=""))
    assert str(translation.error).startswith("An active proxy-only subnetwork is required")


def test_the_oldest_of_two_policies_wins() -> None:
    objects = cluster()
    younger = {**objects["GCPBackendPolicy"][0], "metadata": meta("a", creationTimestamp="2026-02-01T00:00:00Z")}
    younger["spec"] = {**younger["spec"], "default": {"timeoutSec": 99}}
    objects["GCPBackendPolicy"].insert(0, younger)
    balancer = made(objects).balancer
    assert balancer is not None
    assert {backend.timeout for backend in balancer.backends.values()} == {12}


def test_a_reference_across_namespaces_needs_a_grant() -> None:
    objects = cluster()
    objects["Secret"][0]["metadata"]["namespace"] = "certificates"
    refs = objects["Gateway"][0]["spec"]["listeners"][0]["tls"]["certificateRefs"]
    refs[0]["namespace"] = "certificates"
    assert made(objects).error is not None
    objects["ReferenceGrant"] = [{
        "metadata": meta("grant", "certificates"),
        "spec": {"from": [{"kind": "Gateway", "namespace": "istio-ingress"}], "to": [{"kind": "Secret"}]},
    }]  # fmt: skip
    assert made(objects).error is None


def conditions(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {entry["type"]: (entry["status"], entry["reason"]) for entry in found["conditions"]}


def test_a_gateway_that_works_says_so() -> None:
    found = status.gateway(made(cluster()), live=True, now=NOW)
    assert conditions(found) == {
        "Scheduled": ("True", "Scheduled"),
        "Accepted": ("True", "Accepted"),
        "Programmed": ("True", "Programmed"),
        "Ready": ("True", "Ready"),
        "networking.gke.io/GatewayHealthy": ("True", "Healthy"),
    }
    assert found["addresses"] == [{"type": "IPAddress", "value": "198.51.100.70"}]


def test_a_broken_gateway_stays_accepted_and_is_not_programmed() -> None:
    objects = cluster()
    objects["Secret"] = []
    found = status.gateway(made(objects), live=False, now=NOW)
    assert conditions(found)["Accepted"] == ("True", "Accepted")
    assert conditions(found)["Programmed"] == ("False", "Invalid")
    assert conditions(found)["networking.gke.io/GatewayHealthy"] == ("False", "Error")
    assert "addresses" not in found


def test_a_listener_says_that_its_address_is_unsupported() -> None:
    objects = cluster()
    change("Gateway", "addresses", [{"type": "IPAddress", "value": "198.51.100.70"}])(objects)
    found = status.gateway(made(objects), live=False, now=NOW)
    assert conditions(found["listeners"][0])["Accepted"] == ("False", "UnsupportedAddress")
    assert conditions(found["listeners"][0])["Detached"] == ("True", "UnsupportedAddress")


def test_the_time_of_a_condition_changes_with_its_status_alone() -> None:
    translation = made(cluster())
    translation.gateway["status"] = status.gateway(translation, live=False, now=NOW)
    later = status.gateway(translation, live=True, now="2026-01-01T00:01:00Z")
    times = {entry["type"]: entry["lastTransitionTime"] for entry in later["conditions"]}
    assert times["Accepted"] == NOW
    assert times["Programmed"] == "2026-01-01T00:01:00Z"


def test_a_route_without_its_service_names_the_reference() -> None:
    objects = cluster()
    objects["Service"] = []
    translation = made(objects)
    (route, _redirect) = snapshot(objects).routes(translation.gateway)
    (parent,) = status.route(route, [translation], [], NOW)["parents"]
    assert conditions(parent)["Accepted"] == ("True", "Accepted")
    assert conditions(parent)["ResolvedRefs"] == ("False", "BackendNotFound")
