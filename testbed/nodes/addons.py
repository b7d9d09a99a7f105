"""What GKE has in a cluster from the start and kind has not: Gateway API's kinds."""

from __future__ import annotations

from testbed.images import golang


def gateway_kinds() -> str:
    """Gateway API's custom resource definitions, of the standard channel."""
    folder = golang.module_source(golang.BY_NAME["gateway-api"]) / "config" / "crd" / "standard"
    kinds = (path for path in sorted(folder.glob("gateway.networking.k8s.io_*.yaml")) if "_vap_" not in path.name)
    return "\n---\n".join(path.read_text() for path in kinds)
