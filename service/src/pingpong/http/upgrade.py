"""Offers to switch protocols, which are ignored, as RFC 9110 (section 7.8) lets a server do."""

from __future__ import annotations

from typing import Protocol

import httptools


class BodyReader(Protocol):
    """Who is called with a body."""

    def on_body(self, data: bytes) -> None: ...

    def on_message_complete(self) -> None: ...


class OfferError(Exception):
    """A request with a body offers to switch protocols, at which llhttp takes the body for the other protocol's.

    ``parser`` reads that body for ``reader``: it was given a head that says the same of its framing, without the offer.
    """

    def __init__(self, reader: BodyReader, headers: dict[bytes, bytes], *, keep_alive: bool) -> None:
        super().__init__()
        self.on_body = reader.on_body
        self.on_message_complete = reader.on_message_complete
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(_head(headers, keep_alive=keep_alive))


def _head(headers: dict[bytes, bytes], *, keep_alive: bool) -> bytes:
    """A head that says of its body what ``headers`` do, and nothing else."""
    framing = b"transfer-encoding" if b"transfer-encoding" in headers else b"content-length"
    lines = b"%b: %b\r\n" % (framing, headers[framing]) + (b"" if keep_alive else b"connection: close\r\n")
    return b"POST / HTTP/1.1\r\n%b\r\n" % lines
