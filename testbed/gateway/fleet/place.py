"""The network namespace in which a region's load balancers run: on the nodes' bridge, with a way to the pods alone.

It holds the addresses that clients call, the proxies' own address (of the proxy-only subnetwork) and one of each range
of Google's health checkers. Nodes reach these on their bridge, so that an answer never takes the default route; the
namespace itself has none.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from testbed.gateway.model import HEALTH_CHECKERS
from testbed.host import HostError, run
from testbed.nodes.network.addresses import GATEWAY, SUBNET
from testbed.nodes.runtime import Runtime

PREFIX = "pingpong-lb-"
# The mark of the routes that are made here; those between clusters have another (routes.py).
PROTOCOL = "199"


@dataclass(frozen=True)
class Place:
    """One region's namespace. ``number`` (0 to 250) tells the health checkers of one region from another's."""

    name: str
    number: int
    proxy_range: str

    @property
    def namespace(self) -> str:
        """The network namespace."""
        return PREFIX + self.name

    @property
    def proxy(self) -> str:
        """The proxies' own address: the second of their subnetwork."""
        return str(ipaddress.ip_network(self.proxy_range)[2])

    @property
    def probers(self) -> list[str]:
        """The health checkers' addresses, one of each range."""
        return [str(ipaddress.ip_network(text)[self.number + 2]) for text in HEALTH_CHECKERS]

    def up(self) -> None:
        """Make the namespace and its link to the bridge, unless they are there."""
        if self.namespace not in namespaces():
            run(["ip", "netns", "add", self.namespace])
        if not self._links():
            outer = f"pplb{self.number}"
            run(["ip", "link", "delete", outer], check=False)
            run(["ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", self.namespace])
            run(["ip", "link", "set", outer, "master", bridge(), "up"])
        self.inside(
            "link set lo up",
            "link set eth0 up",
            *(f"address replace {address}/32 dev eth0" for address in (self.proxy, *self.probers)),
            f"route replace {SUBNET} dev eth0 scope link src {self.proxy}",
        )

    def serve(self, addresses: Iterable[str], pods: Mapping[str, str]) -> None:
        """Hold these addresses for clients, and reach pods (ranges by their node's address) and nothing else."""
        wanted = {*addresses, self.proxy, *self.probers}
        for found in self._addresses() - wanted:
            self.inside(f"address delete {found}/32 dev eth0")
        self.inside(
            *(f"address replace {address}/32 dev eth0" for address in sorted(wanted)),
            *(f"route replace {pods_range} via {node} dev eth0 onlink" for pods_range, node in pods.items()),
        )

    def admit(self, runtime: Runtime, nodes: Iterable[str]) -> None:
        """Give nodes their way back to the proxies and the health checkers: on the bridge, whatever else is there."""
        ranges = [self.proxy_range, *(f"{address}/32" for address in self.probers)]
        commands = "".join(f"route replace {text} dev eth0 scope link proto {PROTOCOL}\n" for text in ranges)
        commands += "".join(
            f"route replace unreachable {text} metric 9999 proto {PROTOCOL}\n" for text in HEALTH_CHECKERS
        )
        for node in nodes:
            runtime.execute(node, "ip", "-batch", "-", stdin=commands)

    def inside(self, *commands: str) -> None:
        """Run ``ip`` commands in the namespace."""
        run(["ip", "-netns", self.namespace, "-batch", "-"], stdin="".join(f"{line}\n" for line in commands))

    def _links(self) -> bool:
        answer = run(["ip", "-netns", self.namespace, "-json", "link", "show", "dev", "eth0"], check=False)
        return answer.returncode == 0

    def _addresses(self) -> set[str]:
        answer = run(["ip", "-netns", self.namespace, "-4", "-json", "address", "show", "dev", "eth0"])
        found = json.loads(answer.stdout or "[]")
        return {entry["local"] for link in found for entry in link.get("addr_info", ())}


def namespaces() -> list[str]:
    """The load balancers' namespaces that there are."""
    found = json.loads(run(["ip", "-json", "netns", "list"]).stdout or "[]")
    return [entry["name"] for entry in found if entry["name"].startswith(PREFIX)]


def remove_all() -> None:
    """Remove the namespaces, and with each the end of its link that is outside."""
    for namespace in namespaces():
        with contextlib.suppress(HostError):
            run(["ip", "netns", "delete", namespace])


def bridge() -> str:
    """The bridge of the nodes' network: the one that has this machine's address in it."""
    links = json.loads(run(["ip", "-json", "address", "show", "type", "bridge"]).stdout or "[]")
    for link in filter(None, links):
        if any(entry.get("local") == str(GATEWAY) for entry in link.get("addr_info", ())):
            return str(link["ifname"])
    raise HostError(f"no bridge has the address {GATEWAY}: the nodes' network is not up")
