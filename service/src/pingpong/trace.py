"""W3C Trace Context: read it, make it, pass it on (https://www.w3.org/TR/trace-context/)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

# version 00 has exactly four fields; later versions may add some; ff is no version
_TRACEPARENT = re.compile(
    rb"(?!ff)(?:00(?!.{54})|(?!00)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_MAX_TRACESTATE = 512


@dataclass(frozen=True, slots=True)
class Trace:
    """One position in a trace: 32 and 16 hex digits, two hex digits of flags, the vendors' state untouched."""

    trace_id: str
    parent_id: str
    flags: str = "01"
    state: bytes = b""

    def child(self) -> Trace:
        """The same trace, seen from a span of our own."""
        return Trace(self.trace_id, secrets.token_hex(8), self.flags, self.state)

    def headers(self) -> dict[bytes, bytes]:
        """The request headers that pass this position on."""
        headers = {b"traceparent": f"00-{self.trace_id}-{self.parent_id}-{self.flags}".encode()}
        if self.state:
            headers[b"tracestate"] = self.state
        return headers


def new() -> Trace:
    """The root of a new, sampled trace."""
    return Trace(secrets.token_hex(16), secrets.token_hex(8))


def parse(traceparent: bytes | None, tracestate: bytes | None = None) -> Trace | None:
    """The trace that a request's headers carry, or None where they carry none that is well formed."""
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match is None:
        return None
    state = tracestate if tracestate and len(tracestate) <= _MAX_TRACESTATE else b""
    return Trace(match[1].decode(), match[2].decode(), match[3].decode(), state)


def echo(headers: Mapping[bytes, bytes]) -> bytes:
    """The header lines that give a request's trace context back, or nothing where there is none that is well formed."""
    traceparent = headers.get(b"traceparent")
    if traceparent is None or not _TRACEPARENT.fullmatch(traceparent):
        return b""
    state = headers.get(b"tracestate")
    if not state or len(state) > _MAX_TRACESTATE:
        return b"traceparent: %b\r\n" % traceparent
    return b"traceparent: %b\r\ntracestate: %b\r\n" % (traceparent, state)
