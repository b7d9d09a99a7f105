"""Cloud Storage v1: buckets. Objects are not served."""

from __future__ import annotations

from testbed.cloud.services.storage import routes

__all__ = ["routes"]
