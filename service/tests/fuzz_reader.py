"""Coverage-guided fuzzing of the reader: ``python fuzz_reader.py [libFuzzer options] [corpus folder]``.

What must hold for any bytes: no exception but a refusal; the same requests however the bytes are cut; nothing
kept beyond the limits; nothing received after the last request.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parents[1] / "src"), str(Path(__file__).parent)]

with atheris.instrument_imports(include=["pingpong"]):
    from pingpong.http import reader
    from pingpong.http.messages import RefusedError, Request
    from pingpong.settings import Limits

LIMITS = Limits(max_head_bytes=512, max_body_bytes=128, max_headers=8)
SEEDS = (
    b"\x00GET /ping HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x07POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n",
    b"\x20POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabcGET / HTTP/1.0\r\n\r\n",
    b"\x01GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
)


class Sink(reader.RequestReader):
    def __init__(self) -> None:
        super().__init__(LIMITS)
        self.seen: list[tuple[bytes, bytes, bytes, tuple[tuple[bytes, bytes], ...]]] = []
        self.ended = False

    def received(self, request: Request) -> None:
        assert not self.ended, "a request after the last one"
        self.ended = not request.keep_alive
        assert len(request.body) <= LIMITS.max_body_bytes
        assert len(request.headers) <= LIMITS.max_headers
        assert len(request.target) <= LIMITS.max_head_bytes
        self.seen.append((request.method, request.target, request.body, tuple(request.headers.items())))


def outcome(pieces: list[bytes]) -> tuple[list[object], int]:
    """What was received, and the status of the refusal that ended it, or 0."""
    sink = Sink()
    for piece in pieces:
        if sink.last:
            break
        try:
            sink.feed(memoryview(piece), 0.0)
        except RefusedError as refusal:
            return list(sink.seen), refusal.status
    return list(sink.seen), 0


def one_input(data: bytes) -> None:
    """The first byte says how the rest is cut."""
    step, stream = (data[0] if data else 0) + 1, data[1:]
    whole, refused = outcome([stream])
    cut, refused_cut = outcome([stream[at : at + step] for at in range(0, len(stream), step)])
    if {refused, refused_cut} & {413, 414, 431}:
        # what is not complete is measured by the piece, so a bound is met a little earlier or later
        shorter, longer = sorted((whole, cut), key=len)
        assert longer[: len(shorter)] == shorter, f"cut every {step} bytes: {cut} instead of {whole}"
    else:
        assert (cut, bool(refused_cut)) == (whole, bool(refused)), f"cut every {step} bytes: {cut} instead of {whole}"


def main() -> None:
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
