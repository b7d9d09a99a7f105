"""Compute Engine v1: networks, addresses, firewalls, routers, health checks, security policies, instances.

A kind is data and a few rules (kind; networking and loadbalancing hold them) → routes (insert, get, list, patch,
delete: the same for all) → state (keys, fingerprints) and urls (references) → operations.
"""

from __future__ import annotations

from testbed.cloud.services.compute import catalog, instances, loadbalancing, networking, operations

__all__ = ["catalog", "instances", "loadbalancing", "networking", "operations"]
