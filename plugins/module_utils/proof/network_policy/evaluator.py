# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the applied NetworkPolicies say about one connection, and which of them decides.

A connection needs the source's egress **and** the target's ingress. In each direction: policies that select the pod
isolate it; an isolated pod admits what any of those policies lists; a pod that none selects admits everything.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import Endpoint
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.selectors import matches

Direction = Literal["Ingress", "Egress"]
Policy = Mapping[str, Any]
NO_POLICY = "no policy selects it"


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that somebody may attempt."""

    source: Endpoint
    target: Endpoint
    port: int
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True)
class DirectionDecision:
    """One direction's answer; ``policies`` are those that decide: that admit, or that isolate without admitting."""

    direction: Direction
    allowed: bool
    policies: tuple[str, ...]

    def phrase(self) -> str:
        names = ", ".join(self.policies) or NO_POLICY
        return f"{self.direction.lower()} {'allowed' if self.allowed else 'denied'}: {names}"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for a connection: both directions, and whether it may pass."""

    egress: DirectionDecision
    ingress: DirectionDecision

    @property
    def allowed(self) -> bool:
        return self.egress.allowed and self.ingress.allowed

    def phrase(self) -> str:
        """The direction that decides: the one that denies, else both."""
        deciding = [half for half in (self.egress, self.ingress) if self.allowed or not half.allowed]
        return "; ".join(half.phrase() for half in deciding)


def decide(connection: Connection, policies: Iterable[Policy], *, blocks_match_pods: bool = False) -> Decision:
    """What ``policies`` say about a connection, and which of them decide.

    ``policies`` are NetworkPolicy objects of all namespaces as the API server returns them; those that select neither
    end are ignored. ``blocks_match_pods``: whether an ``ipBlock`` may match the address of a pod. The API leaves that
    to the network plugin; Cilium (GKE Dataplane V2) matches pods by labels only, so False is right there.

    Raises PlatformError for a selector's operator that the API does not have. The rules:
    https://kubernetes.io/docs/concepts/services-networking/network-policies/ and the field's documentation in
    https://github.com/kubernetes/api/blob/master/networking/v1/types.go
    """
    listed = list(policies)
    source, target = connection.source, connection.target
    if _same_pod(source, target):
        # A pod reaches itself whatever is applied.
        return Decision(DirectionDecision("Egress", True, ()), DirectionDecision("Ingress", True, ()))
    egress = _rule(connection, "Egress", source, target, listed, blocks_match_pods)
    ingress = _rule(connection, "Ingress", target, source, listed, blocks_match_pods)
    return Decision(egress, ingress)


def _same_pod(source: Endpoint, target: Endpoint) -> bool:
    return source.namespace is not None and (source.namespace, source.name) == (target.namespace, target.name)


def _rule(
    connection: Connection,
    direction: Direction,
    subject: Endpoint,
    peer: Endpoint,
    policies: Sequence[Policy],
    blocks_match_pods: bool,
) -> DirectionDecision:
    if subject.namespace is None or subject.host_network:
        return DirectionDecision(direction, True, ())  # policies apply to pods that have a network of their own
    selecting = [policy for policy in policies if selects(policy, subject, direction)]
    if not selecting:
        return DirectionDecision(direction, True, ())
    admitting = [
        name_of(policy)
        for policy in selecting
        if any(
            _admits(rule, direction, policy["metadata"]["namespace"], peer, connection, blocks_match_pods)
            for rule in _rules(policy, direction)
        )
    ]
    if admitting:
        return DirectionDecision(direction, True, tuple(sorted(admitting)))
    return DirectionDecision(direction, False, tuple(sorted(map(name_of, selecting))))


def name_of(policy: Policy) -> str:
    return f"{policy['metadata']['namespace']}/{policy['metadata']['name']}"


def directions_of(policy: Policy) -> list[str]:
    """The directions that a policy isolates: as said, else Ingress, and Egress where there are egress rules."""
    spec = policy.get("spec") or {}
    return list(spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]))


def selects(policy: Policy, pod: Endpoint, direction: Direction) -> bool:
    """Whether a policy isolates a pod in a direction."""
    return (
        policy["metadata"]["namespace"] == pod.namespace
        and direction in directions_of(policy)
        and matches((policy.get("spec") or {}).get("podSelector") or {}, pod.labels)
    )


def isolates_all(policy: Policy, namespace: str, direction: Direction) -> bool:
    """Whether a policy isolates every pod of a namespace in a direction, those to come included."""
    selector = (policy.get("spec") or {}).get("podSelector") or {}
    everything = not selector.get("matchLabels") and not selector.get("matchExpressions")
    return policy["metadata"]["namespace"] == namespace and direction in directions_of(policy) and everything


def admits_everything(policy: Policy, direction: Direction) -> bool:
    """Whether a policy has a rule without peers and without ports: it isolates, and then lets everything pass."""
    return any(
        not rule.get("from" if direction == "Ingress" else "to") and not rule.get("ports")
        for rule in _rules(policy, direction)
    )


def _rules(policy: Policy, direction: Direction) -> Sequence[Mapping[str, Any]]:
    return (policy.get("spec") or {}).get(direction.lower()) or []


def _admits(
    rule: Mapping[str, Any],
    direction: Direction,
    namespace: str,
    peer: Endpoint,
    connection: Connection,
    blocks_match_pods: bool,
) -> bool:
    peers = rule.get("from" if direction == "Ingress" else "to") or []
    if peers and not any(_is_peer(entry, namespace, peer, blocks_match_pods) for entry in peers):
        return False
    ports = rule.get("ports") or []
    return not ports or any(_is_port(entry, connection) for entry in ports)


def _is_peer(entry: Mapping[str, Any], namespace: str, peer: Endpoint, blocks_match_pods: bool) -> bool:
    block = entry.get("ipBlock")
    if block is not None:
        in_cluster = peer.namespace is not None and not peer.host_network
        return (blocks_match_pods or not in_cluster) and _in_block(block, peer.address)
    if peer.namespace is None or peer.host_network:
        return False
    by_namespace, by_pod = entry.get("namespaceSelector"), entry.get("podSelector")
    if by_namespace is None:
        return peer.namespace == namespace and matches(by_pod, peer.labels)
    return matches(by_namespace, peer.namespace_labels) and (by_pod is None or matches(by_pod, peer.labels))


def _in_block(block: Mapping[str, Any], address: str) -> bool:
    if not address:
        return False
    value = ipaddress.ip_address(address)

    def inside(network: str) -> bool:
        parsed = ipaddress.ip_network(network, strict=False)
        return value.version == parsed.version and value in parsed

    return inside(block["cidr"]) and not any(inside(part) for part in block.get("except") or [])


def _is_port(entry: Mapping[str, Any], connection: Connection) -> bool:
    protocol = entry.get("protocol") or "TCP"
    if protocol != connection.protocol:
        return False
    port = entry.get("port")
    if port is None:
        return True
    if isinstance(port, str) and not port.isdigit():
        # A name means the number that the target pod gives it for this protocol; nothing outside the cluster has names.
        return any(
            named.name == port and named.protocol == protocol and named.number == connection.port
            for named in connection.target.ports
        )
    first = int(port)
    return first <= connection.port <= int(entry.get("endPort") or first)
