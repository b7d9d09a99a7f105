"""An instance of ping, as a release of the chart and as certificates."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.ping import (
    declared_callers,
    ping_certificates,
    ping_releases,
)

COMMON: dict[str, Any] = {
    "chart": "/chart",
    "image": "registry.example/ping:1.0.0",
    "place": {"region": "r1", "cluster": "c1"},
    "callers": [
        {"namespace": "x", "service_account": "x", "paths": ["/ping"]},
        {"namespace": "y", "service_account": "y", "methods": ["GET"]},
        {"namespace": "outside"},
    ],
    "trust_domain": "td",
    "metrics_callers": [{"namespace": "monitoring", "service_account": "prometheus"}],
    "paths": ["/ping"],
    "ingress_namespace": "ingress",
}


def values(**declared: Any) -> dict[str, Any]:
    options = {key: declared.pop(key) for key in ("values_of_all", "image") if key in declared}
    known = {**COMMON, "values": options.get("values_of_all"), "image": options.get("image", COMMON["image"])}
    (release,) = ping_releases([{"name": "x", **declared}], **known)
    found: dict[str, Any] = release["values"]
    return found


@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        ("fixed", None),
        ("cpu", {"enabled": True}),
        ("requests", {"enabled": True, "requests": {"enabled": True}}),
    ],
)
def test_what_decides_how_many_pods_there_are(scaling: str, expected: dict[str, Any] | None) -> None:
    for mesh in (True, False):
        (release,) = ping_releases([{"name": "x", "mesh": mesh}], **COMMON, scaling=scaling)
        assert release["values"].get("autoscaling") == expected


def test_an_instance_is_a_release_in_a_namespace_of_its_name() -> None:
    first, second = ping_releases([{"name": "x"}, {"name": "y", "namespace": "home"}], **COMMON)
    assert (first["name"], first["namespace"], first["chart"]) == ("x", "x", "/chart")
    assert second["namespace"] == "home"
    assert first["values"] == {
        "fullname": "x",
        "target": "",
        "image": {"repository": "registry.example/ping", "tag": "1.0.0"},
        "region": "r1",
        "cluster": "c1",
        "trustDomain": "td",
        "callers": [{"namespace": "y", "serviceAccount": "y", "methods": ["GET"]}, {"namespace": "outside"}],
        "metricsCallers": [{"namespace": "monitoring", "serviceAccount": "prometheus"}],
        "networkPolicy": {"peers": ["x", "home"]},
    }


def test_an_instance_of_the_mesh_may_call_those_of_the_mesh_by_whatever_name() -> None:
    found = ping_releases([{"name": "cart"}, {"name": "till", "namespace": "shop"}, {"name": "old", "mesh": False}],
                          **COMMON)  # fmt: skip
    assert [release["values"]["networkPolicy"]["peers"] for release in found] == [["cart", "shop"]] * 2 + [[]]


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("localhost:5000/ping:1", {"repository": "localhost:5000/ping", "tag": "1"}),
        ("r.example/ping@sha256:0123", {"repository": "r.example/ping@sha256", "tag": "0123"}),
    ],
)
def test_repository_and_tag_make_the_image_again(image: str, found: dict[str, str]) -> None:
    assert values(image=image)["image"] == found


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"peer": "y"}, {"target": "http://y.y.svc.cluster.local:8080/ping"}),
        (
            {"mesh": False},
            {
                "callers": [],
                "networkPolicy": {"peers": [], "meshNamespace": ""},
                "peerAuthentication": {"enabled": False},
                "authorizationPolicy": {"enabled": False},
            },
        ),
        (
            {"host": "a.example"},
            {"gateway": {"enabled": True, "hosts": ["a.example"], "paths": ["/ping"], "credentialName": "a-example"}},
        ),
        ({"tls_host": "b.example"}, {"tls": {"enabled": True, "secretName": "b-example", "public": False}}),
        (
            {"tls_host": "b.example", "ingress_host": "c.example"},
            {
                "tls": {"enabled": True, "secretName": "b-example", "public": False},
                "ingress": {"enabled": True, "host": "c.example", "secretName": "c-example", "subject": "b.example"},
                "networkPolicy": {"peers": ["x"], "tlsCallers": ["ingress"]},
            },
        ),
    ],
)
def test_what_is_declared_of_an_instance_is_in_its_values(declared: dict[str, Any], expected: dict[str, Any]) -> None:
    assert values(**declared) == {**values(), **expected}


def test_an_instances_own_values_win_over_those_of_all_key_by_key() -> None:
    found = values(
        values={"image": {"pullPolicy": "Never"}}, values_of_all={"image": {"pullPolicy": "Always", "tag": "2"}}
    )
    assert found["image"] == {"repository": "registry.example/ping", "tag": "2", "pullPolicy": "Never"}


def test_certificates_are_kept_beside_what_serves_them() -> None:
    instance = {"name": "x", "host": "a.example", "tls_host": "b.example", "ingress_host": "c.example"}
    found = ping_certificates([instance, {"name": "y"}], gateway_namespace="gate", common={"validity": "90d"})
    assert [(entry["name"], entry["sinks"][0]["secret"]) for entry in found] == [
        ("a.example", {"namespace": "gate", "name": "a-example"}),
        ("b.example", {"namespace": "x", "name": "b-example"}),
        ("c.example", {"namespace": "x", "name": "c-example"}),
    ]
    assert found[0] | {"sinks": []} == {
        "name": "a.example",
        "common_name": "a.example",
        "dns": ["a.example"],
        "validity": "90d",
        "sinks": [],
    }


@pytest.mark.parametrize(
    ("delivery", "mesh", "canary"), [("canary", True, True), ("canary", False, False), ("rolling", True, False)]
)
def test_a_canary_is_for_instances_in_the_mesh(delivery: str, mesh: bool, canary: bool) -> None:
    (release,) = ping_releases([{"name": "x", "mesh": mesh}], **COMMON, delivery=delivery)
    assert release["values"].get("canary", {}).get("enabled", False) is canary


def test_a_canary_is_asked_by_its_smoke_test() -> None:
    known = {key: COMMON[key] for key in ("callers", "metrics_callers")}
    service, metrics = declared_callers([{"name": "x", "namespace": "home"}], **known, delivery="canary")
    smoke = {"namespace": "home", "service_account": "x-smoke", "methods": ["GET"], "paths": ["/ping", "/version"]}
    assert smoke in service["callers"]
    assert smoke not in metrics["callers"]


def test_the_proof_expects_what_the_policies_are_made_of() -> None:
    known = {key: COMMON[key] for key in ("callers", "metrics_callers")}
    found = declared_callers([{"name": "x"}, {"name": "z", "mesh": False}], **known)
    assert [(entry["namespace"], entry["workload"], entry["port"]) for entry in found] == [
        ("x", "x", 8080),
        ("x", "x", 9080),
    ]
    assert [entry["callers"] for entry in found] == [
        [{"namespace": "y", "service_account": "y", "methods": ["GET"]}],
        [{"namespace": "monitoring", "service_account": "prometheus"}],
    ]
