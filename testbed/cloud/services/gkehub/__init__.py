"""GKE Hub v1: the fleet, its memberships, its features."""

from __future__ import annotations

from . import collections

__all__ = ["collections"]
