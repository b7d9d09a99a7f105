"""IAM v1: service accounts, their policies and keys. routes → rules → state."""

from __future__ import annotations

from testbed.cloud.services.iam import routes

__all__ = ["routes"]
