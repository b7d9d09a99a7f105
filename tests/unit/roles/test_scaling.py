"""Autoscaling is on everywhere; what serves ping's own metric has one metric, one port and no right but to that."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from pingpong.metrics import RequestMetrics

from tests.support.roles import INVENTORIES, ROOT, by_name, evaluated, rendered

PODS = {"app.kubernetes.io/name": "prometheus-adapter"}
SERVING = "prometheus-adapter.scaling.svc"


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_every_instance_is_scaled_in_every_inventory(inventory: str) -> None:
    releases = evaluated("ping", inventory, "__ping_releases")
    assert [release["values"]["autoscaling"]["enabled"] for release in releases] == [True] * len(releases)


def test_the_adapter_asks_prometheus_and_is_asked_at_one_port() -> None:
    policies = by_name(evaluated("network_policy", "production", "network_policy_namespaces", ping_scaling="requests"))
    (asks,), (asked,) = policies["scaling"]["egress"], policies["scaling"]["ingress"]
    (lets,) = policies["monitoring"]["ingress"]
    assert asks["ports"] == lets["ports"] == [{"port": 9090}]
    (by,) = lets["from"]
    assert by["podSelector"]["matchLabels"] == PODS
    (container,) = deployment()["spec"]["template"]["spec"]["containers"]
    (port,) = container["ports"]
    assert asked == {"ports": [{"port": port["containerPort"]}]}
    assert f"--secure-port={port['containerPort']}" in container["args"]
    assert str(port["containerPort"]) in evaluated("network", "production", "network_webhook_ports")
    assert deployment()["spec"]["template"]["metadata"]["labels"] == PODS


def objects(inventory: str = "production", **changes: Any) -> list[dict[str, Any]]:
    return rendered("scaling", inventory, "adapter.yml.j2", __scaling_authority="PEM", **changes)


def deployment() -> dict[str, Any]:
    (found,) = (obj for obj in objects() if obj["kind"] == "Deployment")
    return found


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_the_api_server_verifies_the_name_that_the_certificate_has(inventory: str) -> None:
    (api,) = (obj["spec"] for obj in objects(inventory) if obj["kind"] == "APIService")
    authority, serving = evaluated("scaling", inventory, "__scaling_certificates")
    assert serving["dns"] == ["{name}.{namespace}.svc".format(**api["service"])] == [SERVING]
    assert serving["issuer"] == {"ref": authority["name"]}
    assert "insecureSkipTLSVerify" not in api
    assert api["caBundle"] == "UEVN"


def test_no_pod_has_the_authoritys_key() -> None:
    authority, serving = evaluated("scaling", "production", "__scaling_certificates")
    mounted = {
        one["secret"]["secretName"] for one in deployment()["spec"]["template"]["spec"]["volumes"] if "secret" in one
    }
    assert mounted == {serving["sinks"][0]["secret"]["name"]}
    assert authority["sinks"][0]["secret"]["name"] not in mounted


def test_one_metric_is_served_and_it_is_one_that_ping_counts() -> None:
    (config,) = (obj["data"]["config.yaml"] for obj in objects() if obj["kind"] == "ConfigMap")
    assert set(yaml.safe_load(config)) == {"rules"}, "neither resource nor external metrics"
    (rule,) = yaml.safe_load(config)["rules"]
    counted = {f"{family.name}_total" for family in RequestMetrics().collect() if family.type == "counter"}
    assert set(re.findall(r"\w+_total", rule["seriesQuery"])) <= counted
    values = yaml.safe_load((ROOT / "service" / "chart" / "values.yaml").read_text())
    assert rule["name"]["as"] == values["autoscaling"]["requests"]["metric"]


def test_the_adapter_lists_pods_of_instances_and_has_no_other_right() -> None:
    instances = [{"name": "a"}, {"name": "b", "namespace": "shop"}, {"name": "c", "mesh": False}]
    found = rendered("scaling", "production", "access.yml.j2", ping_instances=instances)
    (role,) = (obj for obj in found if obj["kind"] == "ClusterRole")
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    bound = {(obj["metadata"]["namespace"], obj["roleRef"]["name"]) for obj in found if obj["kind"] == "RoleBinding"}
    assert bound == {
        *((name, role["metadata"]["name"]) for name in ("a", "shop", "c")),
        ("kube-system", "extension-apiserver-authentication-reader"),
    }
    everywhere = {obj["roleRef"]["name"] for obj in found if obj["kind"] == "ClusterRoleBinding"}
    assert everywhere == {"system:auth-delegator"}


def test_the_window_has_four_scrapes() -> None:
    for inventory in INVENTORIES:
        window, interval = (
            int(re.sub("[ms]$", "", text)) * (60 if text.endswith("m") else 1)
            for text in (
                evaluated("scaling", inventory, "scaling_window"),
                evaluated("monitoring", inventory, "monitoring_scrape_interval"),
            )
        )
        assert window >= 4 * interval


@pytest.mark.parametrize("replicas", [1, 2])
def test_pods_are_restricted_and_kept_where_there_are_two(replicas: int) -> None:
    kinds = {obj["kind"] for obj in objects(scaling_replicas=replicas)}
    assert ("PodDisruptionBudget" in kinds) is (replicas > 1)
    pod = deployment()["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
