"""What a correct client may send, byte by byte, and what comes back."""

from __future__ import annotations

import re
import time

import pytest
from running import Running, statuses

GET = b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
CLOSE = b"GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

ACCEPTED = {
    "the plain case": (GET, [200]),
    "HTTP/1.0 without Host": (b"GET /ping HTTP/1.0\r\n\r\n", [200]),
    "host with port": (b"GET /ping HTTP/1.1\r\nHost: a.example:8080\r\n\r\n", [200]),
    "IPv6 host": (b"GET /ping HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", [200]),
    "space around a value": (b"GET /ping HTTP/1.1\r\nHost: \t a \t\r\n\r\n", [200]),
    "a query": (b"GET /ping?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", [200]),
    "absolute form": (b"GET http://other:80/ping?x HTTP/1.1\r\nHost: a\r\n\r\n", [200]),
    "absolute form, upper case scheme": (b"GET HTTP://other/ping HTTP/1.1\r\nHost: a\r\n\r\n", [200]),
    "empty lines first": (b"\r\n\r\n" + GET, [200]),
    "HTTP/1.0 with a body": (b"POST /ping HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", [500]),
    "POST is the failure on demand": (b"POST /ping HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", [500]),
    "a body is read and dropped": (b"GET /ping HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + GET, [200, 200]),
    "a chunked body": (
        b"POST /ping HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
        b"3;x=y\r\nabc\r\n0\r\nX-T: v\r\n\r\n" + GET,
        [500, 200],
    ),
    "a chunked body without use": (
        b"GET /nothing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tchunked \r\n\r\n"
        b"0003;x=\"y;z\"\r\nabc\r\n00\r\nHost: b\r\n\r\n" + GET,
        [404, 200],
    ),
    "pipelining": (GET * 20, [200] * 20),
    "pipelining keeps order": (GET + b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" + GET, [200, 404, 200]),
    "nothing after a close": (CLOSE + GET, [200]),
    "nothing after HTTP/1.0": (b"GET /ping HTTP/1.0\r\nHost: a\r\n\r\n" + GET, [200]),
    "nothing after HTTP/1.0, whatever a proxy is asked": (
        b"GET /ping HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n" + GET, [200]),
    "an upgrade is ignored": (
        b"GET /ping HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + GET, [200, 200],
    ),
    "an upgrade with a body, as a JDK's client offers it": (
        b"POST /ping HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 5\r\n"
        b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n\r\nhello" + GET, [500, 200]),
    "an upgrade with chunks": (
        b"POST /ping HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n" + GET, [500, 200]),
    "an upgrade to WebSocket": (
        b"GET /ping HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" + GET, [200, 200]),
    "an upgrade with a body on a connection that is closed": (
        b"POST /ping HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n"
        b"Content-Length: 5\r\n\r\nhello" + GET, [500]),
    "an upgrade with a body in HTTP/1.0": (
        b"POST /ping HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Content-Length: 5\r\n\r\nhello" + GET, [500]),
    "an upgrade with a body of nothing": (
        b"POST /ping HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Content-Length: 0\r\n\r\n" + GET, [500, 200]),
    "two upgrades with a body": (
        2 * (b"POST /ping HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
             b"Content-Length: 5\r\n\r\nhello") + GET, [500, 500, 200]),
    "another protocol's name in a header": (
        b"GET /ping HTTP/1.1\r\nHost: a\r\nUser-Agent: x RTSP/1.0\r\n\r\n" + GET, [200, 200]),
    "another protocol's line in a body": (
        b"POST /ping HTTP/1.1\r\nHost: a\r\nContent-Length: 22\r\n\r\n\r\nGET /ping RTSP/1.0\r\n" + GET, [500, 200]),
    "absolute form without a host": (b"GET http:///ping HTTP/1.1\r\nHost: a\r\n\r\n", [404]),
    "absolute form with a user": (b"GET http://a@b/ping HTTP/1.1\r\nHost: a\r\n\r\n", [404]),
    "unknown path": (b"GET /pin HTTP/1.1\r\nHost: a\r\n\r\n", [404]),
    "unknown path, any method": (b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", [404]),
    "asterisk form": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [404]),
    "paths are not normalised": (b"GET //ping HTTP/1.1\r\nHost: a\r\n\r\n", [404]),
    "known path, other method": (b"PUT /ping HTTP/1.1\r\nHost: a\r\n\r\n", [405]),
    "the metrics are not on this port": (b"GET /-/metrics HTTP/1.1\r\nHost: a\r\n\r\n", [404]),
    "the faults are not on this port": (b"POST /-/faults HTTP/1.1\r\nHost: a\r\n\r\n", [404]),
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(plain: Running, case: str) -> None:
    sent, expected = ACCEPTED[case]
    assert statuses(plain.exchange(sent)) == expected


# none of these has a use for a body: where it is not read, it is the next request
BODY_UNUSED = {
    "GET /ping": 200, "HEAD /ping": 200, "POST /ping": 500, "PUT /ping": 405, "DELETE /nothing": 404, "OPTIONS *": 404,
    "TRACE /ping": 405, "GET http://a/ping": 200,
}  # fmt: skip


@pytest.mark.parametrize("line", BODY_UNUSED)
@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
@pytest.mark.parametrize("offer", [b"", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"])
@pytest.mark.parametrize("framed", ["by a length", "in chunks"])
def test_a_request_in_a_body_stays_a_body(plain: Running, line: str, expect: bytes, offer: bytes, framed: str) -> None:
    body = b"DELETE /ping HTTP/1.1\r\nHost: a\r\n\r\n"
    if framed == "by a length":
        framing = b"Content-Length: %d\r\n" % len(body)
    else:
        framing, body = b"Transfer-Encoding: chunked\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    sent = line.encode() + b" HTTP/1.1\r\nHost: a\r\n" + offer + expect + framing + b"\r\n" + body
    replies = [100] * bool(expect) + [BODY_UNUSED[line]]
    assert statuses(plain.exchange(sent + GET)) == [*replies, 200]


PIECEMEAL = ["the plain case", "HTTP/1.0 with a body", "a chunked body", "an upgrade is ignored", "pipelining",
             "an upgrade with a body, as a JDK's client offers it", "an upgrade with chunks"]  # fmt: skip


@pytest.mark.parametrize("case", PIECEMEAL)
def test_a_byte_at_a_time_is_the_same(plain: Running, case: str) -> None:
    sent, expected = ACCEPTED[case]
    with plain.connect() as connection:
        for at in range(min(len(sent), 300)):
            connection.send(sent[at : at + 1])
            time.sleep(0.001)  # so that the server reads each one by itself
        connection.sendall(sent[300:])
        connection.shutdown(1)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert statuses(received) == expected


def test_the_whole_reply(plain: Running) -> None:
    reply = plain.exchange(GET)
    assert re.fullmatch(
        rb"HTTP/1\.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 4\r\n"
        rb"cache-control: no-store\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n\r\npong",
        reply,
    )


def test_head_is_get_without_the_body(plain: Running) -> None:
    reply = plain.exchange(GET.replace(b"GET", b"HEAD", 1) + GET)
    assert statuses(reply) == [200, 200]
    assert reply.count(b"content-length: 4") == 2
    assert reply.count(b"pong") == 1


def test_405_names_what_is_allowed(plain: Running) -> None:
    assert b"\r\nallow: GET, HEAD, POST\r\n" in plain.exchange(GET.replace(b"GET", b"PATCH", 1))


def test_close_is_announced_and_done(plain: Running) -> None:
    assert b"\r\nconnection: close\r\n" in plain.exchange(CLOSE, half_close=False)


def test_expect_continue_is_answered_before_the_body(plain: Running) -> None:
    with plain.connect() as connection:
        connection.sendall(
            b"POST /ping HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert statuses(connection.recv(1000)) == [500]


TRACEPARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        (b"traceparent: " + TRACEPARENT, b"\r\ntraceparent: " + TRACEPARENT + b"\r\n"),
        (b"Traceparent: " + TRACEPARENT + b"\r\nTracestate: a=1", b"\r\ntracestate: a=1\r\n"),
    ],
)
def test_trace_context_is_echoed(plain: Running, sent: bytes, echoed: bytes) -> None:
    assert echoed in plain.exchange(GET[:-2] + sent + b"\r\n\r\n")


@pytest.mark.parametrize("sent", [b"traceparent: junk", b"traceparent: " + TRACEPARENT + b"x", b"tracestate: a=1"])
def test_malformed_trace_context_is_not(plain: Running, sent: bytes) -> None:
    reply = plain.exchange(GET[:-2] + sent + b"\r\n\r\n")
    assert statuses(reply) == [200]
    assert b"trace" not in reply
