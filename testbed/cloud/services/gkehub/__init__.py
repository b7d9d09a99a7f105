"""GKE Hub v1: the fleet, its memberships, its features."""

from __future__ import annotations

from testbed.cloud.services.gkehub import routes

__all__ = ["routes"]
