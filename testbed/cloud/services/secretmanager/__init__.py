"""Secret Manager v1: secrets, versions, payloads, IAM. routes → rules → state."""

from __future__ import annotations

from testbed.cloud.services.secretmanager import routes

__all__ = ["routes"]
