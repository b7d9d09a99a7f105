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
from tests.support.gateway import Controller, leaf, served
from tests.support.plays import ROOT, playbook

# In how many places an inventory has registries, and how many: one a region, and with mirrors one more an upstream.
REGISTRIES = {"production": (2, 10), "staging": (2, 10), "local": (2, 2)}
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

    def play(self, book: str, *arguments: str, code: int = 0) -> None:
        state = {"PINGPONG_STATE": str(self.folder), "PINGPONG_CLOUD_PORT": str(self.cloud.port)}
        local = ("-e", f"@{ROOT / 'inventories' / 'local' / 'group_vars' / 'all' / 'cloud.yml'}")
        where = ("-i", f"inventories/{self.inventory}")
        done = playbook(book, *where, *local, *arguments, environment=os.environ | state)
        assert done.returncode == code, done.stdout[-3000:] + done.stderr[-1000:]

    def check(self) -> tuple[list[Cell], dict[str, Any]]:
        """All cells, and what was looked at; by the role in a run of one cluster, with the inventory's own values."""
        found, book = self.folder / "found.json", self.folder / "check.json"
        ask = {"ansible.builtin.include_role": {"name": "pingpong.platform.verify", "tasks_from": "cloud"}}
        content = "{{ verify_cloud_results[0] | to_json }}"
        keep = {"ansible.builtin.copy": {"content": content, "dest": str(found)}}
        book.write_text(json.dumps([{"hosts": "clusters", "tasks": [ask, keep]}]))
        self.play(str(book), "--limit", "primary")
        result = json.loads(found.read_text())
        assert "cells" in result, result
        return [cell_from(cell) for cell in result["cells"]], result["coverage"]

    def reported(self) -> set[tuple[str, str]]:
        """The cloud's cells that are not a pass in the report of verify.yml; no cluster here can be reached."""
        self.play("playbooks/verify.yml", "-e", f"verify_report_path={self.folder / 'report'}", code=2)
        cells = map(cell_from, json.loads((self.folder / "report" / "report.json").read_text())["cells"])
        return {(cell.target, cell.case) for cell in cells if cell.proof == "cloud" and cell.verdict != "pass"}

    def read(self, path: str) -> dict[str, Any]:
        status, live = self.cloud.request("GET", path.format(project=self.name))
        assert status == 200, live
        return dict(live)

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
REGION = f"{COMPUTE}/regions/europe-west1"
CONTAINER = "/container/v1/projects/{project}/" + PLACE
ACCOUNTS = "/iam/v1/projects/{project}/serviceAccounts"
POLICY = "/cloudresourcemanager/v1/projects/{project}"


def test_each_inventory_is_green_until_it_is_changed_by_hand(project: Project) -> None:
    Controller(project.cloud, f"{project.name}-primary").record(served(f"{project.name}-primary", *leaf()))
    cells, coverage = project.check()
    assert not [cell.headline() for cell in cells if cell.verdict != "pass"]
    assert len(cells) > 80
    # Ten lists, one for each location of registries, and one for each service account and repository.
    accounts = sum(cell.case == "user-managed keys" for cell in cells)
    assert coverage["requests"] <= 10 + accounts + sum(REGISTRIES[project.inventory])
    planted = _plant(project)
    assert {(cell.target, cell.case) for cell in project.check()[0] if cell.verdict != "pass"} == planted


@pytest.mark.long
@pytest.mark.parametrize("project", ["production"], indirect=True)
def test_verify_reports_what_is_changed_by_hand_where_no_cluster_can_be_reached(project: Project) -> None:
    planted = _plant(project)
    assert project.reported() == planted


def _plant(project: Project) -> set[tuple[str, str]]:
    """What somebody does by hand; the cells that name it, and no other."""
    name = project.name
    cluster, target = f"{CONTAINER}/{name}-primary", f"cluster europe-west1/{name}-primary"
    pool, account = f"node_pool europe-west1/{name}-primary/miners", f"{name}-node@{name}.iam.gserviceaccount.com"
    _forwarding_rule(project, "second")
    project.send("POST", f"{REGION}/addresses", {"name": "mine"})
    rule = {"name": "open", "network": f"projects/{name}/global/networks/{name}", "sourceRanges": ["0.0.0.0/0"]}
    project.send("POST", f"{COMPUTE}/global/firewalls", rule | {"allowed": [{"IPProtocol": "tcp", "ports": ["22"]}]})
    project.send("PATCH", f"{COMPUTE}/global/firewalls/{name}-allow-webhooks", {"sourceRanges": ["0.0.0.0/0"]})
    endpoints = {"ipEndpointsConfig": {"enablePublicEndpoint": True, "authorizedNetworksConfig": {"enabled": False}}}
    project.send("PUT", cluster, {"update": {"desiredControlPlaneEndpointsConfig": endpoints}})
    project.send("POST", f"{cluster}:setLegacyAbac", {"enabled": True})
    project.send("PUT", cluster, {"update": {"desiredShieldedNodes": {"enabled": False}}})
    project.send("PUT", cluster, {"update": {"desiredNotificationConfig": {"pubsub": {"enabled": False}}}})
    project.send("POST", f"{cluster}/nodePools", {"nodePool": {"name": "miners", "initialNodeCount": 1}})
    project.send("POST", f"{ACCOUNTS}/{account}/keys", {})
    _grant(project, "roles/storage.admin", f"serviceAccount:{account}")
    _flow_logs_off(project)
    return {
        ("forwarding_rule europe-west1/second", "reachable from outside"),
        ("address europe-west1/mine", "reachable from outside"),
        ("firewall open", "open to the internet (CIS 5.6.6)"),
        (f"firewall {name}-allow-webhooks", "open to the internet (CIS 5.6.6)"),
        (target, "public endpoint (CIS 5.6.4)"),
        (target, "authorized networks (CIS 5.6.3)"),
        (target, "legacy ABAC (CIS 5.8.3)"),
        (target, "shielded nodes (CIS 5.5.5)"),
        (target, "undeclared pools"),
        (target, "upgrade notifications"),
        (pool, "node account (CIS 5.2.1)"),
        (pool, "secure boot (CIS 5.5.7)"),
        (f"service_account {account}", "user-managed keys"),
        (f"service_account {account}", "roles"),
        (f"subnetwork europe-west1/{name}-nodes", "flow logs (CIS 5.6.1)"),
    }


def _flow_logs_off(project: Project) -> None:
    path = f"{REGION}/subnetworks/{project.name}-nodes"
    fingerprint = project.read(path)["fingerprint"]
    project.send("PATCH", path, {"logConfig": {"enable": False}, "fingerprint": fingerprint})


def _grant(project: Project, role: str, member: str) -> None:
    _status, policy = project.cloud.request("POST", f"{POLICY}:getIamPolicy".format(project=project.name), {})
    bindings = [*policy["bindings"], {"role": role, "members": [member]}]
    project.send("POST", f"{POLICY}:setIamPolicy", {"policy": {**policy, "bindings": bindings}})


def _forwarding_rule(project: Project, name: str, **fields: str) -> None:
    """A public load balancer at port 443, at an address that it is given or a fresh one."""
    check = {"name": name, "type": "TCP", "tcpHealthCheck": {"port": 443}}
    project.send("POST", f"{REGION}/healthChecks", check)
    backend = {"name": name, "loadBalancingScheme": "EXTERNAL", "protocol": "TCP"}
    checks = {"healthChecks": [_link(project, f"healthChecks/{name}")]}
    project.send("POST", f"{REGION}/backendServices", backend | checks)
    rule = {"name": name, "loadBalancingScheme": "EXTERNAL", "IPProtocol": "TCP", "portRange": "443", **fields}
    served = {"backendService": _link(project, f"backendServices/{name}")}
    project.send("POST", f"{REGION}/forwardingRules", rule | served)


def _link(project: Project, path: str) -> str:
    return f"projects/{project.name}/regions/europe-west1/{path}"
