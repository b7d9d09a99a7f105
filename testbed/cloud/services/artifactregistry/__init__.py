"""Artifact Registry v1: repositories and their IAM."""

from __future__ import annotations

from testbed.cloud.services.artifactregistry import routes

__all__ = ["routes"]
