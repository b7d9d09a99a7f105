# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How each proof is shown: its title, and its grid where it has one. Any other proof is a list under its own name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell

Key = Callable[[Cell], str]


@dataclass(frozen=True)
class GridLayout:
    """The rows and columns of a proof's cells, in the order of ``sort``.

    ``shows`` leaves other cells to the list; ``group`` makes a grid a group.
    """

    corner: str
    row: Key
    column: Key
    shows: Callable[[Cell], bool] = lambda cell: True
    group: Key = lambda cell: cell.cluster
    sort: Key = lambda cell: ""


@dataclass(frozen=True)
class Layout:
    """A proof on the page and in the table."""

    title: str
    grid: GridLayout | None = None


def _has_source(cell: Cell) -> bool:
    return bool(cell.source)


def _target(cell: Cell) -> str:
    return cell.target


def _home(cell: Cell) -> str:
    """The cluster that a call of ``mtls_check`` came from."""
    return str(cell.evidence.get("caller_cluster", cell.cluster))


def _of_the_table(cell: Cell) -> bool:
    return "control" in cell.evidence or cell.case == "level"


LAYOUTS: dict[str, Layout] = {
    "drift": Layout("Drift from what is declared"),
    "cloud": Layout("The cloud, as its APIs answer"),
    "mtls": Layout(
        "Mutual TLS between workloads",
        GridLayout("caller → port", lambda cell: cell.way, lambda cell: cell.case, _has_source, _home, _target),
    ),
    "network_policy": Layout(
        "Network policies", GridLayout("from ╲ to", lambda cell: cell.source, lambda cell: cell.target, _has_source)
    ),
    "pod_security": Layout(
        "Pod Security", GridLayout("pod", lambda cell: cell.case, lambda cell: cell.target, _of_the_table)
    ),
    "admission": Layout("Admission rules"),
    "tls": Layout("HTTPS endpoints", GridLayout("endpoint", lambda cell: cell.target, lambda cell: cell.case)),
    "metrics": Layout("Metrics and dashboards"),
    "failover": Layout("Failover between regions"),
    "switchover": Layout("Planned switch-over between regions"),
}


def layout_of(proof: str) -> Layout:
    """A proof's layout; one that is not in the table is a list."""
    return LAYOUTS.get(proof) or Layout(proof.replace("_", " ").capitalize())
