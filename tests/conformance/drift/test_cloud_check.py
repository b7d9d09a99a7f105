"""cloud_check against the local cloud: each inventory's own resources are green, what is changed by hand is named."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, cell_from

from testbed.cloud.testing import RunningCloud, running_cloud
from tests.support.plays import ROOT, playbook

PLACE = "locations/europe-west1/clusters"


@dataclass
class Project:
    """An inventory's cloud resources, and verify's cloud_check of them."""

    inventory: str
    cloud: RunningCloud
    folder: Path

    @property
    def name(self) -> str:
        return f"pingpong-{self.inventory}"

    def play(self, book: str, *arguments: str) -> None:
        state = {"PINGPONG_STATE": str(self.folder), "PINGPONG_CLOUD_PORT": str(self.cloud.port)}
        local = ("-e", f"@{ROOT / 'inventories' / 'local' / 'group_vars' / 'all' / 'cloud.yml'}")
        where = ("-i", f"inventories/{self.inventory}")
        done = playbook(book, *where, *local, *arguments, environment=os.environ | state)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]

    def check(self) -> tuple[list[Cell], dict[str, Any]]:
        """All cells, and what was looked at; through the role, with the inventory's own values."""
        found, book = self.folder / "found.json", self.folder / "check.json"
        ask = {"ansible.builtin.include_role": {"name": "pingpong.platform.verify", "tasks_from": "cloud"}}
        content = "{{ verify_cloud_results[0] | to_json }}"
        keep = {"ansible.builtin.copy": {"content": content, "dest": str(found)}, "run_once": True}
        book.write_text(json.dumps([{"hosts": "clusters", "tasks": [ask, keep]}]))
        self.play(str(book))
        result = json.loads(found.read_text())
        assert "cells" in result, result
        return [cell_from(cell) for cell in result["cells"]], result["coverage"]

    def send(self, verb: str, path: str, body: dict[str, Any]) -> None:
        """A change by hand that the cloud takes."""
        status, answer = self.cloud.request(verb, path.format(project=self.name), body)
        assert status == 200, answer
        self.cloud.settle()


@pytest.fixture(params=["production", "staging", "local"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    with running_cloud(tmp_path / "cloud") as cloud:
        made = Project(request.param, cloud, tmp_path)
        (tmp_path / "images.json").write_text("{}")
        made.play("playbooks/base.yml", "--tags", "cloud")
        yield made


COMPUTE = "/compute/compute/v1/projects/{project}"
CONTAINER = "/container/v1/projects/{project}/" + PLACE
ACCOUNTS = "/iam/v1/projects/{project}/serviceAccounts"


def faults(name: str) -> list[tuple[str, str, dict[str, Any], str, str]]:
    """What somebody does by hand; the cell that names it."""
    cluster, region = f"{CONTAINER}/{name}-primary", f"{COMPUTE}/regions/europe-west1"
    node = f"{name}-node@{name}.iam.gserviceaccount.com"
    target = f"cluster europe-west1/{name}-primary"
    public = {"ipEndpointsConfig": {"enablePublicEndpoint": True, "authorizedNetworksConfig": {"enabled": False}}}
    update = "desiredControlPlaneEndpointsConfig"
    rule = {"name": "open", "network": f"projects/{name}/global/networks/{name}", "sourceRanges": ["0.0.0.0/0"]}
    ssh = {"allowed": [{"IPProtocol": "tcp", "ports": ["22"]}]}
    pool = {"nodePool": {"name": "miners", "initialNodeCount": 1}}
    return [
        ("POST", f"{region}/addresses", {"name": "mine"}, "address europe-west1/mine", "reachable from outside"),
        ("POST", f"{COMPUTE}/global/firewalls", rule | ssh, "firewall open", "open to the internet (CIS 5.6.6)"),
        ("PUT", cluster, {"update": {update: public}}, target, "public endpoint (CIS 5.6.4)"),
        ("POST", f"{cluster}:setLegacyAbac", {"enabled": True}, target, "legacy ABAC (CIS 5.8.3)"),
        ("PUT", cluster, {"update": {"desiredShieldedNodes": {"enabled": False}}}, target,
         "shielded nodes (CIS 5.5.5)"),
        ("POST", f"{cluster}/nodePools", pool, f"node_pool europe-west1/{name}-primary/miners",
         "node account (CIS 5.2.1)"),
        ("POST", f"{ACCOUNTS}/{node}/keys", {}, f"service_account {node}", "user-managed keys"),
    ]  # fmt: skip


def test_each_inventory_is_green_until_it_is_changed_by_hand(project: Project) -> None:
    cells, coverage = project.check()
    assert not [cell.headline() for cell in cells if cell.verdict != "pass"]
    assert len(cells) > 80
    # Nine lists, one registry's, and one for each service account and repository.
    accounts = sum(cell.case == "user-managed keys" for cell in cells)
    assert coverage["requests"] <= 10 + accounts + 1
    if project.inventory != "production":
        return
    for verb, path, body, *_cell in faults(project.name):
        project.send(verb, path, body)
    _flow_logs_off(project)
    _forwarding_rule(project)
    found = {(cell.target, cell.case) for cell in project.check()[0] if cell.verdict == "fail"}
    expected = {(target, case) for *_request, target, case in faults(project.name)}
    expected |= {
        (f"cluster europe-west1/{project.name}-primary", "authorized networks (CIS 5.6.3)"),
        (f"cluster europe-west1/{project.name}-primary", "undeclared pools"),
        (f"subnetwork europe-west1/{project.name}-nodes", "flow logs (CIS 5.6.1)"),
        ("forwarding_rule europe-west1/second", "reachable from outside"),
    }
    assert not expected - found


def _flow_logs_off(project: Project) -> None:
    path = f"{COMPUTE}/regions/europe-west1/subnetworks/{project.name}-nodes".format(project=project.name)
    _status, live = project.cloud.request("GET", path)
    project.send("PATCH", path, {"logConfig": {"enable": False}, "fingerprint": live["fingerprint"]})


def _forwarding_rule(project: Project) -> None:
    region = f"{COMPUTE}/regions/europe-west1"
    check = {"name": "second", "type": "TCP", "tcpHealthCheck": {"port": 80}}
    project.send("POST", f"{region}/healthChecks", check)
    own = f"projects/{project.name}/regions/europe-west1"
    backend = {"name": "second", "loadBalancingScheme": "EXTERNAL", "protocol": "TCP"}
    project.send("POST", f"{region}/backendServices", {**backend, "healthChecks": [f"{own}/healthChecks/second"]})
    rule = {"name": "second", "loadBalancingScheme": "EXTERNAL", "IPProtocol": "TCP", "portRange": "80"}
    project.send("POST", f"{region}/forwardingRules", {**rule, "backendService": f"{own}/backendServices/second"})
