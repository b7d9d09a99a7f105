"""What Envoy's files are called, and how its configuration points at one. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Json = dict[str, Any]
TYPE = "type.googleapis.com/envoy."


def endpoints_file(key: str) -> str:
    """The file of a backend's endpoints."""
    return f"endpoints-{key.replace('/', '_')}.json"


def certificate_file(name: str) -> str:
    """The file of a certificate and its key."""
    return f"certificate-{name.replace('/', '_')}.json"


def file_source(folder: Path, name: str) -> Json:
    """A file of the folder, followed for as long as Envoy runs."""
    return {
        "path_config_source": {"path": str(folder / name), "watched_directory": {"path": str(folder)}},
        "resource_api_version": "V3",
    }
