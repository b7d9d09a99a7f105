"""The methods of Service Usage and Resource Manager."""

from __future__ import annotations

from testbed.cloud.services.projects.routes import policies, usage

__all__ = ["policies", "usage"]
