"""Projects: which exist, which APIs are enabled in them, who may do what (Service Usage and Resource Manager).

rules guard every request of every service ; routes read and change what they go by.
"""

from __future__ import annotations

from testbed.cloud.services.projects import routes, rules

__all__ = ["routes", "rules"]
