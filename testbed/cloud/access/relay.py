"""The server's side of Identity-Aware Proxy's relay protocol, version 4: frames of one tunnel. Pure.

gcloud's iap_tunnel_websocket_utils.py; the codes of a close are those of IAP Desktop's SshRelayFormat.cs.
"""

from __future__ import annotations

import struct

PROTOCOL = "relay.tunnel.cloudproxy.app"
CONNECTED, DATA, ACK = 1, 4, 7
MOST = 16384
ACK_AFTER = 2 * MOST
# How much may be on its way without the client's word for it; how much it is at Google is not known.
WINDOW = 4 * MOST
CANNOT_CONNECT, BAD_ACK, INVALID_TAG, INVALID_DATA, NOT_AUTHORIZED, LOOKUP_FAILED = 4003, 4005, 4008, 4013, 4033, 4047
REASONS = {
    CANNOT_CONNECT: "failed to connect to backend",
    BAD_ACK: "bad ack",
    INVALID_TAG: "invalid tag",
    INVALID_DATA: "invalid data",
    NOT_AUTHORIZED: "not authorized",
    LOOKUP_FAILED: "Failed to lookup instance",
}


class Closed(Exception):
    """The tunnel ends with one of the codes."""

    def __init__(self, code: int) -> None:
        super().__init__(REASONS[code])
        self.code = code


class Frames:
    """What went through a tunnel, in bytes, and what a message of the client's is about."""

    def __init__(self) -> None:
        self.sent = self.confirmed = self.received = self.acknowledged = 0
        self._rest = b""

    def take(self, message: bytes) -> bytes:
        """The client's data in a message; raises Closed for what it may not send."""
        self._rest += message
        data = b""
        while len(self._rest) >= 2:
            tag = int.from_bytes(self._rest[:2], "big")
            if tag not in (DATA, ACK):
                raise Closed(INVALID_TAG)
            length = int.from_bytes(self._rest[2:6], "big") if tag == DATA else 0
            if length > MOST:
                raise Closed(INVALID_DATA)
            end = 6 + length if tag == DATA else 10
            if len(self._rest) < end:
                break
            if tag == DATA:
                data += self._rest[6:end]
            else:
                self._confirm(int.from_bytes(self._rest[2:end], "big"))
            self._rest = self._rest[end:]
        self.received += len(data)
        return data

    def wrapped(self, data: bytes) -> bytes:
        """The frame that carries data to the client."""
        self.sent += len(data)
        return struct.pack("!HI", DATA, len(data)) + data

    def acknowledgement(self) -> bytes:
        """The frame that confirms what the client sent, once one is due; else empty."""
        if self.received - self.acknowledged <= ACK_AFTER:
            return b""
        self.acknowledged = self.received
        return struct.pack("!HQ", ACK, self.received)

    @property
    def full(self) -> bool:
        """Whether the client has to confirm something first."""
        return self.sent - self.confirmed >= WINDOW

    def _confirm(self, received: int) -> None:
        if not self.confirmed <= received <= self.sent:
            raise Closed(BAD_ACK)
        self.confirmed = received


def connected(sid: bytes) -> bytes:
    """The first frame of a tunnel that reached its machine."""
    return struct.pack("!HI", CONNECTED, len(sid)) + sid
