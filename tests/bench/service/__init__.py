"""The ping service against Go's net/http: requests per CPU-second, in one run."""

from __future__ import annotations
