"""What a connection needs of the server that accepted it: so that neither imports the other."""

from __future__ import annotations

from typing import Any, Protocol

from pingpong.http.messages import Request
from pingpong.http.router import Router
from pingpong.settings import Limits


class Shared(Protocol):
    """What connections share, and whom they report to: the server that accepted them."""

    router: Router
    limits: Limits
    buffer: memoryview  # read into and parsed at once
    date: bytes  # a complete header line
    draining: bool
    log_requests: bool

    @property
    def flooded(self) -> bool:
        """Whether so many are over the limit that a client is not heard out."""

    def add(self, connection: Any) -> bool:
        """Register an open connection; False when there are too many."""

    def discard(self, connection: Any) -> None:
        """The connection is closed."""

    def overloaded(self) -> bytes:
        """The reply to a connection that is one too many."""

    def observe(self, method: bytes, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""

    def refused(self, status: int) -> None:
        """Count an answer to what never became a request."""

    def handler_failed(self, request: Request) -> None:
        """Log the exception that is being handled."""

    def log_request(self, request: Request, route: str, status: int) -> None:
        """Log an answered request."""
