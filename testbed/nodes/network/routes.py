"""Pods of the clusters of one network reach each other by their own addresses, as VPC-native clusters do on Google's.

Each node has a route to the pods of every node of the other clusters, by way of that node. Cilium leaves the addresses
as they are (``ipv4NativeRoutingCIDR``) and takes what arrives for what comes from outside its cluster. The VPC's
firewall is not played: here nothing but network policies stands between two clusters of a network.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from testbed.host import HostError, locked, state_root
from testbed.nodes import record
from testbed.nodes.network.addresses import CLUSTER_RANGE
from testbed.nodes.runtime import Node, Runtime

# Of no routing daemon (/etc/iproute2/rt_protos): the mark of the routes that are made here.
PROTOCOL = "198"
# What no longer route covers never leaves by the default route, which leads off this machine.
GUARD = ("route", "replace", "unreachable", str(CLUSTER_RANGE))
Routes = Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """A node that runs: its cluster's network, and the range of its pods."""

    network: str
    node: Node
    pods: str


def desired(places: Iterable[Place]) -> dict[str, Routes]:
    """For each node, by name, the routes to the pods of other clusters: from their range to their node's address."""
    found = list(places)
    return {
        place.node.name: {
            other.pods: other.node.address
            for other in found
            if other.network == place.network and other.node.cluster != place.node.cluster
        }
        for place in found
    }


def batch(live: Iterable[Mapping[str, Any]], routes: Routes) -> str:
    """The input of ``ip -batch``: routes that are missing are made and others moved, then what is left over goes."""
    commands = [
        " ".join(GUARD),
        *(f"route replace {pods} via {address} proto {PROTOCOL}" for pods, address in routes.items()),
        *(f"route delete {route['dst']} proto {PROTOCOL}" for route in live if route["dst"] not in routes),
    ]
    return "".join(f"{command}\n" for command in commands)


def connect(runtime: Runtime) -> None:
    """Bring the routes of every node that runs up to date with the clusters that there are."""
    with locked(state_root() / "locks" / "routes"):
        for name, routes in desired(_places(runtime)).items():
            try:
                live = json.loads(runtime.execute(name, "ip", "-json", "route", "show", "proto", PROTOCOL) or "[]")
                runtime.execute(name, "ip", "-batch", "-", stdin=batch(live, routes))
            except HostError:
                if any(node.name == name and node.running for node in runtime.nodes()):
                    raise  # else its cluster was deleted in the meantime


def _places(runtime: Runtime) -> list[Place]:
    known = {found.name: found for found in map(record.load, record.names()) if found}
    return [
        Place(of.network, node, of.pod_ranges[node.name])
        for node in runtime.nodes()
        if node.running and (of := known.get(node.cluster)) and node.name in of.pod_ranges
    ]
