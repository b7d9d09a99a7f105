# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Everything that attempts are planned from, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.filter_chains import FilterChain
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.sockets import Listening
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.declared import (
    DeclaredService,
    Request,
    declared_for,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.evaluator import Connection, decide
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import Endpoint
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod, Object, Workload


@dataclass(frozen=True, slots=True)
class Topology:
    """The mesh as it runs.

    ``services``, ``slices`` (EndpointSlices) and ``authorization`` are API objects of the mesh's namespaces. By the
    pods' addresses: ``listening``, their sockets; ``filter_chains``, what their proxies decide by; ``endpoints``, how
    NetworkPolicies see them. ``policies`` are the namespaces' NetworkPolicies, ``declared`` the callers that are.
    ``callers`` are the pods to call from through their sidecars, one a workload at most; ``across`` the workloads of
    other clusters that call as well, by the cluster's name.
    """

    pods: Sequence[MeshPod]
    services: Sequence[Object]
    slices: Sequence[Object]
    authorization: Sequence[Object]
    listening: Mapping[str, Listening]
    whoami_ports: frozenset[int]
    whoami_path: str
    across: Mapping[str, Sequence[Workload]] = field(default_factory=dict)
    filter_chains: Mapping[str, Sequence[FilterChain]] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    policies: Sequence[Object] = ()
    declared: Sequence[DeclaredService] = ()
    callers: Sequence[MeshPod] = ()

    def admitted(self, source: MeshPod, target: MeshPod, port: int) -> bool:
        """Whether the NetworkPolicies let one pod reach another's port; True of pods whose policies are not known."""
        ends = [self.endpoints.get(pod.address) for pod in (source, target)]
        if ends[0] is None or ends[1] is None:
            return True
        return decide(Connection(ends[0], ends[1], port), self.policies).allowed

    def permitted(self, source: Workload, target: MeshPod, port: int, request: Request | None = None) -> bool:
        """Whether a workload may ask a port for something (``whoami_path`` if for nothing else), by what is declared.

        True of a port of which nothing is declared.
        """
        service = declared_for(self.declared, target, port)
        return service is None or service.permits(source, request or Request("GET", self.whoami_path))
