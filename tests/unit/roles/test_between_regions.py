"""Every cluster of a play calls every other one, through what lies between them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.support.roles import INVENTORIES, ROOT, evaluated

RANGES = {"nodes": "10.0.0.0/24", "services": "10.32.0.0/20", "control_plane": "10.48.0.0/28", "proxy": "10.49.0.0/23"}
HOSTS = {
    "primary": {
        "cluster_connection": {"endpoint": "https://one"},
        "network_ranges": {**RANGES, "pods": "10.16.0.0/16"},
    },
    "secondary": {"network_ranges": {**RANGES, "pods": "10.17.0.0/16"}},
}


@pytest.fixture(params=INVENTORIES)
def inventory(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("played", "host", "called"),
    [
        (["primary", "secondary"], "secondary", [{"cluster": "primary", "connection": {"endpoint": "https://one"}}]),
        (["primary", "secondary"], "primary", [{"cluster": "secondary", "connection": {}}]),
        (["primary"], "primary", []),
    ],
)
def test_the_other_clusters_of_a_play_call_whether_or_not_they_were_reached(
    inventory: str, played: list[str], host: str, called: list[dict[str, Any]]
) -> None:
    given = {"ansible_play_hosts_all": played, "inventory_hostname": host, "hostvars": HOSTS}
    assert evaluated("verify", inventory, "__verify_mesh_callers", **given) == called


def firewalls(inventory: str, hosts: list[str]) -> dict[str, dict[str, Any]]:
    given = {"groups": {"clusters": hosts}, "hostvars": HOSTS}
    return {rule["name"]: rule for rule in evaluated("network", inventory, "__network_rules", **given)}


def test_the_network_lets_pods_of_a_region_reach_the_mesh_in_the_other_and_nothing_else(inventory: str) -> None:
    name = f"{evaluated('network', inventory, 'network_name')}-allow-mesh"
    rule = firewalls(inventory, ["primary", "secondary"])[name]
    pods = ["10.16.0.0/16", "10.17.0.0/16"]
    assert (rule["sourceRanges"], rule["destinationRanges"]) == (pods, pods)
    service = yaml.safe_load((ROOT / "service" / "chart" / "values.yaml").read_text())["service"]
    assert rule["allowed"] == [{"IPProtocol": "tcp", "ports": [str(service["port"]), str(service["metricsPort"])]}]
    assert firewalls(inventory, ["primary"])[name]["sourceRanges"] == pods[:1], "a single region lets in its own alone"
