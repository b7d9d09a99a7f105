"""What another hop could read differently than we do is answered with an error, and the connection ends."""

from __future__ import annotations

import pytest
from running import Running, statuses

GET = b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /ping HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def head(line: bytes) -> bytes:
    return b"GET /ping HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n"


REFUSED = {
    # two lengths
    "Content-Length then Transfer-Encoding": (
        POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding then Content-Length": (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
    "Content-Length twice, equal": (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    "Content-Length twice, different": (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
    "Content-Length list": (POST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    "Content-Length signed": (POST + b"Content-Length: +3\r\n\r\nabc", 400),
    "Content-Length negative": (POST + b"Content-Length: -3\r\n\r\nabc", 400),
    "Content-Length hexadecimal": (POST + b"Content-Length: 0x3\r\n\r\nabc", 400),
    "Content-Length empty": (POST + b"Content-Length: \r\n\r\nabc", 400),
    "Content-Length over 64 bits": (POST + b"Content-Length: 18446744073709551619\r\n\r\nabc", 400),
    "Content-Length with an underscore": (POST + b"Content-Length: 1_0\r\n\r\nabc", 400),
    # transfer codings
    "Transfer-Encoding twice": (
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding identity": (POST + b"Transfer-Encoding: identity\r\n\r\n", 501),
    "Transfer-Encoding gzip, chunked": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "Transfer-Encoding chunked, gzip": (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding xchunked": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    "Transfer-Encoding with a vertical tab": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding in HTTP/1.0": (
        b"POST /ping HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "an upgrade in front of a body": (
        POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 34\r\n\r\n", 400),
    "an upgrade in front of chunks": (
        POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    # chunks
    "chunk size in 0x": (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400),
    "chunk size negative": (CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n", 400),
    "chunk size over 64 bits": (CHUNKED + b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400),
    "space after the chunk size": (CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n", 400),
    "bare LF after the chunk size": (CHUNKED + b"3\nabc\r\n0\r\n\r\n", 400),
    "bare LF after the chunk": (CHUNKED + b"3\r\nabc\n0\r\n\r\n", 400),
    "bare LF in a chunk extension": (CHUNKED + b"3;a\nb\r\nabc\r\n0\r\n\r\n", 400),
    "no line end after the chunk": (CHUNKED + b"3\r\nabc0\r\n\r\n", 400),
    # lines
    "bare LF ends the request line": (b"GET /ping HTTP/1.1\nHost: a\r\n\r\n", 400),
    "bare LF ends a header": (b"GET /ping HTTP/1.1\r\nHost: a\n\r\n", 400),
    "bare LF ends the head": (b"GET /ping HTTP/1.1\r\nHost: a\r\n\n", 400),
    "bare CR in a header": (head(b"X: a\rY: b"), 400),
    "folded header": (head(b"X: a\r\n b"), 400),
    "space before the first header": (b"GET /ping HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "space before the colon": (head(b"X : a"), 400),
    "tab before the colon": (head(b"X\t: a"), 400),
    "no colon": (head(b"Xabc"), 400),
    "empty header name": (head(b": a"), 400),
    "parenthesis in a header name": (head(b"X(: a"), 400),
    "NUL in a header": (head(b"X: a\0b"), 400),
    "control character in a header": (head(b"X: a\x01b"), 400),
    # request line
    "NUL in the path": (b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "raw high byte in the path": (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "tab for a space": (b"GET /ping\tx HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a third word": (b"GET /ping x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "unknown method": (b"FOO /ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "lower case method": (b"get /ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "CONNECT": (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "HTTP/0.9": (b"GET /ping\r\n\r\n", 505),
    "HTTP/2.0 in text": (b"GET /ping HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "HTTP/1.2": (b"GET /ping HTTP/1.2\r\nHost: a\r\n\r\n", 400),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "lower case protocol": (b"GET /ping http/1.1\r\nHost: a\r\n\r\n", 400),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    # Host
    "no Host": (b"GET /ping HTTP/1.1\r\n\r\n", 400),
    "empty Host": (b"GET /ping HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "two Hosts": (head(b"Host: b"), 400),
    "two equal Hosts": (head(b"host: a"), 400),
    "a path in Host": (b"GET /ping HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "a user in Host": (b"GET /ping HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
    "a list in Host": (b"GET /ping HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    # expectations
    "unknown expectation": (head(b"Expect: cake"), 417),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_and_closed(plain: Running, case: str) -> None:
    sent, expected = REFUSED[case]
    # the request behind must never be answered: that is what smuggling is
    reply = plain.exchange(sent + GET, half_close=False)
    assert statuses(reply) == [expected]
    assert b"\r\nconnection: close\r\n" in reply
    assert b"pong" not in reply


def test_what_came_before_is_still_answered(plain: Running) -> None:
    reply = plain.exchange(GET + GET + head(b"X : a") + GET, half_close=False)
    assert statuses(reply) == [200, 200, 400]


def test_a_trailer_is_no_header(plain: Running) -> None:
    """A proxy sanitises the identity header in the head; a trailer must not bring it back."""
    reply = plain.exchange(
        b"GET /whoami HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\nX-Forwarded-Client-Cert: URI=spiffe://evil\r\n\r\n"
    )
    assert statuses(reply) == [200]
    assert b'"peer":null' in reply


def test_refusals_are_counted(plain: Running) -> None:
    sample = 'http_request_duration_seconds_count{code="505",method="other",route="refused"}'
    before = plain.metric(sample)
    plain.exchange(REFUSED["HTTP/0.9"][0])
    assert plain.metric(sample) == before + 1
