"""What GKE has in a cluster from the start and kind has not: Gateway API's kinds and its storage classes' names."""

from __future__ import annotations

from testbed.images import golang

GATEWAY_API = golang.GoModule("gateway-api", "sigs.k8s.io/gateway-api", "v1.4.0", {})


def gateway_kinds() -> str:
    """Gateway API's custom resource definitions, of the standard channel."""
    folder = golang.module_source(GATEWAY_API) / "config" / "crd" / "standard"
    return "\n---\n".join(path.read_text() for path in sorted(folder.glob("gateway.networking.k8s.io_*.yaml")))
