"""Health checks and security policies: a file a kind, each kind's rules beside its data."""

from __future__ import annotations

from testbed.cloud.services.compute.loadbalancing import healthchecks, security

__all__ = ["healthchecks", "security"]
