"""Which addresses a cluster uses. Every cluster has a slot; what follows from it is disjoint from other slots.

The nodes' network is a documentation range (RFC 5737), pods and services are in the range for benchmarks
(RFC 2544): a packet that leaves by mistake reaches nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

SUBNET = IPv4Network("198.51.100.0/24")
GATEWAY = SUBNET[1]  # this machine's own end of it
NODE_RANGE = IPv4Network("198.51.100.0/26")  # the runtime gives nodes their addresses from here
_LOAD_BALANCERS = [net for net in SUBNET.subnets(new_prefix=28) if not net.overlaps(NODE_RANGE)]
CLUSTER_RANGE = IPv4Network("198.18.0.0/15")  # pods and services of all clusters
POD_RANGE, _SERVICE_RANGE = CLUSTER_RANGE.subnets()
_PODS = list(POD_RANGE.subnets(new_prefix=20))
_SERVICES = list(_SERVICE_RANGE.subnets(new_prefix=20))
SLOTS = len(_LOAD_BALANCERS)


@dataclass(frozen=True)
class AddressPlan:
    """The ranges of one cluster; ``load_balancers`` is the first and last address of its pool."""

    pods: IPv4Network
    services: IPv4Network
    load_balancers: tuple[IPv4Address, IPv4Address]

    @property
    def dns(self) -> IPv4Address:
        """The cluster's DNS service, where kubeadm puts it."""
        return self.services[10]


def plan(slot: int) -> AddressPlan:
    """The addresses of a slot from 0 to SLOTS - 1."""
    if not 0 <= slot < SLOTS:
        raise ValueError(f"slot: expected 0 to {SLOTS - 1}, found {slot}")
    pool = _LOAD_BALANCERS[slot]
    # the last address of the last pool is the network's broadcast address: leave each pool's out
    return AddressPlan(_PODS[slot], _SERVICES[slot], (pool[0], pool[-2]))


def free_slot(taken: Iterable[int]) -> int:
    """The lowest slot that no cluster has."""
    used = set(taken)
    for slot in range(SLOTS):
        if slot not in used:
            return slot
    raise ValueError(f"no room for another cluster: {SLOTS} fit in {SUBNET}")
