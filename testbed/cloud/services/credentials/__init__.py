"""IAM Credentials v1: impersonation. Tokens of other kinds are handed out by `web/tokens.py`."""

from __future__ import annotations

from . import impersonation

__all__ = ["impersonation"]
