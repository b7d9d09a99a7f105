"""A switch-over on loopback: the local cloud's own DNS API and name server, and two HTTPS sites. No cluster."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.edge import dns_answer
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report import write
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover import check
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.model import Preference
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.records import Records

from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from tests.support.authority import Authority
from tests.support.cloud import APIS, COMPUTE, DNS, make
from tests.support.https_site import Gateway

HOSTS = ["test.switch.example", "b.switch.example"]
ADDRESSES = {"primary": "127.0.0.25", "secondary": "127.0.0.26"}
REGIONS = {"primary": "europe-west1", "secondary": "us-east1"}
TTL = 1
CHECK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/healthChecks/hc"
AUTHORITY = Authority("edge root")
After = Callable[[dict[str, Preference]], None]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud"), settings={"time_factor": 1.0}) as cloud:
        yield cloud


class Stage:
    """Both sites, the zone whose records prefer the primary, and the switch-over."""

    def __init__(self, cloud: RunningCloud, pair: Path) -> None:
        self.cloud = cloud
        with socket.create_server((ADDRESSES["primary"], 0)) as free:
            port = free.getsockname()[1]
        self.sites = {name: Gateway(address, port, f"c-{name}", pair) for name, address in ADDRESSES.items()}
        self.port = port
        health = {"name": "hc", "type": "HTTPS", "checkIntervalSec": 30, "timeoutSec": 5, "healthyThreshold": 2,
                  "unhealthyThreshold": 2, "sourceRegions": ["us-central1", "europe-west1", "asia-southeast1"],
                  "httpsHealthCheck": {"port": port, "requestPath": "/ping", "host": HOSTS[0]}}  # fmt: skip
        make(cloud, f"{COMPUTE}/global/healthChecks", health)
        make(cloud, f"{DNS}/managedZones", {"name": "z", "dnsName": "switch.example.", "description": ""})
        for host in HOSTS:
            record = {"name": f"{host}.", "type": "A", "ttl": TTL, "routingPolicy": declared("primary")}
            make(cloud, f"{DNS}/managedZones/z/rrsets", record)

    def options(self, to: str, **changes: Any) -> dict[str, Any]:
        sites = [{"name": name, "address": address, "cluster_name": f"c-{name}", "region": REGIONS[name]}
                 for name, address in ADDRESSES.items()]  # fmt: skip
        cloud = {"project": PROJECT, "endpoint": self.cloud.endpoint, "ca_file": str(self.cloud.ca_file),
                 "auth": {"kind": "access_token", "token": self.cloud.token}, "request_timeout": 20.0}  # fmt: skip
        return {
            "cluster": to, "cloud": cloud, "zone": "z", "hosts": HOSTS[:1], "sites": sites, "name_server": "127.0.0.1",
            "name_server_port": self.cloud.dns_port, "port": self.port, "ca": AUTHORITY.pem, "path": "/ping",
            "body": "pong", "version_path": "/version", "interval": 1.0, "timeout": 20.0, "in_a_row": 2, "ttl": TTL,
            "shares": [0.5], "hold": 2.0, "trickle": 0.0, "margin": 60.0, "fail": False, **changes,
        }  # fmt: skip

    def run(self, to: str, check_mode: bool = False, **changes: Any) -> dict[str, Any]:
        return check.run(self.options(to, **changes), check_mode)

    def policies(self, hosts: Sequence[str]) -> list[dict[str, Any]]:
        answers = (self.cloud.request("GET", f"{DNS}/managedZones/z/rrsets/{host}./A")[1] for host in hosts)
        return [answer["routingPolicy"] for answer in answers]

    def prefers(self, name: str, hosts: Sequence[str] = tuple(HOSTS[:1])) -> bool:
        """Whether the records are as the role ``edge`` declares them with this primary."""
        return all(
            (found["primaryBackup"]["primaryTargets"], found["primaryBackup"].get("trickleTraffic", 0))
            == ({"externalEndpoints": [ADDRESSES[name]]}, 0)
            for found in self.policies(hosts)
        )


def declared(primary: str, trickle: float = 0.0) -> dict[str, Any]:
    answer = dns_answer(REGIONS, name="", primary=primary, targets=ADDRESSES, trickle=trickle)
    return {**answer["routingPolicy"], "healthCheck": CHECK}


@pytest.fixture
def stage(served: RunningCloud, tmp_path: Path) -> Iterator[Stage]:
    served.settle()
    served.admin("DELETE", "resources")
    served.enable(*APIS)
    pair = tmp_path / "pair.pem"
    pair.write_bytes(AUTHORITY.leaf("*.switch.example", 90))
    found = Stage(served, pair)
    yield found
    for site in found.sites.values():
        site.stop()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine serves late."""
    monkeypatch.setattr(check, "READY_SECONDS", 120.0)


@pytest.fixture
def after_each_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[After], None]:
    """Has something happen right after records were changed."""
    prefer = Records.prefer

    def install(happen: After) -> None:
        def changed(records: Records, to: dict[str, Preference], check: bool = False) -> dict[str, Any]:
            result = prefer(records, to, check)
            if not check:
                happen(to)
            return result

        monkeypatch.setattr(Records, "prefer", changed)

    return install


def verdicts(result: dict[str, Any]) -> dict[str, set[str]]:
    """What was found of each case, over hosts and sites."""
    cases = {cell["case"] for cell in result["cells"]}
    return {case: {cell["verdict"] for cell in result["cells"] if cell["case"] == case} for case in cases}


def test_clients_move_there_and_back_and_none_loses(stage: Stage, tmp_path: Path) -> None:
    there = stage.run("secondary")
    assert there["short_of"] == "" and there["changed"] is True and stage.prefers("secondary")
    assert there["steps"] == ["primary, and others in 50% of the answers", "secondary"]
    for measured in there["measured"]:
        assert measured["fresh"]["failed"] == measured["keep_alive"]["failed"] == 0
        assert {"secondary"} <= set(measured["fresh"]["served"]) <= {"primary", "secondary"}
        assert measured["keep_alive"]["served"].keys() == {"primary"} and measured["connections"] == 1
        assert TTL == measured["floor_seconds"] <= measured["everyone_seconds"] < 60
    again = stage.run("secondary")
    assert (again["short_of"], again["changed"], again["diff"], again["steps"]) == ("", False, [], [])
    back = stage.run("primary")
    assert back["short_of"] == "" and stage.prefers("primary")
    page = {"title": "T", "environment_name": "local", "clusters": ["secondary"], "fail": True, "max_age": 3600.0,
            "results": [there]}  # fmt: skip
    write.run({**page, "path": str(tmp_path / "report")})
    shown = (tmp_path / "report" / "index.html").read_text()
    assert "Planned switch-over between regions" in shown and "<svg" in shown


def test_a_target_that_does_not_serve_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "READY_SECONDS", 3.0)
    stage.sites["secondary"].stop()
    found = stage.run("secondary")
    assert found["changed"] is False and stage.prefers("primary")
    assert verdicts(found) == {"target": {"fail"}, "TTL": {"pass"}, "switch-over": {"inconclusive"}}
    assert "secondary: switchover: controller → test.switch.example [target]" in found["short_of"]
    assert "refused: the target does not serve" in found["short_of"]
    with pytest.raises(PlatformError, match="by secondary, asked directly"):
        stage.run("secondary", fail=True)


def test_check_mode_says_what_would_change(stage: Stage) -> None:
    found = stage.run("secondary", check_mode=True)
    assert found["changed"] is True and stage.prefers("primary")
    assert verdicts(found) == {"target": {"pass"}, "TTL": {"pass"}}
    assert ADDRESSES["secondary"] in found["diff"][0]["prepared"]


def test_a_target_that_fails_a_client_is_left_again(stage: Stage, after_each_step: Callable[[After], None]) -> None:
    after_each_step(lambda to: stage.sites["secondary"].stop())
    found = stage.run("secondary", hold=60.0, shares=[0.5, 0.9])
    assert stage.prefers("primary")
    assert "secondary did not serve" in found["short_of"] and "the records are as before" in found["short_of"]
    assert verdicts(found)["switch-over"] == {"fail"}


def test_a_region_that_stops_before_old_answers_expired_is_named(
    stage: Stage, after_each_step: Callable[[After], None]
) -> None:
    def leave(to: dict[str, Preference]) -> None:
        if to[HOSTS[0]].primary == "secondary":
            stage.sites["primary"].stop()

    after_each_step(leave)
    found = stage.run("secondary", ttl=10, margin=10.0)
    lost = [cell for cell in found["cells"] if cell["case"] == "old answers"]
    assert {(cell["cluster"], cell["verdict"]) for cell in lost} == {("primary", "fail")}
    assert stage.prefers("secondary")


def test_a_killed_switch_over_goes_on_in_the_next(stage: Stage) -> None:
    record = {"name": f"{HOSTS[0]}.", "type": "A", "ttl": TTL, "routingPolicy": declared("primary", 0.5)}
    make(stage.cloud, f"{DNS}/managedZones/z/rrsets/{HOSTS[0]}./A", record, "PATCH")
    found = stage.run("secondary", shares=[0.1, 0.5], hosts=HOSTS)
    assert found["short_of"] == "" and stage.prefers("secondary", HOSTS)


def test_a_connection_that_the_server_closed_is_no_loss(stage: Stage) -> None:
    stage.sites["primary"].handler.answers_at_most = 2
    found = stage.run("secondary")
    assert found["short_of"] == ""
    for measured in found["measured"]:
        assert measured["connections"] > 1 and measured["keep_alive"]["served"]["secondary"] > 0


def test_a_record_that_does_not_fail_over_is_named(stage: Stage) -> None:
    make(stage.cloud, f"{DNS}/managedZones/z/rrsets/{HOSTS[1]}./A", None, "DELETE")
    assert f"record {HOSTS[1]}: it does not exist" in stage.run("secondary", hosts=HOSTS)["short_of"]
    plain = {"name": f"{HOSTS[1]}.", "type": "A", "ttl": TTL, "rrdatas": [ADDRESSES["primary"]]}
    make(stage.cloud, f"{DNS}/managedZones/z/rrsets", plain)
    assert f"record {HOSTS[1]}: found no failover policy" in stage.run("secondary", hosts=HOSTS)["short_of"]
