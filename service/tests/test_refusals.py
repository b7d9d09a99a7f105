"""What another hop could read differently than we do is answered with an error, and the connection ends."""

from __future__ import annotations

import time

import pytest
from running import Running, read_all, statuses

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
    "Content-Length in two words": (POST + b"Content-Length: 1 0\r\n\r\nabc", 400),
    "Content-Length behind a vertical tab": (POST + b"Content-Length: \x0b3\r\n\r\nabc", 400),
    "Content-Length before a next line": (POST + b"Content-Length: 3\x85\r\n\r\nabc", 400),
    "Content-Length with a point": (POST + b"Content-Length: 3.0\r\n\r\nabc", 400),
    "Content-Length with an exponent": (POST + b"Content-Length: 3e0\r\n\r\nabc", 400),
    "Content-Length in quotes": (POST + b'Content-Length: "3"\r\n\r\nabc', 400),
    "Content-Length in other digits": (POST + "Content-Length: \u0663\r\n\r\nabc".encode(), 400),
    "Content-Length of nothing, twice": (POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
    "Content-Length of nothing beside chunks": (
        POST + b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    # transfer codings
    "Transfer-Encoding twice": (
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding identity": (POST + b"Transfer-Encoding: identity\r\n\r\n", 501),
    "Transfer-Encoding gzip, chunked": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "Transfer-Encoding chunked, gzip": (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding xchunked": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    "Transfer-Encoding with a vertical tab": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding empty": (POST + b"Transfer-Encoding:\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding empty beside a length": (
        POST + b"Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc", 400),
    "Transfer-Encoding in quotes": (POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', 501),
    "Transfer-Encoding with a parameter": (POST + b"Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 501),
    "Transfer-Encoding chunked, chunked": (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding with a comma behind": (POST + b"Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding with a comma in front": (POST + b"Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 501),
    "Transfer-Encoding with a Kelvin sign": (
        POST + "Transfer-Encoding: chun\u212aed\r\n\r\n0\r\n\r\n".encode(), 501),
    "Transfer-Encoding with a NUL": (POST + b"Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding with a space of Latin-1": (POST + b"Transfer-Encoding: \xa0chunked\r\n\r\n0\r\n\r\n", 501),
    "Transfer-Encoding on the next line": (POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding and its colon apart": (POST + b"Transfer-Encoding\r\n: chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding behind a bare LF": (POST + b"X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding behind a bare CR": (POST + b"X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding in HTTP/1.0": (
        b"POST /ping HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding in HTTP/1.0 that a proxy is asked to keep open": (
        b"POST /ping HTTP/1.0\r\nHost: a\r\nProxy-Connection: keep-alive\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "an upgrade in front of two lengths": (
        POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "an upgrade in front of malformed chunks": (
        POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n", 400),
    "an upgrade in front of another coding": (
        POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "an upgrade in front of chunks in HTTP/1.0": (
        b"POST /ping HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "an upgrade in front of too large a body": (
        POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 99999999\r\n\r\n", 413),
    # chunks
    "chunk size in 0x": (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400),
    "chunk size negative": (CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n", 400),
    "chunk size over 64 bits": (CHUNKED + b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400),
    "space after the chunk size": (CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n", 400),
    "bare LF after the chunk size": (CHUNKED + b"3\nabc\r\n0\r\n\r\n", 400),
    "bare LF after the chunk": (CHUNKED + b"3\r\nabc\n0\r\n\r\n", 400),
    "bare LF in a chunk extension": (CHUNKED + b"3;a\nb\r\nabc\r\n0\r\n\r\n", 400),
    "no line end after the chunk": (CHUNKED + b"3\r\nabc0\r\n\r\n", 400),
    "chunk size signed": (CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n", 400),
    "chunk size empty": (CHUNKED + b"\r\nabc\r\n0\r\n\r\n", 400),
    "chunk size behind a space": (CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n", 400),
    "chunk size list": (CHUNKED + b"3,3\r\nabc\r\n0\r\n\r\n", 400),
    "chunk size with an underscore": (CHUNKED + b"0_3\r\nabc\r\n0\r\n\r\n", 400),
    "bare CR after the chunk size": (CHUNKED + b"3\rabc\r\n0\r\n\r\n", 400),
    "two CRs after the chunk size": (CHUNKED + b"3\r\r\nabc\r\n0\r\n\r\n", 400),
    "two CRs after the chunk": (CHUNKED + b"3\r\nabc\r\r0\r\n\r\n", 400),
    "bare CR after the chunk": (CHUNKED + b"3\r\nabc\r0\r\n\r\n", 400),
    "a chunk longer than its size": (CHUNKED + b"3\r\nabcde\r\n0\r\n\r\n", 400),
    "a chunk extension without a semicolon": (CHUNKED + b"3 a\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk extension behind a space": (CHUNKED + b"3 ;a\r\nabc\r\n0\r\n\r\n", 400),
    "bare CR in a chunk extension": (CHUNKED + b"2;\rxx\r\n4c\r\n0\r\n\r\n", 400),
    "bare LF ends a chunk extension": (CHUNKED + b"3;\nabc\r\n0\r\n\r\n", 400),
    "bare LF in a quoted chunk extension": (CHUNKED + b'3;a="\n"\r\nabc\r\n0\r\n\r\n', 400),
    "NUL in a chunk extension": (CHUNKED + b"3;\0\r\nabc\r\n0\r\n\r\n", 400),
    "bare LF in the last chunk's extension": (CHUNKED + b"0;a\nb\r\n\r\n", 400),
    "bare LF after the last chunk": (CHUNKED + b"0\n\n", 400),
    "bare LF ends the body": (CHUNKED + b"0\r\n\n", 400),
    # trailers
    "Content-Length in a trailer": (CHUNKED + b"0\r\nContent-Length: 34\r\n\r\n", 400),
    "Transfer-Encoding in a trailer": (CHUNKED + b"0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "bare LF in a trailer": (CHUNKED + b"0\r\nX: a\nY: b\r\n\r\n", 400),
    "folded trailer": (CHUNKED + b"0\r\nX: a\r\n b\r\n\r\n", 400),
    "space before a trailer's colon": (CHUNKED + b"0\r\nX : a\r\n\r\n", 400),
    "a request for a trailer": (CHUNKED + b"0\r\n" + GET, 400),
    # lines
    "bare LF ends the request line": (b"GET /ping HTTP/1.1\nHost: a\r\n\r\n", 400),
    "bare LF ends a header": (b"GET /ping HTTP/1.1\r\nHost: a\n\r\n", 400),
    "bare LF ends the head": (b"GET /ping HTTP/1.1\r\nHost: a\r\n\n", 400),
    "bare CR in a header": (head(b"X: a\rY: b"), 400),
    "two CRs end a header": (b"GET /ping HTTP/1.1\r\nHost: a\r\r\n\r\n", 400),
    "two CRs end the head": (b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\r\n", 400),
    "folded header": (head(b"X: a\r\n b"), 400),
    "space before the first header": (b"GET /ping HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "space before the colon": (head(b"X : a"), 400),
    "tab before the colon": (head(b"X\t: a"), 400),
    "no colon": (head(b"Xabc"), 400),
    "empty header name": (head(b": a"), 400),
    "parenthesis in a header name": (head(b"X(: a"), 400),
    "NUL in a header": (head(b"X: a\0b"), 400),
    "control character in a header": (head(b"X: a\x01b"), 400),
    "vertical tab in a header": (head(b"X: a\x0bb"), 400),
    "DEL in a header": (head(b"X: a\x7fb"), 400),
    "NUL in a header name": (head(b"X\0: a"), 400),
    "high byte in a header name": (head(b"X\xff: a"), 400),
    "quotes around a header name": (head(b'"X": a'), 400),
    # request line
    "NUL in the path": (b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "raw high byte in the path": (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "tab for a space": (b"GET /ping\tx HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a third word": (b"GET /ping x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "space before the request line": (b" GET /ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "space after the request line": (b"GET /ping HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
    "vertical tab for a space": (b"GET\x0b/ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a request line on two lines": (b"GET\r\n /ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "NUL before the request line": (b"\0GET /ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a byte order mark": (b"\xef\xbb\xbf" + GET, 400),
    "a PROXY line": (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + GET, 400),
    "a path without a slash": (b"GET ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a backslash for a slash": (b"GET \\ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "authority form without CONNECT": (b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "absolute form without Host": (b"GET http://a/ping HTTP/1.1\r\n\r\n", 400),
    "unknown method": (b"FOO /ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "lower case method": (b"get /ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "CONNECT": (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "HTTP/0.9": (b"GET /ping\r\n\r\n", 505),
    "HTTP/2.0 in text": (b"GET /ping HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "HTTP/2.0 in text that a proxy is asked to keep open": (
        b"GET /ping HTTP/2.0\r\nHost: a\r\nProxy-Connection: keep-alive\r\n\r\n", 505),
    "HTTP/1.2": (b"GET /ping HTTP/1.2\r\nHost: a\r\n\r\n", 400),
    "HTTP/01.1": (b"GET /ping HTTP/01.1\r\nHost: a\r\n\r\n", 400),
    "HTTP/1.10": (b"GET /ping HTTP/1.10\r\nHost: a\r\n\r\n", 400),
    "HTTP/1": (b"GET /ping HTTP/1\r\nHost: a\r\n\r\n", 400),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "lower case protocol": (b"GET /ping http/1.1\r\nHost: a\r\n\r\n", 400),
    "RTSP/1.0": (b"GET /ping RTSP/1.0\r\nHost: a\r\n\r\n", 400),
    "RTSP/1.1, which the parser would keep open": (b"GET /ping RTSP/1.1\r\nHost: a\r\n\r\n", 400),
    "RTSP/1.0 with a body": (b"POST /ping RTSP/1.0\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400),
    "RTSP/1.0 with a method of its own": (b"DESCRIBE /ping RTSP/1.0\r\nHost: a\r\n\r\n", 400),
    "RTSP/1.0 behind blank lines": (b"\r\n\r\nGET /ping RTSP/1.0\r\nHost: a\r\n\r\n", 400),
    "ICE/1.0": (b"GET /ping ICE/1.0\r\nHost: a\r\n\r\n", 400),
    "ICE/1.0 with a method of its own": (b"SOURCE /ping ICE/1.0\r\nHost: a\r\n\r\n", 400),
    "SIP/2.0": (b"OPTIONS /ping SIP/2.0\r\nHost: a\r\n\r\n", 400),
    "HTTPS/1.1": (b"GET /ping HTTPS/1.1\r\nHost: a\r\n\r\n", 400),
    "HTTP/3.0 in text": (b"GET /ping HTTP/3.0\r\nHost: a\r\n\r\n", 400),
    "an SSH banner": (b"SSH-2.0-OpenSSH_9.2\r\n", 400),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    # Host
    "no Host": (b"GET /ping HTTP/1.1\r\n\r\n", 400),
    "empty Host": (b"GET /ping HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "two Hosts": (head(b"Host: b"), 400),
    "two equal Hosts": (head(b"host: a"), 400),
    "a path in Host": (b"GET /ping HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "a user in Host": (b"GET /ping HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
    "a list in Host": (b"GET /ping HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    "a space in Host": (b"GET /ping HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "a query in Host": (b"GET /ping HTTP/1.1\r\nHost: a?b\r\n\r\n", 400),
    "a high byte in Host": (b"GET /ping HTTP/1.1\r\nHost: a\xff\r\n\r\n", 400),
    "a port alone in Host": (b"GET /ping HTTP/1.1\r\nHost: :80\r\n\r\n", 400),
    "half an address in Host": (b"GET /ping HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
    "a folded Host before another": (b"GET /ping HTTP/1.1\r\n Host: a\r\nHost: b\r\n\r\n", 400),
    # expectations
    "unknown expectation": (head(b"Expect: cake"), 417),
    "an expectation behind another word": (POST + b"Expect: y 100-continue\r\nContent-Length: 3\r\n\r\nabc", 417),
    "an expectation in a list": (POST + b"Expect: 100-continue, x\r\nContent-Length: 3\r\n\r\nabc", 417),
    "an empty expectation": (POST + b"Expect:\r\nContent-Length: 3\r\n\r\nabc", 417),
    "two equal expectations": (
        POST + b"Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", 400),
    "an expectation on the next line": (POST + b"Expect:\r\n 100-continue\r\nContent-Length: 3\r\n\r\nabc", 400),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_and_closed(plain: Running, case: str) -> None:
    sent, expected = REFUSED[case]
    # the request behind must never be answered: that is what smuggling is
    reply = plain.exchange(sent + GET, half_close=False)
    assert statuses(reply) == [expected]
    assert b"\r\nconnection: close\r\n" in reply
    assert b"pong" not in reply


BODIES = {
    "a length": b"Content-Length: 5\r\n\r\nhello",
    "chunks": b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "no body": b"\r\n",
}


@pytest.mark.parametrize("body", BODIES)
def test_another_protocol_is_refused_behind_a_request(plain: Running, body: bytes) -> None:
    """Wherever its line stands in what is read: also in front of a line that would do, and cut anywhere."""
    stream = POST + BODIES[body] + b"GET /ping RTSP/1.0\r\nHost: GET /ping HTTP/1.0\r\n\r\n"
    assert statuses(plain.exchange(stream, half_close=False)) == [500, 400]
    for cut in range(len(stream) - 50, len(stream) - 20):
        with plain.connect() as connection:
            connection.sendall(stream[:cut])
            time.sleep(0.002)
            connection.sendall(stream[cut:])
            assert statuses(read_all(connection)) == [500, 400], stream[cut:]


def test_what_came_before_is_still_answered(plain: Running) -> None:
    reply = plain.exchange(GET + GET + head(b"X : a") + GET, half_close=False)
    assert statuses(reply) == [200, 200, 400]


@pytest.mark.parametrize(
    "sent",
    [
        b"HEAD /ping HTTP/1.1\r\n\r\n",
        b"HEAD /ping HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n",
        GET + b"HEAD /ping HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n",
    ],
)
def test_a_head_is_refused_without_a_body(plain: Running, sent: bytes) -> None:
    assert plain.exchange(sent, half_close=False).endswith(b"\r\nconnection: close\r\n\r\n")


def test_what_comes_behind_a_head_is_refused_with_one(plain: Running) -> None:
    reply = plain.exchange(GET.replace(b"GET", b"HEAD", 1) + b"junk\r\n\r\n", half_close=False)
    assert statuses(reply) == [200, 400]
    assert b"\r\n\r\nmalformed request" in reply


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
