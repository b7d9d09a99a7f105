"""What load balancers are made of: a file a group of kinds, each kind's rules beside its data.

forwarding (rules) → frontends (target proxy → URL map) → backends (backend service → endpoint group, health check)
certificates and sslpolicies are the proxies', security the backend services'.
"""

from __future__ import annotations

from testbed.cloud.services.compute.loadbalancing import (
    backends,
    certificates,
    forwarding,
    frontends,
    healthchecks,
    security,
    sslpolicies,
)

__all__ = ["backends", "certificates", "forwarding", "frontends", "healthchecks", "security", "sslpolicies"]
