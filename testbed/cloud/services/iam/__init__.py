"""IAM v1: service accounts, their policies and keys."""

from __future__ import annotations

from . import accounts, keys

__all__ = ["accounts", "keys"]
