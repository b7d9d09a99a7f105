"""Properties of the reader and the server, over requests and bytes that nobody thought of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import Running, statuses

from pingpong.http.messages import RefusedError, Request
from pingpong.http.reader import RequestReader
from pingpong.http.repeats import Repeats
from pingpong.settings import Limits

LIMITS = Limits(max_head_bytes=2048, max_body_bytes=512, max_headers=20)


@dataclass(frozen=True)
class Seen:
    method: bytes
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Recorder(RequestReader):
    """Keeps what was received; says what a stream comes to."""

    def __init__(self) -> None:
        super().__init__(LIMITS)
        self.seen: list[Seen] = []

    def received(self, request: Request) -> None:
        headers = tuple(sorted(request.headers.items()))
        self.seen.append(Seen(request.method, request.target, headers, request.body))

    def run(self, pieces: list[bytes]) -> tuple[list[Seen], int]:
        """What was received, and the status of the refusal that ended it, or 0."""
        for piece in pieces:
            if self.last:
                break
            try:
                self.feed(memoryview(piece), 0.0)
            except RefusedError as refusal:
                return self.seen, refusal.status
        return self.seen, 0


def split(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(stream) + 1) for cut in cuts} | {0, len(stream)})
    return [stream[a:b] for a, b in pairwise(places)]


tokens = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=12).map(lambda t: "x-" + t)
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40)


@st.composite
def requests(draw: st.DrawFn) -> tuple[bytes, Seen]:
    """A correct request as bytes, and what it must be read as."""
    method = draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]))
    target = "/" + draw(st.text("abc/?&=%20", max_size=20))
    extra = draw(st.dictionaries(tokens, values, max_size=5))
    body = draw(st.binary(max_size=100))
    kind = draw(st.sampled_from(["none", "length", "chunked"]))
    headers = {"host": "a.example", **extra}
    if kind == "length":
        headers["content-length"] = str(len(body))
        wire = body
    elif kind == "chunked":
        headers["transfer-encoding"] = "chunked"
        sizes = draw(st.lists(st.integers(1, 40), max_size=5))
        wire, rest = b"", body
        for size in [*sizes, len(body) or 1]:
            piece, rest = rest[:size], rest[size:]
            wire += b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
        wire += b"%x\r\n%b\r\n" % (len(rest), rest) if rest else b""
        wire += b"0\r\n\r\n"
    else:
        body, wire = b"", b""
    spelling = st.sampled_from([str.lower, str.title, str.upper])
    colon = st.sampled_from([":", ": ", ":  "])
    lines = "".join(f"{draw(spelling)(name)}{draw(colon)}{value}\r\n" for name, value in headers.items())
    expected = tuple(sorted((name.encode(), value.encode()) for name, value in headers.items()))
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + wire, Seen(
        method.encode(), target.encode(), expected, body
    )


@given(st.lists(requests(), min_size=1, max_size=4), st.lists(st.integers(0, 10_000), max_size=8))
@settings(max_examples=100, deadline=None)
def test_correct_requests_are_read_as_they_were_meant(stream: list[tuple[bytes, Seen]], cuts: list[int]) -> None:
    pieces = split(b"".join(wire for wire, _unused in stream), cuts)
    assert Recorder().run(pieces) == ([seen for _unused, seen in stream], 0)


NASTY = st.sampled_from(
    [
        b"GET /ping HTTP/1.1\r\n", b"POST / HTTP/1.0\r\n", b"CONNECT a:1 HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"Host: a\r\n", b"Host: b\r\n",
        b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n",
        b"transfer-encoding : chunked\r\n", b"Connection: close\r\n", b"Connection: upgrade\r\n", b"Upgrade: x\r\n",
        b"GET /ping RTSP/1.1\r\n", b"POST /ping ICE/1.0\r\n", b"Content-Length: 0\r\n", b"Content-Length: 40\r\n",
        b"Expect: 100-continue\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n",
        b"\r\n", b"\n", b"\r", b" ", b"\0", b"abc", b";x=y", b"a" * 700,
    ]
)  # fmt: skip
streams = st.lists(st.one_of(NASTY, st.binary(max_size=20)), max_size=25).map(b"".join)


@given(streams, st.lists(st.integers(0, 10_000), max_size=8))
@settings(max_examples=300, deadline=None)
def test_how_a_stream_is_cut_changes_nothing(stream: bytes, cuts: list[int]) -> None:
    """Whatever the bytes are: the same requests are received, and a refusal stays a refusal."""
    whole, refused = Recorder().run([stream])
    pieces, refused_in_pieces = Recorder().run(split(stream, cuts))
    if {refused, refused_in_pieces} & {413, 414, 431}:
        # what is not complete is measured by the piece, so a bound is met a little earlier or later
        shorter, longer = sorted((whole, pieces), key=len)
        assert longer[: len(shorter)] == shorter
    else:
        assert (pieces, bool(refused_in_pieces)) == (whole, bool(refused))


class Forgetful(Recorder):
    """Parses every piece, whatever the one before it was."""

    def feed(self, data: memoryview, now: float) -> None:
        self._repeats = Repeats(LIMITS.max_head_bytes)
        super().feed(data, now)


PIECES = st.sampled_from(
    [
        b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n\r\n", b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\nGE", b"GE", b"GE\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 39\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\n\r\n" * 2,
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n", b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\n",
    ]
)  # fmt: skip
# The parts of heads that differ from one to the next as behind a proxy, and as somebody would have them who hopes to
# change the framing or the route of one that is known.
HEADS = st.builds(
    lambda line, lines: b"\r\n".join([line, *lines, b"", b""]),
    st.sampled_from(
        [
            b"GET /ping HTTP/1.1", b"GET /ping?n=2 HTTP/1.1", b"GET http://a/ HTTP/1.1", b"HEAD /ping HTTP/1.1",
            b"GET /ping RTSP/1.1", b"GET /ping HTTP/1.0", b"GET /a b HTTP/1.1", b"GET /\xff HTTP/1.1",
            b"CONNECT a:1 HTTP/1.1",
        ]
    ),
    st.tuples(
        st.sampled_from([b"Host: a", b"Host: b", b"host: a", b"Host: a/b"]),
        st.sampled_from(
            [
                b"X-Request-Id: 1", b"X-Request-Id: 2", b"X-Request-Id:\t3 ", b"X-Request-Id:", b"x-request-id: 4",
                b"X-Request-Id : 6", b"X-Request-Id: \0", b"X-Request-Id: 7\nX: y", b"X-Request-Id: 8\rX: y",
                b"X: 5",
                b"X-Request-Id", b"X-Request-Id: \xe9",
                b"Content-Length: 3", b"Content-Length: 0", b"Transfer-Encoding: chunked",
            ]
        ),
        st.sampled_from(
            [
                b"Accept: a", b"Accept: b", b"X-Request-Id: 9", b"Connection: keep-alive", b"Connection: close",
                b"Connection: upgrade", b"Upgrade: h2c", b"Expect: 100-continue", b"Proxy-Connection: close",
            ]
        ),
    ),
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, HEADS), max_size=8))
@settings(max_examples=600, deadline=None)
def test_a_repeated_piece_is_read_as_it_would_be_the_first_time(pieces: list[bytes]) -> None:
    assert Recorder().run(pieces) == Forgetful().run(pieces)


@given(streams)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_server_answers_what_the_reader_receives(plain: Running, stream: bytes) -> None:
    """Over a real socket: one reply a request, one more for a refusal, and the server lives on."""
    reader = Recorder()
    reader.limits = Limits()
    seen, refused = reader.run([stream[at : at + 2048] for at in range(0, len(stream), 2048)])
    replies = [status for status in statuses(plain.exchange(stream)) if status != 100]
    assert len(replies) == len(seen) + bool(refused)
    assert plain.get("/ping") == (200, b"pong")
