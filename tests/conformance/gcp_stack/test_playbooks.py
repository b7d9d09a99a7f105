"""The playbooks as users run them, against a cloud of their own: a plan, a drift that is healed, a removal."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from tests.support.engine import Engine, cases
from tests.support.gateway import Controller, leaf, served
from tests.support.plays import ROOT, playbook

RESOURCE = re.compile(r"^([+~!x-]) (\w+/\S+)  \(")
FIELD = re.compile(r"^    (\S+): .* -> .*  \(")
ENVIRONMENT = "pingpong-production"


@dataclass
class Site:
    """An environment's playbooks and the cloud that they see."""

    cloud: RunningCloud
    state: Path

    def play(self, name: str, environment: str, *flags: str, code: int = 0) -> str:
        """Ansible's output; it must end with the exit code."""
        local = ROOT / "inventories" / "local" / "group_vars" / "all" / "cloud.yml"
        ours = {"PINGPONG_STATE": str(self.state), "PINGPONG_CLOUD_PORT": str(self.cloud.port)}
        book = name if name.endswith(".json") else f"playbooks/{name}.yml"
        inventory = f"inventories/{environment}"
        done = playbook(book, "-i", inventory, "-e", f"@{local}", *flags, environment=os.environ | ours)
        assert done.returncode == code, done.stdout[-3000:] + done.stderr[-1000:]
        return done.stdout

    def mutations(self) -> int:
        return int(self.cloud.admin("GET", "requests")["by_class"].get("mutate", 0))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A project with nothing in it."""
    folder = tmp_path_factory.mktemp("empty")
    with running_cloud(folder / "cloud") as cloud:
        yield Site(cloud, folder)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, list[Any]]]:
    """Production as ``base.yml`` builds it, beside somebody else's resources; and what these were before."""
    folder = tmp_path_factory.mktemp("standing")
    with running_cloud(folder / "cloud") as cloud:
        site = Site(cloud, folder)
        decoys(cloud)
        theirs = everything(cloud)
        site.play("base", "production", "--tags", "cloud")
        yield site, theirs


def planned(output: str) -> tuple[list[str], dict[str, int]]:
    """The lines that head a resource, and the counts after the recap."""
    heads = [found.group(1) + " " + found.group(2) for line in output.splitlines() if (found := RESOURCE.match(line))]
    counts = re.search(r"RUN: +(.*)", output)
    assert counts, output[-500:]
    return heads, {action: int(count) for action, count in re.findall(r"(\w+): (\d+)", counts.group(1))}


@pytest.mark.parametrize(("environment", "regions"), [("production", 2), ("staging", 2)])
def test_a_plan_is_complete_and_changes_nothing(empty: Site, environment: str, regions: int) -> None:
    output = empty.play("base", environment, "--check", "--diff")
    heads, counts = planned(output)
    name = f"pingpong-{environment}"
    for kind, times in {
        "network": 1,
        "subnetwork": 3 * regions,
        "router": regions,
        "service_account": 1,
        "cluster": regions,
        "repository": (1 + len(MIRRORED)) * regions,
        "address": regions,
        "security_policy": regions,
        "health_check": 1,
        "dns_zone": 1,
        "dns_record": 2,
    }.items():
        # A bastion has a subnet, an instance and an account of its own.
        found = [head for head in heads if head.startswith(f"+ {kind}/") and "bastion" not in head]
        assert len(found) == times, (kind, found)
    assert counts == {
        "create": sum(head[0] == "+" for head in heads),
        "update": sum(head[0] == "~" for head in heads),
        "unchanged": 0,
    }
    for cluster in ("primary", "secondary"):
        assert f"{name}-{cluster} does not exist yet, so changes inside it can't be planned" in " ".join(output.split())
    # A pool's fields are shown once, and what is long is shortened.
    assert "nodePools[" not in output
    assert max(map(len, output.splitlines())) < 250
    assert empty.mutations() == 0


ANYWAY = ("-e", "platform_unprotect=true")


@pytest.mark.parametrize(
    ("playbook_name", "flags", "says"),
    [
        ("destroy", ("--limit", "secondary", *ANYWAY), "--limit: found secondary, expected every cluster"),
        ("retire", ANYWAY, "--limit: found every cluster, expected those to retire"),
        ("retire", ("--limit", "secondary"), f"{ENVIRONMENT}-secondary is protected (cluster_protection)"),
        ("retire", ("--limit", "primary", *ANYWAY), "edge_primary: expected one of secondary, found primary"),
    ],
)
def test_a_part_of_the_regions_goes_by_itself_or_not_at_all(
    empty: Site, playbook_name: str, flags: tuple[str, ...], says: str
) -> None:
    before = empty.mutations()
    assert says in " ".join(empty.play(playbook_name, "production", *flags, code=2).split())
    assert empty.mutations() == before


DRIFT = {
    f"firewall/{ENVIRONMENT}-allow-health-checks": {"sourceRanges"},
    f"cluster/{ENVIRONMENT}-primary": {"loggingConfig.componentConfig.enableComponents"},
    "dns_record/ping.example.com.": {"ttl"},
}


def drift(cloud: RunningCloud) -> None:
    """Somebody opens a firewall, silences a cluster and slows a name down."""
    logging = {"desiredLoggingConfig": {"componentConfig": {"enableComponents": ["SYSTEM_COMPONENTS"]}}}
    record = f"/dns/dns/v1/projects/{ENVIRONMENT}/managedZones/ping-example-com/rrsets/ping.example.com./A"
    firewall = f"/compute/compute/v1/projects/{ENVIRONMENT}/global/firewalls/{ENVIRONMENT}-allow-health-checks"
    cluster = f"/container/v1/projects/{ENVIRONMENT}/locations/europe-west1/clusters/{ENVIRONMENT}-primary"
    live = cloud.request("GET", record)[1]
    for verb, path, body in (
        ("PATCH", firewall, {"sourceRanges": ["0.0.0.0/0"]}),
        ("PUT", cluster, {"update": logging}),
        ("PATCH", record, {**live, "ttl": 3600}),
    ):
        status, answer = cloud.request(verb, path, body)
        assert status == 200, answer
        cloud.settle()


def test_drift_is_named_field_by_field_and_healed(standing: tuple[Site, list[Any]]) -> None:
    site, _unused = standing
    drift(site.cloud)
    site.cloud.admin("DELETE", "requests")
    output = site.play("base", "production", "--tags", "cloud", "--check", "--diff")
    assert site.mutations() == 0
    named: dict[str, set[str]] = {}
    for line in output.splitlines():
        if head := RESOURCE.match(line):
            fields = named.setdefault(head.group(2), set())
        elif field := FIELD.match(line):
            fields.add(field.group(1))
    assert named == DRIFT

    healed = site.play("base", "production", "--tags", "cloud")
    assert planned(healed)[1]["update"] == len(DRIFT)
    site.cloud.admin("DELETE", "requests")
    again = site.play("base", "production", "--tags", "cloud", "--diff")
    assert planned(again)[0] == []
    assert not re.search("changed=[1-9]", again)
    assert site.mutations() == 0


def decoys(cloud: RunningCloud) -> None:
    """A resource of every kind that is not ours, in the same project and with the same roles."""
    engine = Engine(cloud, ENVIRONMENT)
    cloud.enable(*APIS, project=ENVIRONMENT)
    table = cases(ENVIRONMENT)
    needs = [item for case in table.values() for item in case.get("needs", [])]
    desired = [{"kind": kind, **case["desired"]} for kind, case in table.items()]
    # Where several need the same, the fullest of them serves all.
    found = {(item["kind"], item["name"]): item for item in [*desired, *sorted(needs, key=len)]}
    engine(list(found.values()), payloads={"one": "value", "db": "value"})


MIRRORED = ("docker.io", "ghcr.io", "quay.io", "registry.k8s.io")
APIS = (
    "artifactregistry", "binaryauthorization", "cloudresourcemanager", "compute", "container", "dns", "gkehub", "iam",
    "pubsub", "secretmanager", "storage",
)  # fmt: skip


def everything(cloud: RunningCloud) -> list[Any]:
    """All that exists, and who has which role in the project."""
    policy = cloud.request("POST", f"/cloudresourcemanager/v1/projects/{ENVIRONMENT}:getIamPolicy", {})[1]
    members = sorted((entry["role"], sorted(entry["members"])) for entry in policy["bindings"])
    return [*Engine(cloud).stored(), *members]


def test_removal_takes_all_of_it_and_nothing_else(standing: tuple[Site, list[Any]]) -> None:
    """The last of the module: it needs what the others leave. No cluster is reached: what Gateways have is swept."""
    site, theirs = standing
    for name in (f"{ENVIRONMENT}-primary", f"{ENVIRONMENT}-secondary"):
        (made,), _annotations = Controller(site.cloud, name).record(served(name, *leaf()))
        assert made.error is None
    before = everything(site.cloud)
    refused = site.play("destroy", "production", code=2)
    assert "it is protected; set unprotect to delete it all the same" in refused
    assert everything(site.cloud) == before
    said = " ".join(site.play("destroy", "production", "-e", "platform_unprotect=true").split())
    assert said.count("what its load balancers leave is swept later") == 2
    assert everything(site.cloud) == theirs
    assert PROJECT not in str(theirs), "the decoys are in the same project"


COMPUTE = f"/compute/compute/v1/projects/{ENVIRONMENT}"
NETWORK = f"projects/{ENVIRONMENT}/global/networks/{ENVIRONMENT}"
# Somebody else's in our network: the path in the project, and what it is made of.
FOREIGN: dict[str, dict[str, Any]] = {
    "zones/europe-west1-b/networkEndpointGroups/theirs": {
        "subnetwork": f"projects/{ENVIRONMENT}/regions/europe-west1/subnetworks/{ENVIRONMENT}-nodes"
    },
    "global/firewalls/by-hand": {"allowed": [{"IPProtocol": "tcp", "ports": ["22"]}]},
}


def test_a_network_that_somebody_else_uses_stays_whole_and_names_what_is_theirs(tmp_path: Path) -> None:
    with running_cloud(tmp_path / "cloud") as cloud:
        site = Site(cloud, tmp_path)
        book = tmp_path / "network.json"
        book.write_text(json.dumps([{"hosts": "clusters", "roles": ["pingpong.platform.network"]}]))
        site.play(str(book), "production")
        for place, fields in FOREIGN.items():
            path, _slash, name = place.rpartition("/")
            assert cloud.request("POST", f"{COMPUTE}/{path}", {"name": name, "network": NETWORK, **fields})[0] == 200
        cloud.settle()
        before = Engine(cloud).stored()
        said = " ".join(site.play("destroy", "production", "-e", "platform_unprotect=true", code=2).split())
        theirs = ", ".join(f"projects/{ENVIRONMENT}/{place}" for place in FOREIGN)
        assert f"The network {ENVIRONMENT} stays, for this is in it and not of this collection: {theirs}." in said
        assert Engine(cloud).stored() == before
        for place in FOREIGN:
            assert cloud.request("DELETE", f"{COMPUTE}/{place}")[0] == 200
        cloud.settle()
        site.play("destroy", "production", "-e", "platform_unprotect=true")
        assert not Engine(cloud).stored()
