"""IAM Credentials v1: impersonation; and what workloads may do. Other tokens are handed out by `web/tokens.py`."""

from __future__ import annotations

from testbed.cloud.services.credentials import routes, rules

__all__ = ["routes", "rules"]
