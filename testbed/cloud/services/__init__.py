"""The APIs that are served; importing a service registers its handlers."""

from __future__ import annotations

from importlib import import_module

NAMES = (
    "projects",
    "compute",
    "container",
    "dns",
    "iam",
    "credentials",
    "artifactregistry",
    "binaryauthorization",
    "secretmanager",
    "storage",
    "gkehub",
    "pubsub",
)


def register() -> None:
    """Import every service once, so that its handlers are known."""
    for name in NAMES:
        import_module(f"{__name__}.{name}")
