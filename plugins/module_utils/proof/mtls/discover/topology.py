# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Everything that attempts are planned from, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod, Object, Workload


@dataclass(frozen=True, slots=True)
class Topology:
    """The mesh as it runs.

    ``services`` and ``authorization`` are API objects of the mesh's namespaces; ``listening`` are each target pod's
    listening ports by its address, where known; ``across`` the workloads of other clusters that call as well, by the
    cluster's name.
    """

    pods: Sequence[MeshPod]
    services: Sequence[Object]
    authorization: Sequence[Object]
    listening: Mapping[str, Sequence[int]]
    whoami_ports: frozenset[int]
    whoami_path: str
    across: Mapping[str, Sequence[Workload]] = field(default_factory=dict)
