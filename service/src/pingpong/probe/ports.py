"""Which ports listen in this network namespace."""

from __future__ import annotations

import contextlib
from pathlib import Path

LISTEN_STATE = "0A"


def listening_ports(tables: tuple[str, ...] = ("/proc/net/tcp", "/proc/net/tcp6")) -> list[int]:
    """The TCP ports of this network namespace that listen on more than loopback."""
    ports: set[int] = set()
    for table in tables:
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                local, state = line.split()[1], line.split()[3]
                address, _unused, port = local.partition(":")
                loopback = address in ("0100007F", "00000000000000000000000001000000")
                if state == LISTEN_STATE and not loopback:
                    ports.add(int(port, 16))
    return sorted(ports)
