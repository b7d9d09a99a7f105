"""Compute Engine v1: networks, addresses, firewalls, routers, health checks, security policies, instances."""

from __future__ import annotations

from . import addresses, catalog, firewalls, networks, operations, routers, subnetworks

__all__ = ["addresses", "catalog", "firewalls", "networks", "operations", "routers", "subnetworks"]
