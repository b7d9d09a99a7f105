"""Binary Authorization v1: a project's policy, and what clusters that enforce it are answered.

routes (the API) → rules (the policy, pure) ← webhook (what API servers ask before a pod is made)
"""

from __future__ import annotations

from testbed.cloud.services.binaryauthorization import routes

__all__ = ["routes"]
