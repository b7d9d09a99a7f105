"""Cloud Storage v1: buckets. Objects are not served."""

from __future__ import annotations

from . import buckets

__all__ = ["buckets"]
