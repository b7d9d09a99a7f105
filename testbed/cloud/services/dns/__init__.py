"""Cloud DNS v1: managed zones, record sets, changes, routing policies. What is stored here is really served."""

from __future__ import annotations

from . import changes, recordsets, zones

__all__ = ["changes", "recordsets", "zones"]
