"""The kernel's tables of the sockets in this network namespace."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

SOCKET_TABLES = tuple(f"/proc/net/{name}" for name in ("tcp", "tcp6", "udp", "udp6", "sctp/eps"))


def socket_tables(tables: Sequence[str] = SOCKET_TABLES) -> str:
    """The tables as text, one after the other; those that there are."""
    found = []
    for table in tables:
        with contextlib.suppress(OSError):
            found.append(Path(table).read_text())
    return "".join(found)
