"""Kubernetes Engine v1: clusters, node pools, operations. A cluster that is asked for is really started."""

from __future__ import annotations

from . import clusters, nodepools, operations, setters, updates

__all__ = ["clusters", "nodepools", "operations", "setters", "updates"]
