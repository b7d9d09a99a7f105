"""Kubernetes Engine v1: clusters, node pools, operations. A cluster that is asked for is really started.

routes (one operation at a time a cluster) → rules (defaults, checks, endpoints kept in step) → state (as GKE shows it)
→ worker (a thread that has the backend start, change or stop the cluster, and ends the operation).
"""

from __future__ import annotations

from testbed.cloud.services.container import routes

__all__ = ["routes"]
