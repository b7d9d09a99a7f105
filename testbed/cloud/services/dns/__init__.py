"""Cloud DNS v1: managed zones, record sets, changes, routing policies. What is kept here is really served.

routes → rules (names and data, records, routing policies) → state ; `testbed.cloud.resolver` answers from it.
"""

from __future__ import annotations

from testbed.cloud.services.dns import routes

__all__ = ["routes"]
