"""Health checks, security policies, SSL policies: a file a kind, each kind's rules beside its data."""

from __future__ import annotations

from testbed.cloud.services.compute.loadbalancing import healthchecks, security, sslpolicies

__all__ = ["healthchecks", "security", "sslpolicies"]
