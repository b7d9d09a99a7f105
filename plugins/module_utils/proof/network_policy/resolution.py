# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether a workload resolves names where its policies let it ask a name server, and only there.

Which pod answers is the cluster's business: with NodeLocal DNSCache on Dataplane V2 a cache on the node answers in the
place of kube-dns, and policies that admit kube-dns alone cut DNS off
(https://cloud.google.com/kubernetes-engine/docs/how-to/nodelocal-dns-cache). So a name is really resolved, by the pod's
own resolv.conf, wherever policies admit any of the name servers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.evaluator import (
    Connection,
    Decision,
    Policy,
    decide,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import Endpoint
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.plan import Target
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.verdicts import PROOF, Liveness

DNS_PORT = 53
UNRESOLVED = "dns"  # the probe program's word for a name that was not resolved


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the policies say about a workload's way to each name server, and whether it resolved the name.

    ``resolved`` is None where the workload's stand-in could not ask.
    """

    source: str
    name: str
    servers: Mapping[str, Decision]
    resolved: bool | None
    sealed: bool = False

    @property
    def admitted(self) -> list[str]:
        """The name servers that the workload may ask."""
        return [] if self.sealed else [server for server, decision in self.servers.items() if decision.allowed]


def dns_decisions(
    source: Endpoint, servers: Iterable[Target], policies: Sequence[Policy], *, blocks_match_pods: bool
) -> dict[str, Decision]:
    """What the policies say about UDP from a pod to each name server."""
    return {
        server.name: decide(
            Connection(source, server.endpoint, dns_port(server.endpoint), "UDP"),
            policies,
            blocks_match_pods=blocks_match_pods,
        )
        for server in servers
    }


def dns_port(server: Endpoint) -> int:
    """The port at which a name server's pod answers: its own, that the Service's port 53 leads to."""
    ports = [port for port in server.ports if port.protocol == "UDP"]
    named = next((port.number for port in ports if port.name.startswith("dns")), None)
    return named or next((port.number for port in ports), DNS_PORT)


def has_resolved(exchange: Exchange) -> bool:
    """Whether a connection by name came as far as an address; what became of it then says nothing of DNS."""
    return exchange.error != UNRESOLVED


def answering(resolutions: Iterable[Resolution], servers: Iterable[Target]) -> Liveness:
    """Whether name servers answer at all: somebody resolved the name, or the kubelet finds one ready."""
    if (one := next((found for found in resolutions if found.resolved), None)) is not None:
        return Liveness(True, f"{one.source} resolves it")
    ready = next((server.name for server in servers if server.ready), None)
    return Liveness(
        ready is not None, f"{ready} is ready" if ready else "nobody resolves it, and no name server is ready"
    )


def judge_resolution(found: Resolution, servers: Liveness) -> Judgement:
    """Silence counts as a refusal only while name servers are known to answer."""
    phrases = "; ".join(f"{server}: {decision.phrase()}" for server, decision in found.servers.items())
    reason = f"{found.source.partition('/')[0]} is promised to be sealed; {phrases}" if found.sealed else phrases
    if not found.servers:
        return Judgement("inconclusive", "no name server", "no live pod was found by dns_servers")
    if found.resolved is None:
        return Judgement("inconclusive", "not asked", "the source did not run")
    if found.resolved:
        if found.admitted:
            return Judgement("pass", "resolved", reason)
        return Judgement("fail", "resolved", f"unexpectedly allowed: {reason}")
    if not servers.alive:
        return Judgement("inconclusive", "not resolved", servers.detail)
    if found.admitted:
        return Judgement("fail", "not resolved", f"unexpectedly denied, or another name server is asked: {reason}")
    return Judgement("pass", "not resolved", reason)


def resolution_cells(cluster: str, resolutions: Sequence[Resolution], servers: Sequence[Target]) -> list[Cell]:
    """A cell for each workload that was to resolve a name."""
    alive = answering(resolutions, servers)
    return [
        judge_resolution(found, alive).cell(
            PROOF,
            cluster,
            found.source,
            found.name,
            "resolves a name",
            "resolved" if found.admitted else "not resolved",
            {"servers": {server: decision.phrase() for server, decision in found.servers.items()},
             "servers_alive": alive.detail},
        )
        for found in resolutions
    ]  # fmt: skip
