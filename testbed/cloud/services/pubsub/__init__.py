"""Pub/Sub v1: topics and their IAM; no message is kept."""

from __future__ import annotations

from testbed.cloud.services.pubsub import routes

__all__ = ["routes"]
