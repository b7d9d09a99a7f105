"""The methods of Cloud DNS, by resource."""

from __future__ import annotations

from testbed.cloud.services.dns.routes import changes, recordsets, zones

__all__ = ["changes", "recordsets", "zones"]
