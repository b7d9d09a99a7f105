# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which attempts are to be made: every pair of workloads times every case, for every pod and port of the target."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.authorization import (
    admits_by_principal,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.services import Address, routes_to
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.topology import Topology
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan import cases as known
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.cases import Case
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.declared import Request, declared_for
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.offers import (
    MESH_OFFER,
    Offer,
    offers_for,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod, Workload, workloads_of


@dataclass(frozen=True, slots=True)
class Attempt:
    """One probe. ``source`` None is somebody outside the mesh; ``run_in`` None is the probe pod outside the mesh.

    ``cluster`` is the other cluster that the call comes from, empty for the target's own. ``judged`` is False for a
    good call that only serves as positive control. ``offer`` is what a TLS client asks for; ``varied`` says that this
    is what the attempt is about. ``request`` is what is asked for, where that is what it is about.
    """

    source: Workload | None
    target: MeshPod
    port: int
    case: Case
    address: Address
    nonce: str
    version: str | None = None
    run_in: MeshPod | None = None
    cluster: str = ""
    judged: bool = True
    undeclared: bool = False
    offer: Offer = MESH_OFFER
    varied: bool = False
    request: Request | None = None

    def caller(self, outsider: str) -> str:
        """Who calls, as cells show it; ``outsider`` is where callers without an identity are."""
        name = self.source.reference if self.source else outsider
        return f"{self.cluster}: {name}" if self.cluster else name

    @property
    def label(self) -> str:
        """The case as cells show it: of varied offers one for each protocol, over all server names."""
        name = f"undeclared_port:{self.case.name}" if self.undeclared else self.case.name
        if self.case.variant:
            name = f"{name}:{self.case.variant}"
        if self.varied:
            return f"{name}/alpn:{self.offer.protocol or 'none'}"
        if self.request:
            return f"{name} {self.request.method} {self.request.path}"
        return f"{name}/tls{self.version}" if self.version else name


def plan(topology: Topology) -> list[Attempt]:
    """All attempts, direct ones first."""
    workloads = workloads_of(topology.pods)
    targets = [pod for pod in topology.pods if pod.sidecar and pod.address]
    attempts: list[Attempt] = []
    for target in targets:
        sources = [workload for workload in workloads if workload != target.workload]
        for port in target.declared:
            attempts += _direct(topology, sources, target, port)
            attempts += _variants(topology, target, port)
            attempts += _requests(topology, workloads, target, port)
            for cluster, others in topology.across.items():
                attempts += _direct(topology, others, target, port, cluster=cluster)
        for port in undeclared_ports(topology, target):
            attempts += _controls(topology, sources, target, port)
            attempts += _each(None, target, port, known.UNDECLARED, undeclared=True)
            attempts += _variants(topology, target, port, undeclared=True)
    for caller in topology.callers:
        attempts += _via_sidecar(topology, caller, targets)
    return attempts


def undeclared_ports(topology: Topology, pod: MeshPod) -> list[int]:
    """TCP ports that somebody in the pod listens on without having said so, except the proxy's own."""
    listening = topology.listening.get(pod.address)
    return [port for port in listening.tcp(pod) if port not in pod.declared] if listening else []


def _direct(
    topology: Topology, sources: Sequence[Workload], target: MeshPod, port: int, cluster: str = ""
) -> list[Attempt]:
    permitted = [source for source in sources if topology.permitted(source, target, port)]
    attempts = _controls(topology, permitted or sources, target, port, cluster, judged=bool(permitted))
    attempts += _each(None, target, port, known.OUTSIDER, cluster=cluster)
    cases: tuple[Case, ...] = known.IMPOSTOR
    if declared_for(topology.declared, target, port):
        cases = (*cases, known.UNDECLARED_ACCOUNT)
    elif admits_by_principal(target, topology.authorization):
        cases = (*cases, known.WRONG_ACCOUNT)
    for source in sources:
        attempts += _each(source, target, port, cases, cluster=cluster)
    return attempts


def _variants(topology: Topology, target: MeshPod, port: int, *, undeclared: bool = False) -> Iterator[Attempt]:
    """What a client without an identity may say first and ask for: a proxy may decide by any of it."""
    yield from _each(None, target, port, known.PLAINTEXT_VARIANTS, undeclared=undeclared)
    routes = routes_to(target, port, topology.services, topology.slices)
    for offer in offers_for(target, port, routes, topology.filter_chains.get(target.address, ())):
        yield from _each(None, target, port, known.VARIED, undeclared=undeclared, offer=offer, varied=True)


def _requests(topology: Topology, workloads: Sequence[Workload], target: MeshPod, port: int) -> Iterator[Attempt]:
    """Where callers are declared: what each identity may and may not ask for, the target's own included."""
    service = declared_for(topology.declared, target, port)
    if service is None:
        return
    known_accounts = {(workload.namespace, workload.account) for workload in workloads}
    others = [caller.workload for caller in service.callers]
    beside = [other for other in others if (other.namespace, other.account) not in known_accounts]
    for source in (*workloads, *dict.fromkeys(beside)):
        for request in service.requests():
            permitted = service.permits(source, request)
            case = known.PERMITTED_REQUEST if permitted else known.FORBIDDEN_REQUEST
            yield from _each(source, target, port, (case,), request=request)


def _controls(
    topology: Topology,
    sources: Sequence[Workload],
    target: MeshPod,
    port: int,
    cluster: str = "",
    *,
    judged: bool = True,
) -> list[Attempt]:
    """Good calls: a judged one for every source where the port reports whom it saw, else one as control."""
    reports = judged and port in topology.whoami_ports and bool(sources)
    attempts: list[Attempt] = []
    for source in sources if reports else [*sources, target.workload][:1]:
        attempts += _each(source, target, port, (known.VALID,), cluster=cluster, judged=reports)
    return attempts


def _each(source: Workload | None, target: MeshPod, port: int, cases: Iterable[Case], **options: Any) -> list[Attempt]:
    address = Address(target.address, port)
    return [
        Attempt(source, target, port, case, address, _nonce(), version, **options)
        for case in cases
        for version in case.versions or (None,)
    ]


def _via_sidecar(topology: Topology, caller: MeshPod, targets: Iterable[MeshPod]) -> Iterator[Attempt]:
    """Calls from the workload's own pod: by the target's address, and once a workload and port by a Service."""
    source, called = caller.workload, set[tuple[Workload, int]]()
    for target in targets:
        if target.workload == source:
            continue
        for port in sorted(topology.whoami_ports & set(target.declared)):
            direct = Address(target.address, port)
            route = next(iter(routes_to(target, port, topology.services, topology.slices)), None)
            if not topology.admitted(caller, target, port):
                address = route.address if route else direct
                yield Attempt(source, target, port, known.KEPT_AWAY, address, _nonce(), run_in=caller)
                continue
            yield Attempt(source, target, port, known.POD_IP, direct, _nonce(), run_in=caller)
            if route is not None and (target.workload, port) not in called:
                called.add((target.workload, port))
                permitted = topology.permitted(source, target, port)
                case = known.VIA_SIDECAR if permitted else known.FORBIDDEN_VIA_SIDECAR
                yield Attempt(source, target, port, case, route.address, _nonce(), run_in=caller)


def _nonce() -> str:
    return secrets.token_hex(8)
