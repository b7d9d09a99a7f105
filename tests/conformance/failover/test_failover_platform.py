"""The drill on the running platform, as users run it; and that it begins only when somebody would take over."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, cell_from
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.choose import faults_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.scale_to_zero import (
    ScaledDeployment,
)

from tests.support.local_platform import clients_of
from tests.support.plays import PLAYBOOK, playbook, reported

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[3]
DRILL = ("playbooks/failover.yml", "-i", "inventories/local")
WORKLOAD = {"namespace": "istio-ingress", "name": "istio-ingressgateway"}
TIMEOUT = 180.0
CASES = {"steady state", "standby", "TTL", "break", "failover", "failback", "keep-alive", "RTO", "restored"}


@pytest.fixture
def deployments() -> Iterator[tuple[ScaledDeployment, ScaledDeployment]]:
    """The gateways of both clusters; each is whole again afterwards."""
    with clients_of("primary", "secondary") as clients:
        primary, secondary = (ScaledDeployment(client, WORKLOAD) for client in clients.values())
        yield primary, secondary
        for deployment in (primary, secondary):
            deployment.restore()
            settled(deployment)


def settled(deployment: ScaledDeployment) -> None:
    """Wait until the workload is as it is wished for, without replicas or with all of them ready."""
    deadline = time.monotonic() + TIMEOUT
    while (now := deployment.replica_state()).ready != now.replicas:
        assert time.monotonic() < deadline, f"{deployment}: {now}"
        time.sleep(1)


def family(pid: int) -> list[int]:
    """A process and all below it: Ansible's workers are in sessions of their own, where no signal to a group comes."""
    stats = [(file.parent.name, file.read_text()) for file in Path("/proc").glob("[0-9]*/stat")]
    children = [int(name) for name, text in stats if int(text.rpartition(")")[2].split()[1]) == pid]
    return [pid, *(member for child in children for member in family(child))]


def drill(folder: Path, *arguments: str) -> tuple[int, str, list[Cell]]:
    """Run the playbook: exit code, output, cells."""
    return reported(*DRILL, "-e", f"verify_failover_report_path={folder}", *arguments, folder=folder)


def passes(code: int, output: str, cells: list[Cell]) -> None:
    assert code == 0, output[-4000:]
    assert {cell.verdict for cell in cells} == {"pass"}
    assert {cell.case for cell in cells} > CASES


def test_the_other_region_takes_over_and_gives_back(
    tmp_path: Path, deployments: tuple[ScaledDeployment, ScaledDeployment]
) -> None:
    before = deployments[0].replica_state()
    found = drill(tmp_path, "-e", "verify_failover_mesh=false")
    passes(*found)
    assert {cell.cluster for cell in found[2] if cell.case == "failover"} == {"primary"}
    assert deployments[0].replica_state() == before
    assert "<svg" in (tmp_path / "index.html").read_text()


def test_the_first_region_takes_over_from_the_other_one_as_well(tmp_path: Path) -> None:
    """Clients are moved there and back, and none loses a request by that. The region's network is cut."""
    regions = {"verify_failover_regions": ["secondary"], "verify_failover_faults": ["isolated"]}
    code, output, cells = drill(tmp_path, "-e", json.dumps(regions), "-e", "verify_switchover_hold=5")
    passes(code, output, cells)
    assert {cell.cluster for cell in cells if cell.case == "failover"} == {"secondary"}
    meshed = [cell for cell in cells if cell.proof == "mtls"]
    assert {cell.cluster for cell in meshed} == {"primary"}
    assert {"sidecar", "plaintext", "wrong_ca/tls1.3"} <= {cell.case for cell in meshed}
    for moved in ("secondary", "back"):
        moves = [cell_from(c) for c in json.loads((tmp_path / moved / "report.json").read_text())["cells"]]
        assert {cell.verdict for cell in moves} == {"pass"}
        assert {"target", "switch-over", "requests", "old answers", "keep-alive"} <= {cell.case for cell in moves}


@pytest.mark.long
@pytest.mark.timeout(5400)
def test_each_fault_in_both_directions_several_times(tmp_path: Path) -> None:
    every = {"verify_failover_regions": ["primary", "secondary"], "verify_failover_runs": 3,
             "verify_failover_faults": ["gateway", "backends", "isolated"], "verify_switchover_hold": 5}  # fmt: skip
    found = drill(tmp_path, "-e", json.dumps(every))
    passes(*found)
    ways = {(cell.cluster, cell.source) for cell in found[2] if cell.case == "RTO"}
    assert ways == {(region, fault) for region in ("primary", "secondary") for fault in every["verify_failover_faults"]}
    again = playbook("playbooks/base.yml", "playbooks/app.yml", "-i", "inventories/local")
    assert again.returncode == 0 and not re.search("changed=[1-9]", again.stdout), again.stdout[-4000:]


@pytest.mark.long
@pytest.mark.parametrize("fault", ["backends", "isolated"])
def test_a_killed_drill_of_any_fault_is_restored(tmp_path: Path, fault: str) -> None:
    with clients_of("primary") as clients:
        options = {"workload": WORKLOAD, "namespaces": ["istio-ingress", "pingpong-a", "pingpong-b"]}
        injected = faults_of(clients["primary"], options)[fault]
        try:
            injected.inject()  # and no more, as a drill that was killed
            assert injected.left()
            passes(*drill(tmp_path, "-e", "verify_failover_mesh=false"))
            assert not injected.left()
        finally:
            injected.restore()


@pytest.mark.long
def test_without_a_standby_the_drill_is_inconclusive_and_takes_nothing_away(
    tmp_path: Path, deployments: tuple[ScaledDeployment, ScaledDeployment]
) -> None:
    primary, secondary = deployments
    before = primary.replica_state()
    secondary.inject()
    settled(secondary)
    code, output, cells = drill(tmp_path)
    assert code != 0
    verdicts = {(cell.case, cell.verdict) for cell in cells}
    assert {("standby", "inconclusive"), ("break", "inconclusive"), ("failover", "inconclusive")} <= verdicts
    assert not [cell for cell in cells if cell.verdict == "fail" or (cell.case, cell.verdict) == ("failover", "pass")]
    assert "inconclusive: secondary: failover" in output and "no standby would have served beforehand" in output
    assert primary.replica_state() == before


def begun(primary: ScaledDeployment) -> subprocess.Popen[bytes]:
    """A drill that has just taken the primary away."""
    process = subprocess.Popen([PLAYBOOK, *DRILL], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + TIMEOUT
    while primary.replica_state().saved is None:
        assert time.monotonic() < deadline and process.poll() is None, "the drill never took the primary away"
        time.sleep(0.2)
    return process


@pytest.mark.long
def test_a_killed_drill_is_healed_by_the_next(
    tmp_path: Path, deployments: tuple[ScaledDeployment, ScaledDeployment]
) -> None:
    primary = deployments[0]
    before = primary.replica_state()
    process = begun(primary)
    for pid in family(process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    left = primary.replica_state()
    assert (left.replicas, left.saved) == (0, before.replicas)
    code, output, _unused = drill(tmp_path)
    assert code == 0, output[-4000:]
    assert primary.replica_state() == before


@pytest.mark.long
def test_an_interrupted_drill_gives_the_primary_back(deployments: tuple[ScaledDeployment, ScaledDeployment]) -> None:
    primary = deployments[0]
    before = primary.replica_state()
    process = begun(primary)
    process.send_signal(signal.SIGINT)
    assert process.wait(TIMEOUT) != 0
    deadline = time.monotonic() + TIMEOUT
    while primary.replica_state() != before:
        assert time.monotonic() < deadline, f"{primary.replica_state()}, and not {before}"
        time.sleep(1)
