"""An HTTP/1.1 server and client that know nothing of pings: bytes in, replies out, limits held."""

from __future__ import annotations
