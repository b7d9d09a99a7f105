"""A switch-over of the running platform, there and back, as users run it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.scale_to_zero import (
    ScaledDeployment,
)

from tests.support.local_platform import clients_of
from tests.support.plays import playbook, reported

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1800)]

SWITCH = ("playbooks/switchover.yml", "-i", "inventories/local", "-e", "verify_switchover_hold=5")
WORKLOAD = {"namespace": "istio-ingress", "name": "istio-ingressgateway"}


def to(region: str, folder: Path, *arguments: str) -> tuple[int, str, list[Cell]]:
    """Run the playbook: exit code, output, cells."""
    folder = folder / region
    return reported(
        *SWITCH, "-e", f"edge_primary={region}", "-e", f"verify_switchover_report_path={folder}", *arguments,
        folder=folder,
    )  # fmt: skip


@pytest.fixture
def back(tmp_path: Path) -> Iterator[None]:
    """The records are as the inventory declares them afterwards."""
    yield
    code, output, _unused = to("primary", tmp_path / "afterwards")
    assert code == 0, output[-4000:]


@pytest.mark.long  # the drill of the other region moves clients there and back as well
@pytest.mark.usefixtures("back")
def test_clients_move_to_the_other_region_and_none_loses(tmp_path: Path) -> None:
    code, output, cells = to("secondary", tmp_path)
    assert code == 0, output[-4000:]
    assert {cell.verdict for cell in cells} == {"pass"}
    assert {"target", "switch-over", "requests", "old answers", "keep-alive"} < {cell.case for cell in cells}
    assert "Declare edge_primary: secondary" in output


@pytest.mark.long
@pytest.mark.usefixtures("back")
def test_what_the_inventory_does_not_declare_is_drift(tmp_path: Path) -> None:
    to("secondary", tmp_path)
    code, output, _unused = to("secondary", tmp_path / "again")
    assert (code, "changed=1" in output) == (0, False), output[-4000:]
    drifted = playbook("playbooks/drift.yml", "-i", "inventories/local", "-e", f"verify_report_path={tmp_path}/drift")
    assert drifted.returncode != 0 and "routingPolicy" in drifted.stdout


@pytest.mark.long
def test_a_region_that_does_not_serve_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    with clients_of("secondary") as clients:
        gateway = ScaledDeployment(clients["secondary"], WORKLOAD)
        try:
            gateway.inject()
            code, output, cells = to("secondary", tmp_path)
        finally:
            gateway.restore()
    assert code != 0 and "changed=1" not in output
    assert {cell.verdict for cell in cells if cell.case == "target"} == {"fail"}
    assert "fail: secondary: switchover: controller" in output and "by secondary, asked directly" in output
