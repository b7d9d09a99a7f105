"""Artifact Registry v1: repositories and their IAM."""

from __future__ import annotations

from . import repositories

__all__ = ["repositories"]
