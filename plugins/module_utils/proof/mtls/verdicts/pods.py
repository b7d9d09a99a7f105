# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cells about pods rather than calls: has it a sidecar, is it known what it listens on, does all of that speak TCP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.sockets import EPHEMERAL
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.topology import Topology
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.cells import PROOF
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.exceptions import (
    DeclaredException,
    apply_exceptions,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod


def sidecar_cells(cluster: str, pods: Iterable[MeshPod], on_nodes: Iterable[MeshPod] = ()) -> list[Cell]:
    """A cell for every pod of the mesh's namespaces: it must have a sidecar, and an address to be probed at.

    ``on_nodes`` are those with their node's network, whose ports no sidecar captures.
    """
    found = []
    for pod in pods:
        if not pod.sidecar:
            judgement = Judgement("fail", "no sidecar", "nothing in this pod speaks mutual TLS")
        elif not pod.address:
            judgement = Judgement("inconclusive", "no address", "the pod does not run, so it was not probed")
        else:
            judgement = Judgement("pass", "has a sidecar", "")
        found.append((pod, judgement))
    outside = Judgement("fail", "its node's network", "no sidecar captures the ports of a pod with hostNetwork")
    found += [(pod, outside) for pod in on_nodes]
    return [judgement.cell(PROOF, cluster, "", pod.place, "sidecar", "has a sidecar") for pod, judgement in found]


def listening_cells(cluster: str, topology: Topology) -> list[Cell]:
    """A cell for every pod that is called: the ports that it listens on must be known, or some were not called."""
    cells = []
    for pod in topology.pods:
        listening = topology.listening.get(pod.address)
        if listening is None:
            continue
        if listening.sockets is None:
            reason = f"undeclared ports were not called; asked in vain: {listening.source}"
            judgement = Judgement("inconclusive", "not known", reason)
        else:
            ports = ", ".join(map(str, listening.tcp(pod))) or "none"
            judgement = Judgement("pass", f"TCP {ports}", f"from {listening.source}")
        cells.append(judgement.cell(PROOF, cluster, "", pod.place, "listening ports", "known"))
    return cells


def datagram_cells(
    cluster: str, topology: Topology, exceptions: Sequence[DeclaredException], today: date
) -> list[Cell]:
    """A cell for every port that is not of TCP: nothing of the mesh encrypts it or knows who asks there."""
    found: dict[tuple[str, str], Cell] = {}
    for pod in topology.pods:
        listening = topology.listening.get(pod.address)
        live = listening.datagrams(pod) if listening else []
        for port, protocol in sorted({*pod.datagrams, *live}):
            declared = (port, protocol) in pod.datagrams
            if not declared and port in EPHEMERAL:
                reason = "a client's socket or a server's: nothing shows which"
                judgement = Judgement("inconclusive", f"{protocol} socket", reason)
            else:
                how = "declares" if declared else "listens on"
                reason = f"{pod.name} {how} it, and the mesh carries TCP alone: no mutual TLS protects it"
                judgement = Judgement("fail", f"plain {protocol}", reason)
            case = protocol.lower()
            judgement = apply_exceptions(judgement, exceptions, pod.workload, port, case, today)
            target = f"{pod.workload.reference}:{port}"
            cell = judgement.cell(PROOF, cluster, "", target, case, "nothing but TCP")
            if (target, case) not in found or cell.verdict != "pass":
                found[target, case] = cell
    return list(found.values())
