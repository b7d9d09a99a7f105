"""The methods of Secret Manager, by resource."""

from __future__ import annotations

from testbed.cloud.services.secretmanager.routes import secrets, versions

__all__ = ["secrets", "versions"]
