"""The methods of Kubernetes Engine, by resource; `setters` and `updates` change a cluster."""

from __future__ import annotations

from testbed.cloud.services.container.routes import clusters, nodepools, operations, setters, updates

__all__ = ["clusters", "nodepools", "operations", "setters", "updates"]
