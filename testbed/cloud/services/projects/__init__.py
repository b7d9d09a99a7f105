"""Projects: which exist, which APIs are enabled in them, who may do what (Service Usage and Resource Manager)."""

from __future__ import annotations

from . import guards, policies, usage

__all__ = ["guards", "policies", "usage"]
