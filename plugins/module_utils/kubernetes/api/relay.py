# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The relay protocol (version 4) of Identity-Aware Proxy's TCP forwarding: a client's state, and refusals. Pure.

A frame is a 16-bit tag and its content, big-endian. A websocket's message may hold several, and a part of one. As in
gcloud's iap_tunnel_websocket_utils.py; the codes of a close are those that IAP Desktop's SshRelayFormat.cs lists.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.websocket import ProtocolError

PROTOCOL = "relay.tunnel.cloudproxy.app"
ROLE = "roles/iap.tunnelResourceAccessor"
RANGE = "35.235.240.0/20"
MOST = 16384  # bytes of data in a frame that a client sends
_CONNECTED, _DATA, _ACK = 1, 4, 7
_ACK_AFTER = 2 * MOST
_LIMIT = 1024 * 1024
REAUTHENTICATION_REQUIRED, NOT_AUTHORIZED = 4004, 4033
_MEANINGS = {
    4003: f"it cannot connect there; expected a firewall rule that admits {RANGE}, and a proxy that listens",
    REAUTHENTICATION_REQUIRED: "it does not accept the token any more",
    NOT_AUTHORIZED: f"the caller is not authorized, expected {ROLE} on the project or on the instance",
    4047: "it finds no such instance that runs",
    4051: "it finds no such instance that runs",
}


class Bastion(NamedTuple):
    """A port of a virtual machine, reached by IAP."""

    project: str
    zone: str
    instance: str
    port: int

    def __str__(self) -> str:
        return f"port {self.port} of {self.instance} ({self.zone}, {self.project})"


def refusal(bastion: Bastion, code: int, said: str) -> str:
    """What it means that IAP closed a tunnel to ``bastion`` with this code and reason."""
    meaning = _MEANINGS.get(code) or f"it closed the tunnel: {said or 'without a reason'}"
    return f"IAP, {bastion}: {meaning} ({code})"


def wrapped(data: bytes) -> bytes:
    """The frame of at most MOST bytes for the other end."""
    return struct.pack("!HI", _DATA, len(data)) + data


class Relay:
    """What came through one tunnel. ``connected``: whether IAP has reached the other end."""

    def __init__(self) -> None:
        self.connected = False
        self._rest = b""
        self._received = self._confirmed = 0

    def take(self, message: bytes) -> bytes:
        """The other end's bytes in a message; ProtocolError for what does not fit the protocol."""
        self._rest += message
        data = b""
        while (frame := self._frame()) is not None:
            tag, content = frame
            if tag == _CONNECTED:
                self.connected = True
            elif tag in (_DATA, _ACK) and not self.connected:
                raise ProtocolError("the relay sent data before it was connected")
            elif tag == _DATA:
                data += content
        self._received += len(data)
        return data

    def acknowledgement(self) -> bytes:
        """The frame that confirms what was received, once enough was; empty as long as none is due."""
        if self._received - self._confirmed <= _ACK_AFTER:
            return b""
        self._confirmed = self._received
        return struct.pack("!HQ", _ACK, self._received)

    def _frame(self) -> tuple[int, bytes] | None:
        """The next frame that is whole; of an unknown tag, whose length nobody knows, all that there is."""
        if len(self._rest) < 2:
            return None
        tag, start, length = int.from_bytes(self._rest[:2], "big"), 2, 8
        if tag in (_CONNECTED, _DATA):
            start = 6
            length = int.from_bytes(self._rest[2:start], "big") if len(self._rest) >= start else 0
        elif tag != _ACK:
            length = len(self._rest) - start
        if length > _LIMIT:
            raise ProtocolError("the relay sent a frame that is too long")
        if len(self._rest) < start + length:
            return None
        content, self._rest = self._rest[start : start + length], self._rest[start + length :]
        return tag, content
