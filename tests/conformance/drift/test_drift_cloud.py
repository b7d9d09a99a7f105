"""Drift in the cloud: production as its stacks declare it is green; what is made or changed by hand is named."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, cell_from

from testbed.cloud.testing import RunningCloud, running_cloud
from tests.support.gateway import Controller, leaf, served
from tests.support.plays import ROOT, playbook

PROJECT = "pingpong-production"
NETWORK = f"projects/{PROJECT}/global/networks/{PROJECT}"
COMPUTE = f"/compute/compute/v1/projects/{PROJECT}"
REGION = f"{COMPUTE}/regions/europe-west1"
DNS = f"/dns/dns/v1/projects/{PROJECT}/managedZones/ping-example-com"
NODE = f"{PROJECT}-node@{PROJECT}.iam.gserviceaccount.com"
ACCOUNT = f"projects/{PROJECT}/serviceAccounts/{NODE}"
STACKS = ("network", "cluster", "registry", "secrets", "edge")
PLANS = (
    "{{ ansible_play_hosts_all | map('extract', hostvars, 'ansible_facts') | map('dict2items') | flatten"
    " | selectattr('key', 'match', 'platform_plan_') | unique(attribute='key') | map(attribute='value') }}"
)


class Site:
    """Production's cloud resources, and drift_check of them."""

    def __init__(self, cloud: RunningCloud, folder: Path) -> None:
        self.cloud, self._folder = cloud, folder
        self._environment = os.environ | {"PINGPONG_STATE": str(folder), "PINGPONG_CLOUD_PORT": str(cloud.port)}
        self._options = ("-e", f"@{ROOT / 'inventories' / 'local' / 'group_vars' / 'all' / 'cloud.yml'}")

    def play(self, book: str, *arguments: str) -> str:
        where = ("-i", "inventories/production")
        done = playbook(book, *where, *self._options, *arguments, environment=self._environment)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
        return done.stdout

    def check(self) -> list[Cell]:
        """The cells that are not a pass."""
        roles = [{"ansible.builtin.include_role": {"name": f"pingpong.platform.{name}"}} for name in STACKS]
        found = self._folder / "found.json"
        options = {"cloud": "{{ platform_cloud }}", "cluster": "cloud", "plans": PLANS, "fail": False}
        look = {"pingpong.platform.drift_check": options, "register": "found", "run_once": True}
        keep = {"ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": str(found)}, "run_once": True}
        plays = [
            {"hosts": "clusters", "check_mode": True, "vars": {"platform_keep_plans": True}, "tasks": roles},
            {"hosts": "clusters", "tasks": [look, keep]},
        ]
        book = self._folder / "drift.json"
        book.write_text(json.dumps(plays))
        self.play(str(book))
        result = json.loads(found.read_text())
        assert result["coverage"]["declared"] > 20
        return [cell for cell in map(cell_from, result["cells"]) if cell.verdict != "pass"]

    def grant(self, path: str, role: str, member: str, verb: str = "POST") -> None:
        """A binding by hand, beside those of the policy at a path without its verb."""
        _status, policy = self.cloud.request(verb, f"{path}:getIamPolicy")
        bindings = [*(policy.get("bindings") or []), {"role": role, "members": [member]}]
        self.create(f"{path}:setIamPolicy", {"policy": {**policy, "bindings": bindings}})

    def create(self, path: str, body: dict[str, Any], verb: str = "POST") -> None:
        status, answer = self.cloud.request(verb, path, body)
        assert status == 200, answer
        self.cloud.settle()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("drift")
    with running_cloud(folder / "cloud") as cloud:
        found = Site(cloud, folder)
        found.play("playbooks/base.yml", "--tags", "cloud")
        for name in (f"{PROJECT}-primary", f"{PROJECT}-secondary"):
            (made,), _annotations = Controller(cloud, name).record(served(name, *leaf()))
            assert made.error is None
        yield found


def firewall(name: str, **fields: Any) -> dict[str, Any]:
    rule = {"name": name, "network": NETWORK, "sourceRanges": ["0.0.0.0/0"]}
    return {**rule, "allowed": [{"IPProtocol": "tcp", "ports": ["22"]}], **fields}


def record(name: str) -> dict[str, Any]:
    return {"name": name, "type": "A", "ttl": 60, "rrdatas": ["198.51.100.9"]}


PLANTED: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("a firewall rule", f"{COMPUTE}/global/firewalls", firewall("let-me-in"),
     "firewall let-me-in", "it lets 0.0.0.0/0 in on tcp:22, in our network"),
    ("a firewall rule with a name of GKE's", f"{COMPUTE}/global/firewalls", firewall("gke-pingpong-0a1b2c3d-ssh"),
     "firewall gke-pingpong-0a1b2c3d-ssh", "it lets 0.0.0.0/0 in on tcp:22, in our network"),
    ("a public address", f"{COMPUTE}/regions/europe-west1/addresses", {"name": "mine"},
     "address europe-west1/mine", "is public, and nothing that was planned declares it"),
    ("a record", f"{DNS}/rrsets", record("other.ping.example.com."),
     "dns_record ping-example-com/other.ping.example.com.", "it is inside dns_zone ping-example-com"),
    ("a service account with our name", f"/iam/v1/projects/{PROJECT}/serviceAccounts",
     {"accountId": f"{PROJECT}-x"}, f"service_account {PROJECT}-x", f"it is named after {PROJECT}"),
]  # fmt: skip


# Path of the policy, the verb that reads it, role, member, and what is named.
GRANTED = [
    (f"/cloudresourcemanager/v1/projects/{PROJECT}", "POST", "roles/storage.admin", f"serviceAccount:{NODE}",
     f"project_iam {PROJECT}"),
    (f"/iam/v1/{ACCOUNT}", "POST", "roles/iam.workloadIdentityUser", f"serviceAccount:{PROJECT}.svc.id.goog[shop/cart]",
     f"service_account_iam {PROJECT}-node"),
    (f"/secretmanager/v1/projects/{PROJECT}/secrets/{PROJECT}-mesh-root", "GET", "roles/secretmanager.secretAccessor",
     "user:someone@example.org", f"secret_iam {PROJECT}-mesh-root"),
    (f"/artifactregistry/v1/projects/{PROJECT}/locations/europe-west1/repositories/{PROJECT}", "GET",
     "roles/artifactregistry.reader", "allUsers", f"repository_iam europe-west1/{PROJECT}"),
    (f"/pubsub/v1/projects/{PROJECT}/topics/{PROJECT}-upgrades", "GET", "roles/pubsub.publisher", "allUsers",
     f"pubsub_topic_iam {PROJECT}-upgrades"),
]  # fmt: skip
# Of the project's own people, and of Google.
NOT_OURS = [
    ("roles/viewer", "user:someone@example.org"),
    ("roles/container.serviceAgent", "serviceAccount:service-1@container-engine-robot.iam.gserviceaccount.com"),
]


def test_what_the_stacks_declare_and_gateways_of_it_are_green(site: Site) -> None:
    for role, member in NOT_OURS:
        site.grant(GRANTED[0][0], role, member)
    assert not [cell.headline() for cell in site.check()]


def test_what_is_made_or_changed_by_hand_is_named(site: Site) -> None:
    """All at once: each run plans every stack."""
    for _name, path, body, *_expected in PLANTED:
        site.create(path, body)
    for path, verb, role, member, _target in GRANTED:
        site.grant(path, role, member, verb)
    site.create(f"/iam/v1/{ACCOUNT}/keys", {})
    rules = site.cloud.request("GET", f"{COMPUTE}/global/firewalls")[1]["items"]
    gateways = next(rule["name"] for rule in rules if rule["name"].endswith(f"-l7-{PROJECT}-europe-west1"))
    for name in (f"{PROJECT}-allow-health-checks", gateways):
        site.create(f"{COMPUTE}/global/firewalls/{name}", {"sourceRanges": ["0.0.0.0/0"]}, "PATCH")
    (proxy,) = site.cloud.request("GET", f"{REGION}/targetHttpProxies")[1]["items"]
    rule = {"name": "mine", "target": proxy["selfLink"], "portRange": "8080", "network": NETWORK}
    address = f"regions/europe-west1/addresses/{PROJECT}-primary"
    site.create(f"{REGION}/forwardingRules", {**rule, "IPAddress": address, "loadBalancingScheme": "EXTERNAL_MANAGED"})
    cells = {cell.target: cell for cell in site.check()}
    for name, _path, _body, target, reason in PLANTED:
        assert target in cells, (name, sorted(cells))
        assert cells[target].case == "undeclared"
        assert reason in cells[target].reason
    changed = cells[f"firewall {PROJECT}-allow-health-checks"]
    assert (changed.case, changed.observed) == ("as declared", "the plan: update sourceRanges")
    assert "it lets 0.0.0.0/0 in on tcp:0-65535" in cells[f"firewall {gateways}"].reason
    assert "no declared Service or address is behind it" in cells["forwarding_rule europe-west1/mine"].reason
    for _path, _verb, role, member, target in GRANTED:
        cell = cells[f"{target}/{role}/{member}"]
        assert (cell.verdict, cell.case) == ("fail", "undeclared")
    assert sum(target.startswith(f"service_account_key {PROJECT}-node/") for target in cells) == 1
    assert len(cells) == len(PLANTED) + 3 + len(GRANTED) + 1
