"""Secret Manager v1: secrets, versions, payloads, IAM."""

from __future__ import annotations

from . import secrets, versions

__all__ = ["secrets", "versions"]
