# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kernel's tables of sockets, and which of them belong to the mesh's proxy. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod

TABLES = tuple(f"/proc/net/{name}" for name in ("tcp", "tcp6", "udp", "udp6", "sctp/eps"))
# What Istio's proxy and agent listen on (istio.io, Application Requirements); others in their range are anybody's.
PROXY_PORTS = frozenset((15000, 15001, 15004, 15006, 15020, 15021, 15053, 15090))
TCP_LISTEN, UDP_UNCONNECTED, SCTP_LISTEN = "0A", "07", "10"
EPHEMERAL = range(32768, 61000)  # where the kernel takes the ports of clients from, unless it is told otherwise


class Socket(NamedTuple):
    """A socket that takes what anybody sends to its port; ``uid`` is the user that it belongs to."""

    port: int
    protocol: str
    uid: int


@dataclass(frozen=True, slots=True)
class Listening:
    """What a pod listens on. ``sockets`` None is not known, and ``source`` then says why, else from where."""

    sockets: tuple[Socket, ...] | None
    source: str

    def tcp(self, pod: MeshPod) -> list[int]:
        """The TCP ports, without those of the proxy."""
        return sorted({entry.port for entry in self.sockets or () if entry.protocol == "TCP" and not _own(entry, pod)})

    def datagrams(self, pod: MeshPod) -> list[tuple[int, str]]:
        """The ports of other protocols, without the sockets that the proxy itself sends from."""
        return sorted(
            {
                (entry.port, entry.protocol)
                for entry in self.sockets or ()
                if entry.protocol != "TCP" and entry.uid != pod.proxy_uid
            }
        )


def _own(entry: Socket, pod: MeshPod) -> bool:
    return entry.port in PROXY_PORTS and entry.uid == pod.proxy_uid


def parse_tables(text: str) -> tuple[Socket, ...]:
    """The sockets of ``TABLES``, one after the other, that listen on more than loopback.

    :raises ValueError: where the first table is missing: nothing would then say of a port that it is closed.
    """
    found, kind = [], ""
    for line in text.splitlines():
        words = line.split()
        if "local_address" in words:
            kind = "UDP" if "drops" in words else "TCP"
        elif "ENDPT" in words:
            kind = "SCTP"
        elif words:
            found.append(_sctp(words) if kind == "SCTP" else _inet(kind, words))
    if "local_address" not in text:
        raise ValueError("found no table of sockets")
    return tuple(sorted({entry for entry in found if entry is not None}))


def _inet(kind: str, words: list[str]) -> Socket | None:
    address, _unused, port = words[1].partition(":")
    listens = words[3] == (UDP_UNCONNECTED if kind == "UDP" else TCP_LISTEN)
    return Socket(int(port, 16), kind, int(words[7])) if listens and not _loopback(address) else None


def _sctp(words: list[str]) -> Socket | None:
    return Socket(int(words[5]), "SCTP", int(words[6])) if words[3] == SCTP_LISTEN else None


def _loopback(address: str) -> bool:
    """Whether an address, as the kernel writes it, is 127.0.0.0/8, ::1 or the former within the latter's family."""
    if len(address) == 8:
        return address.endswith("7F")
    return address == "00000000000000000000000001000000" or (
        address.startswith("0000000000000000FFFF0000") and address.endswith("7F")
    )
