"""What makes a request's head acceptable, beyond what llhttp's strict mode already refuses.

llhttp refuses bare CR and LF, folded lines, space before a colon, repeated or malformed Content-Length,
Content-Length beside Transfer-Encoding, and malformed chunks. What is here closes the rest: anything that
another hop could frame or route differently than we do is an error, never a guess (RFC 9112, RFC 9110).
"""

from __future__ import annotations

import re

from pingpong.http.messages import RefusedError

HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
# a second one of these means that two hops may believe different things
SINGLE = frozenset((b"host", b"content-length", b"transfer-encoding", b"content-type", b"expect"))


def check_line(line: bytes) -> None:
    """Raises ``RefusedError`` for a request line of another protocol that the parser reads too."""
    if not line.endswith(b" HTTP/1.1") and line.rpartition(b" ")[2].startswith((b"RTSP/", b"ICE/")):
        raise RefusedError(400, "another protocol's request: only HTTP/1.0 and HTTP/1.1 are spoken here")


def check_host(version: str, host: bytes | None) -> None:
    """Raises ``RefusedError`` for a Host header that is missing where it must not, or malformed."""
    if host is None:
        if version == "1.1":
            raise RefusedError(400, "the Host header is missing")
    elif not HOST.fullmatch(host):
        raise RefusedError(400, "the Host header is malformed")


def check_head(method: bytes, version: str, headers: dict[bytes, bytes], max_body: int) -> bool:
    """Whether a body follows. Raises ``RefusedError`` for a head that must not be acted on."""
    if version != "1.1":
        if version != "1.0":
            raise RefusedError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        if b"transfer-encoding" in headers:
            raise RefusedError(400, "Transfer-Encoding is not part of HTTP/1.0")
    if method == b"CONNECT":
        raise RefusedError(501, "this is no proxy")
    coding = headers.get(b"transfer-encoding")
    if coding is not None:
        if coding.lower() != b"chunked":
            raise RefusedError(501, "the only transfer coding known here is chunked")
        return True
    if b"content-length" not in headers:
        return False
    length = int(headers[b"content-length"])
    if length > max_body:
        raise RefusedError(413, f"the body is larger than {max_body} bytes")
    return length > 0


def wants_continue(version: str, headers: dict[bytes, bytes]) -> bool:
    """Whether the client waits for ``100 Continue``. Raises ``RefusedError`` for another expectation."""
    expect = headers.get(b"expect")
    if expect is None:
        return False
    if expect.lower() != b"100-continue":
        raise RefusedError(417, "the only expectation known here is 100-continue")
    return version == "1.1"
