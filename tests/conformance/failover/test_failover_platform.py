"""The drill on the running platform, as users run it; and that it begins only when somebody would take over."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.scale_to_zero import (
    ScaledDeployment,
)

from tests.support.local_platform import clients_of
from tests.support.plays import PLAYBOOK, reported

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[3]
DRILL = ("playbooks/failover.yml", "-i", "inventories/local")
WORKLOAD = {"namespace": "istio-ingress", "name": "istio-ingressgateway"}
TIMEOUT = 180.0


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


def test_the_other_region_takes_over_and_gives_back(
    tmp_path: Path, deployments: tuple[ScaledDeployment, ScaledDeployment]
) -> None:
    before = deployments[0].replica_state()
    code, output, cells = drill(tmp_path)
    assert code == 0, output[-4000:]
    assert {cell.verdict for cell in cells} == {"pass"}
    assert {"steady state", "standby", "TTL", "break", "failover", "failback", "restored"} < {c.case for c in cells}
    assert deployments[0].replica_state() == before
    assert "<svg" in (tmp_path / "index.html").read_text()


@pytest.mark.long
def test_without_a_standby_the_drill_is_inconclusive_and_takes_nothing_away(
    tmp_path: Path, deployments: tuple[ScaledDeployment, ScaledDeployment]
) -> None:
    primary, secondary = deployments
    before = primary.replica_state()
    secondary.scale_down()
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
