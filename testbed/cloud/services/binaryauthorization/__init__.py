"""Binary Authorization v1: a project's policy. It is kept and answered; clusters here do not ask it."""

from __future__ import annotations

from testbed.cloud.services.binaryauthorization import routes

__all__ = ["routes"]
