"""Sockets at addresses that may come later, as the nodes' network does with the first cluster."""

from __future__ import annotations

import socket

# From linux/in.h: bind an address that the machine may not have yet.
IP_FREEBIND = 15


def listening(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """A bound socket; port 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, kind)
    try:
        if kind == socket.SOCK_STREAM:  # datagrams would be shared with whoever else has the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener
