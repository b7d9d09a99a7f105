# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What TLS clients ask for before they present anything: the protocol (ALPN) and the server's name (SNI)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.filter_chains import FilterChain
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.services import DOMAIN, Route
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.cases import APPLICATION_PROTOCOLS
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod

LEARNT_AT_MOST = 64  # offers beside those that every port gets


@dataclass(frozen=True, slots=True)
class Offer:
    """One TLS client's offer; None is none."""

    protocol: str | None
    server_name: str | None

    def __str__(self) -> str:
        return f"ALPN {self.protocol or 'none'}, server name {self.server_name or 'none'}"


MESH_OFFER = Offer("istio", None)  # what a sidecar offers to another one: the inbound listener knows mesh traffic by it


def offers_for(pod: MeshPod, port: int, routes: Iterable[Route], chains: Sequence[FilterChain]) -> list[Offer]:
    """Each protocol with each kind of name, and whatever the target's own filter chains ask for beside them."""
    known = next((route.server_names for route in routes), None) or _assumed(pod, port)
    names = (None, *known, f"{secrets.token_hex(6)}.invalid")
    offers = [Offer(protocol, name) for protocol in APPLICATION_PROTOCOLS for name in names]
    learnt = [offer for offer in dict.fromkeys(_learnt(chains, port)) if offer not in offers]
    return [*offers, *learnt[:LEARNT_AT_MOST]]


def _assumed(pod: MeshPod, port: int) -> tuple[str, str]:
    """The names of a Service with the workload's name, for a port that no Service leads to."""
    name = f"{pod.workload.name}.{pod.workload.namespace}.{DOMAIN}"
    return name, f"outbound_.{port}_._.{name}"


def _learnt(chains: Iterable[FilterChain], port: int) -> Iterator[Offer]:
    for chain in chains:
        if chain.port in (None, port):
            for protocol in chain.protocols or (None,):
                for name in chain.server_names or (None,):
                    yield Offer(protocol, name.replace("*", "any") if name else None)
