"""Compute Engine v1: networks, addresses, firewalls, routers, health checks, security policies, instances."""

from __future__ import annotations

from importlib import import_module

MODULES = (
    "operations",
    "catalog",
    "networks",
    "subnetworks",
    "routers",
    "firewalls",
    "addresses",
    "healthchecks",
    "security",
    "instances",
)
for _module in MODULES:
    import_module(f"{__name__}.{_module}")
