"""W3C Trace Context: read it, make it, pass it on (https://www.w3.org/TR/trace-context/)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
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
    if match is None or (traceparent is not None and traceparent.startswith(b"00-") and match[4]):
        return None  # version 00 has exactly four fields; later versions may add some
    state = tracestate if tracestate and len(tracestate) <= _MAX_TRACESTATE else b""
    return Trace(match[1].decode(), match[2].decode(), match[3].decode(), state)


def echo(headers: Mapping[bytes, bytes]) -> bytes:
    """The header lines that give a request's trace context back, or nothing where it is malformed."""
    traceparent, tracestate = headers.get(b"traceparent"), headers.get(b"tracestate")
    found = parse(traceparent, tracestate)
    if found is None or traceparent is None:
        return b""
    lines = b"traceparent: %b\r\n" % traceparent
    return lines + b"tracestate: %b\r\n" % found.state if found.state else lines
