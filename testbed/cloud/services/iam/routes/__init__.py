"""The methods of IAM, by resource."""

from __future__ import annotations

from testbed.cloud.services.iam.routes import accounts, keys

__all__ = ["accounts", "keys"]
